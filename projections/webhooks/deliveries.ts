import type { EventOf } from '../../schemas/generated/events.ts';
import type { RecordedEvent } from '../../src/event-log/event-log.ts';
import { derivedIdAt } from '../../src/kernel/ids.ts';
import type { ReadModelWriter } from '../../src/projecting/projection.ts';
import {
  deliveriesTable,
  type DeliveryCountsRow,
  deliveryCountsTable,
  type DeliveryRow,
  type DeliveryStatus,
} from './tables.ts';

/** An event and a webhook that it is to go to. */
export type NewDelivery = Pick<
  DeliveryRow,
  'webhook' | 'event' | 'id' | 'owner' | 'eventType' | 'skill' | 'orderKey' | 'trigger' | 'position'
> & { readonly atMs: number };

/** What an event tells of: whose it is, which skill if of any, and by what its order is kept. */
export interface Subject {
  readonly owner: string;
  readonly skill: string | null;
  readonly key: string;
}

/** What an event of somebody's own tells of. */
export function subjectOfEmitted({ stream, data }: RecordedEvent<'EventEmitted'>): Subject {
  const { owner, key, data: said } = data;
  const skill = typeof said === 'object' && said !== null && 'skillId' in said ? said.skillId : null;
  return { owner, skill: typeof skill === 'string' ? skill : null, key: key ?? stream };
}

/** The id of the delivery of an event to a webhook, which is also the `webhook-id` that the receiver sees: the same for ever. */
export function deliveryIdOf(webhook: string, { id: event, atMs }: Pick<RecordedEvent, 'id' | 'atMs'>): string {
  return derivedIdAt('dlv', atMs, webhook, event);
}

/** The delivery that an event is to a webhook that wants it. */
export function deliveryOfEvent(
  recorded: RecordedEvent,
  eventType: string,
  { owner, skill, key: orderKey }: Subject,
  webhook: string,
): NewDelivery {
  const { id: event, type, atMs, position } = recorded;
  const trigger = type === 'WebhookTested' ? 'test' : 'event';
  return {
    webhook,
    event,
    id: deliveryIdOf(webhook, recorded),
    owner,
    eventType,
    skill,
    orderKey,
    trigger,
    position,
    atMs,
  };
}

type Recorded<T extends 'DeliverySucceeded' | 'DeliveryAttemptFailed' | 'DeliverySkipped' | 'DeliveryRequested'> =
  RecordedEvent & EventOf<T>;

/** Adds the delivery of an event to a webhook; there must be none yet. */
export function addDelivery(write: ReadModelWriter, { atMs, ...delivery }: NewDelivery, revision = -1): void {
  write.insert(deliveriesTable, {
    ...delivery,
    status: 'pending',
    attempts: 0,
    tries: 0,
    createdAtMs: atMs,
    endedAtMs: null,
    nextAttemptAtMs: atMs,
    statusCode: null,
    errorCode: null,
    skipReason: null,
    revision,
  });
  count(write, delivery.webhook, { total: 1 });
}

/** What the stream of a delivery says of it: by that stream it goes from then on, however ids were made at its time. */
export function applyDelivery(event: RecordedEvent, write: ReadModelWriter): void {
  switch (event.type) {
    case 'DeliveryRequested':
      askedFor(event, write);
      return;
    case 'DeliverySucceeded':
      ended(event, write, 'delivered', null);
      return;
    case 'DeliveryAttemptFailed':
      ended(event, write, event.data.nextAttemptAtMs === null ? 'failed' : 'pending', event.data.nextAttemptAtMs);
      return;
    case 'DeliverySkipped':
      skipped(event, write);
      return;
    default:
  }
}

function askedFor(event: Recorded<'DeliveryRequested'>, write: ReadModelWriter): void {
  const { webhook, event: of, eventType, owner, skill, trigger } = event.data;
  const { stream: id, atMs, position, revision } = event;
  const row = write.get(deliveriesTable, webhook, of);
  if (row === undefined) {
    const orderKey = of.replace(/@\d*$/, '');
    addDelivery(
      write,
      { webhook, event: of, id, owner, eventType, skill, orderKey, trigger, position, atMs },
      revision,
    );
    return;
  }
  uncount(write, webhook, row.status);
  const again = { status: 'pending', endedAtMs: null, skipReason: null, tries: 0 } as const;
  write.update(deliveriesTable, row, { ...again, id, trigger, nextAttemptAtMs: atMs, revision, position });
}

function ended(
  event: Recorded<'DeliverySucceeded'> | Recorded<'DeliveryAttemptFailed'>,
  write: ReadModelWriter,
  status: DeliveryStatus,
  nextAttemptAtMs: number | null,
): void {
  const { stream: id, data, atMs, revision } = event;
  const { webhook, attempt, statusCode } = data;
  const row = write.get(deliveriesTable, webhook, data.event);
  if (row === undefined) return;
  const errorCode = 'errorCode' in data ? data.errorCode : null;
  const endedAtMs = status === 'pending' ? null : atMs;
  const tries = row.tries + 1;
  write.update(deliveriesTable, row, {
    ...{ id, status, attempts: attempt, tries, statusCode, errorCode, endedAtMs, nextAttemptAtMs, revision },
  });
  const counts = write.get(deliveryCountsTable, webhook);
  if (counts === undefined) return;
  if (status === 'delivered') {
    const { delivered } = counts;
    write.update(deliveryCountsTable, counts, {
      ...{ delivered: delivered + 1, lastSuccessAtMs: atMs, failingSinceMs: null },
    });
    return;
  }
  const failed = counts.failed + (status === 'failed' ? 1 : 0);
  write.update(deliveryCountsTable, counts, { failed, failingSinceMs: counts.failingSinceMs ?? atMs });
}

function skipped({ stream: id, data, atMs, revision }: Recorded<'DeliverySkipped'>, write: ReadModelWriter): void {
  const row = write.get(deliveriesTable, data.webhook, data.event);
  if (row?.status !== 'pending') return;
  const skipReason = data.reason;
  write.update(deliveriesTable, row, {
    ...{ id, status: 'skipped', endedAtMs: atMs, nextAttemptAtMs: null, skipReason, revision },
  });
  count(write, data.webhook, { skipped: 1 });
}

type Counter = 'total' | 'delivered' | 'failed' | 'skipped';

function count(write: ReadModelWriter, webhook: string, by: Partial<Record<Counter, number>>): void {
  const row = write.get(deliveryCountsTable, webhook);
  if (row === undefined) return;
  const changes: Partial<DeliveryCountsRow> = Object.fromEntries(
    Object.entries(by).map(([name, more]) => [name, row[name as Counter] + more]),
  );
  write.update(deliveryCountsTable, row, changes);
}

/** What ended once waits again. */
function uncount(write: ReadModelWriter, webhook: string, status: DeliveryStatus): void {
  if (status !== 'pending') count(write, webhook, { [status]: -1 });
}
