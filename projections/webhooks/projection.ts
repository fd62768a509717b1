import type { ScheduleSettings, WebhookSettings } from '../../schemas/generated/events.ts';
import type { RecordedEvent } from '../../src/event-log/event-log.ts';
import type { Projection, ReadModelWriter } from '../../src/projecting/projection.ts';
import { executionsTable } from '../executions/projection.ts';
import { schedulesTable } from '../schedules/tables.ts';
import { addDelivery, applyDelivery, deliveryOfEvent, type Subject, subjectOfEmitted } from './deliveries.ts';
import { isWanted, publicNameOf, type WebhookFilter } from './public-event.ts';
import {
  deliveriesTable,
  deliveryCountsTable,
  replaysTable,
  subscriptionsTable,
  webhooksTable,
  type WebhookRow,
} from './tables.ts';

/** A webhook of an owner, as far as an event has to know it. */
interface Subscription extends WebhookFilter {
  readonly id: string;
  readonly active: boolean;
}

/**
 * Webhooks and their deliveries. An event that passes while a webhook is active and wants it *is* a delivery: the row is made here,
 * so no step between the two can be lost, and the rows that wait are the to-do list of the deliverer.
 * It looks at the row of the execution that an event tells of, as `executions` left it.
 */
export const webhooksProjection: Projection = {
  name: 'webhooks',
  version: 4,
  tables: [webhooksTable, subscriptionsTable, deliveriesTable, deliveryCountsTable, replaysTable],
  apply(event, write) {
    if (event.type.startsWith('Webhook')) applyWebhook(event, write);
    else if (event.type.startsWith('Delivery')) applyDelivery(event, write);
    else if (event.type === 'UserErased') eraseOwner(event, write);
    fanOut(event, write);
  },
};

function subjectOf(event: RecordedEvent, write: ReadModelWriter): Subject | null {
  if (event.type === 'EventEmitted') return subjectOfEmitted(event);
  if (event.stream.startsWith('exec_')) {
    const row = write.get(executionsTable, event.stream);
    return row === undefined ? null : { owner: row.owner, skill: row.skill, key: event.stream };
  }
  if (event.stream.startsWith('sched_')) {
    const row = write.get(schedulesTable, event.stream);
    if (row === undefined) return null;
    const { targetKind, target } = JSON.parse(row.settingsJson) as ScheduleSettings;
    return { owner: row.owner, skill: targetKind === 'skill' ? target : null, key: event.stream };
  }
  if (event.stream.startsWith('hook_')) {
    const row = write.get(webhooksTable, event.stream);
    return row === undefined ? null : { owner: row.owner, skill: null, key: event.stream };
  }
  return null;
}

function fanOut(event: RecordedEvent, write: ReadModelWriter): void {
  const name = publicNameOf(event);
  if (name === null) return;
  const subject = subjectOf(event, write);
  if (subject === null) return;
  const row = write.get(subscriptionsTable, subject.owner);
  if (row === undefined) return;
  for (const subscription of subscriptionsIn(row.webhooksJson)) {
    const isTest = event.type === 'WebhookTested';
    if (isTest ? subscription.id !== event.stream : !isWanted(subscription, name, subject.skill)) continue;
    if (!subscription.active || isOwnDisabling(event, subscription)) continue;
    addDelivery(write, deliveryOfEvent(event, name, subject, subscription.id));
  }
}

/** A webhook does not hear of its own end. */
function isOwnDisabling(event: RecordedEvent, { id }: Subscription): boolean {
  return event.type === 'WebhookDisabled' && event.stream === id;
}

function applyWebhook(event: RecordedEvent, write: ReadModelWriter): void {
  const { stream: id, atMs, position } = event;
  if (event.type === 'WebhookCreated') {
    const { owner, settings } = event.data;
    if (event.revision > 0) return;
    write.insert(webhooksTable, {
      id,
      owner,
      status: 'active',
      settingsJson: JSON.stringify(settings),
      disabledReason: null,
      disabledNote: null,
      disabledAt: 0,
      skipUpTo: 0,
      createdAtMs: atMs,
      changedAtMs: atMs,
      position,
    });
    const none = { total: 0, delivered: 0, failed: 0, skipped: 0, lastSuccessAtMs: null, failingSinceMs: null };
    write.insert(deliveryCountsTable, { webhook: id, owner, ...none });
    subscribe(write, owner, subscriptionOf(id, settings));
    return;
  }
  const row = write.get(webhooksTable, id);
  if (row !== undefined && row.status !== 'deleted') change(event, row, write);
}

function change(event: RecordedEvent, row: WebhookRow, write: ReadModelWriter): void {
  const changedAtMs = event.atMs;
  const settings = JSON.parse(row.settingsJson) as WebhookSettings;
  switch (event.type) {
    case 'WebhookRevised': {
      const revised = event.data.settings;
      write.update(webhooksTable, row, { settingsJson: JSON.stringify(revised), changedAtMs });
      subscribe(write, row.owner, { ...subscriptionOf(row.id, revised), active: row.status === 'active' });
      return;
    }
    case 'WebhookSecretRotated':
      write.update(webhooksTable, row, {
        settingsJson: JSON.stringify({ ...settings, sealed: event.data.sealed }),
        changedAtMs,
      });
      return;
    case 'WebhookDisabled': {
      const { reason: disabledReason, note: disabledNote } = event.data;
      const disabledAt = event.position;
      write.update(webhooksTable, row, { status: 'disabled', disabledReason, disabledNote, disabledAt, changedAtMs });
      subscribe(write, row.owner, { ...subscriptionOf(row.id, settings), active: false });
      return;
    }
    case 'WebhookEnabled': {
      const skipUpTo = event.data.backlog === 'skip' ? event.position : row.skipUpTo;
      const none = { disabledReason: null, disabledNote: null };
      write.update(webhooksTable, row, { status: 'active', ...none, skipUpTo, changedAtMs });
      const counts = write.get(deliveryCountsTable, row.id);
      // It is judged anew.
      if (counts !== undefined) write.update(deliveryCountsTable, counts, { failingSinceMs: null });
      subscribe(write, row.owner, subscriptionOf(row.id, settings));
      return;
    }
    case 'WebhookDeleted':
      write.update(webhooksTable, row, { status: 'deleted', changedAtMs });
      unsubscribe(write, row.owner, row.id);
      return;
    default:
      applyReplay(event, row, write);
  }
}

function applyReplay(event: RecordedEvent, { id: webhook }: WebhookRow, write: ReadModelWriter): void {
  if (event.type === 'WebhookReplayRequested') {
    const { replay, scope, from: fromPosition, until } = event.data;
    const untilPosition = until ?? event.position;
    write.put(replaysTable, {
      ...{ webhook, replay, scope, fromPosition, untilPosition, position: fromPosition, requested: 0 },
      ...{ startedAtMs: event.atMs, endedAtMs: null, complete: 0 },
    });
    return;
  }
  if (event.type !== 'WebhookReplayAdvanced' && event.type !== 'WebhookReplayEnded') return;
  const row = write.get(replaysTable, webhook, event.data.replay);
  if (row === undefined) return;
  const { requested } = event.data;
  if (event.type === 'WebhookReplayAdvanced') {
    write.update(replaysTable, row, { position: event.data.position, requested });
    return;
  }
  const complete = event.data.complete ? 1 : 0;
  const position = event.data.complete ? row.untilPosition : row.position;
  write.update(replaysTable, row, { position, requested, endedAtMs: event.atMs, complete });
}

/** What belonged to an erased account ends with it. */
function eraseOwner(event: RecordedEvent, write: ReadModelWriter): void {
  const row = write.get(subscriptionsTable, event.stream);
  if (row === undefined) return;
  for (const { id } of subscriptionsIn(row.webhooksJson)) {
    const webhook = write.get(webhooksTable, id);
    const changes = { status: 'deleted', disabledReason: 'userErased', changedAtMs: event.atMs } as const;
    if (webhook !== undefined) write.update(webhooksTable, webhook, changes);
  }
  write.remove(subscriptionsTable, event.stream);
}

function subscriptionOf(id: string, { eventTypes, skills }: WebhookSettings): Subscription {
  return { id, active: true, eventTypes, skills };
}

function subscribe(write: ReadModelWriter, owner: string, subscription: Subscription): void {
  const row = write.get(subscriptionsTable, owner);
  const before = row === undefined ? [] : subscriptionsIn(row.webhooksJson);
  const at = before.findIndex(({ id }) => id === subscription.id);
  const after = at < 0 ? [...before, subscription] : before.with(at, subscription);
  write.put(subscriptionsTable, { owner, webhooksJson: JSON.stringify(after) });
}

function unsubscribe(write: ReadModelWriter, owner: string, webhook: string): void {
  const row = write.get(subscriptionsTable, owner);
  if (row === undefined) return;
  const after = subscriptionsIn(row.webhooksJson).filter(({ id }) => id !== webhook);
  write.put(subscriptionsTable, { owner, webhooksJson: JSON.stringify(after) });
}

const maxParsed = 1000;
const parsed = new Map<string, readonly Subscription[]>();

/** Reading the same text for each event would cost more than all the rest. */
function subscriptionsIn(text: string): readonly Subscription[] {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const subscriptions = JSON.parse(text) as readonly Subscription[];
  if (parsed.size >= maxParsed) parsed.clear();
  parsed.set(text, subscriptions);
  return subscriptions;
}
