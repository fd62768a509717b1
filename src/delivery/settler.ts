import { decideOutcome } from '../domain/delivery/decide.ts';
import type { PendingRow } from '../../projections/webhooks/queries.ts';
import type { EventOf } from '../../schemas/generated/events.ts';
import type { EventLog, NewEvent } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Queries } from '../store/query-client.ts';
import type { Attempts } from './attempts.ts';
import type { DueDelivery, Endpoint } from './endpoint.ts';

export interface SettlerDependencies {
  readonly log: Pick<EventLog, 'append'>;
  readonly queries: Pick<Queries, 'deliveryOf'>;
  readonly attempts: Attempts;
  readonly clock: Clock;
  readonly node: string;
  /** Disables a webhook, and tells nobody but the log. */
  readonly disable: (webhook: string, reason: 'failing' | 'gone', note: string) => Promise<void>;
}

/** What cannot be attempted for a reason of this node's own is tried again after so long. */
export const postponedMs = 1000;

/** What became of a delivery that was due, to be recorded; null when nothing did and it is due again later. */
export type Outcome = { readonly event: NewEvent; readonly atMs: number } | null;

/** Makes one attempt of a delivery, and appends its outcome under the revision that the delivery had. */
export class Settler {
  readonly #deps: SettlerDependencies;

  constructor(deps: SettlerDependencies) {
    this.#deps = deps;
  }

  /** One attempt, or the reason for none. */
  async attempt(endpoint: Endpoint, { row }: DueDelivery): Promise<Outcome> {
    const { attempts, clock } = this.#deps;
    const reason = endpoint.reasonToSkip(row);
    if (reason !== null) return this.#skipped(row, reason);
    const outcome = await attempts.make(row, endpoint.settings);
    if (outcome === 'postponed') return null;
    if (outcome === 'event-gone') return this.#skipped(row, 'eventGone');
    const { webhook, event, trigger, attempts: before, tries } = row;
    const state = { webhook, event, trigger: trigger as 'event', attempts: before, tries };
    const nowMs = clock.now();
    return {
      event: decideOutcome(state, endpoint.settings, outcome, { nowMs, random: Math.random() }),
      atMs: nowMs,
    };
  }

  #skipped({ webhook, event }: PendingRow, reason: EventOf<'DeliverySkipped'>['data']['reason']): Outcome {
    return { event: { type: 'DeliverySkipped', data: { webhook, event, reason } }, atMs: this.#deps.clock.now() };
  }

  /** Rejects when the outcome could not be recorded. */
  async record(endpoint: Endpoint, item: DueDelivery, outcome: Outcome): Promise<void> {
    const { log, clock, node, queries, disable } = this.#deps;
    if (outcome === null) {
      item.dueAtMs = clock.now() + postponedMs;
      return;
    }
    const { event, atMs } = outcome;
    const { row } = item;
    const result = await log.append({
      stream: row.id,
      events: [event],
      expected: row.revision < 0 ? 'none' : row.revision,
      actor: node,
      atMs,
      causationId: row.event,
    });
    if (result.outcome === 'conflict') {
      // Somebody else was faster: what the list says now counts.
      const now = await queries.deliveryOf(row.webhook, row.event);
      endpoint.remove(item, now?.revision);
      if (now?.status === 'pending') endpoint.put(now);
    } else if (event.type === 'DeliveryAttemptFailed' && event.data.nextAttemptAtMs !== null) {
      const { nextAttemptAtMs } = event.data;
      const { attempts, tries } = row;
      item.row = { ...row, attempts: attempts + 1, tries: tries + 1, revision: result.lastRevision, nextAttemptAtMs };
      item.dueAtMs = nextAttemptAtMs;
    } else endpoint.remove(item);
    if (event.type !== 'DeliveryAttemptFailed') return;
    const verdict = endpoint.verdictOn(event.data, clock.now());
    if (verdict !== null) await disable(endpoint.id, verdict.reason, verdict.note);
  }
}
