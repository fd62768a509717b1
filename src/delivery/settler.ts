import { decideOutcome } from '../domain/delivery/decide.ts';
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

/** Makes one attempt of a delivery and appends its outcome under the revision that the delivery had. */
export class Settler {
  readonly #deps: SettlerDependencies;

  constructor(deps: SettlerDependencies) {
    this.#deps = deps;
  }

  /** One attempt, or the reason for none. Rejects when its outcome could not be recorded. */
  async settle(endpoint: Endpoint, item: DueDelivery): Promise<void> {
    const { row } = item;
    const { webhook, event } = row;
    const reason = endpoint.reasonToSkip(row);
    if (reason !== null) {
      await this.#record(endpoint, item, { type: 'DeliverySkipped', data: { webhook, event, reason } });
      return;
    }
    const outcome = await this.#deps.attempts.make(row, endpoint.settings);
    if (outcome === 'postponed') {
      item.dueAtMs = this.#deps.clock.now() + postponedMs;
      return;
    }
    if (outcome === 'event-gone') {
      await this.#record(endpoint, item, { type: 'DeliverySkipped', data: { webhook, event, reason: 'eventGone' } });
      return;
    }
    const { trigger, attempts, tries } = row;
    const state = { webhook, event, trigger: trigger as 'event', attempts, tries };
    const nowMs = this.#deps.clock.now();
    const decided = decideOutcome(state, endpoint.settings, outcome, { nowMs, random: Math.random() });
    await this.#record(endpoint, item, decided, nowMs);
    if (decided.type === 'DeliverySucceeded') endpoint.succeeded();
    else {
      const verdict = endpoint.failed(decided.data, this.#deps.clock.now());
      if (verdict !== null) await this.#deps.disable(endpoint.id, verdict.reason, verdict.note);
    }
  }

  async #record(endpoint: Endpoint, item: DueDelivery, event: NewEvent, atMs = this.#deps.clock.now()): Promise<void> {
    const { log, node, queries } = this.#deps;
    const { row } = item;
    const result = await log.append({
      stream: row.id,
      events: [event],
      expected: row.revision < 0 ? 'none' : row.revision,
      actor: node,
      atMs,
      causationId: row.event,
    });
    const nextAttemptAtMs = event.type === 'DeliveryAttemptFailed' ? event.data.nextAttemptAtMs : null;
    if (result.outcome === 'conflict') {
      // Somebody else was faster: what the list says now counts.
      const now = await queries.deliveryOf(row.webhook, row.event);
      endpoint.remove(item, now?.revision);
      if (now?.status === 'pending') endpoint.put(now);
    } else if (nextAttemptAtMs === null) endpoint.remove(item);
    else {
      const { attempts, tries } = row;
      item.row = { ...row, attempts: attempts + 1, tries: tries + 1, revision: result.lastRevision, nextAttemptAtMs };
      item.dueAtMs = nextAttemptAtMs;
    }
  }
}
