import { isWanted, publicNameOf, type WebhookFilter } from '../../projections/webhooks/public-event.ts';
import type { WebhookRow } from '../../projections/webhooks/tables.ts';
import { decideOutcome } from '../domain/delivery/decide.ts';
import type { EventLog, NewEvent, RecordedEvent } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import { WakeUps } from '../kernel/wake-ups.ts';
import type { Queries } from '../store/query-client.ts';
import type { Attempts } from './attempts.ts';
import { type DueDelivery, Endpoint, windowItems } from './endpoint.ts';
import { Reloads } from './reloads.ts';

interface DelivererDependencies {
  readonly log: EventLog;
  readonly queries: Pick<
    Queries,
    'webhookById' | 'webhooksAfter' | 'pendingAfter' | 'pendingOf' | 'pendingByKey' | 'countsOf' | 'deliveryOf'
  >;
  readonly attempts: Attempts;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  /** Disables a webhook, and tells nobody but the log. */
  readonly disable: (webhook: string, reason: 'failing' | 'gone', note: string) => Promise<void>;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, about: string) => void;
}

const pageWebhooks = 1000;
const pageRows = 1000;
const postponedMs = 1000;
/** When keys are dealt anew, whoever had a delivery may be at it still: so long is left beside the deadline of its attempt. */
const handOverMs = 1000;

/**
 * Delivers what the to-do list says: the rows of `deliveries` that wait. It hears of news by the log, reads them from the list,
 * attempts what is due, and appends the outcome under the revision that the delivery had. After a crash the list says what is left:
 * an attempt whose outcome was not recorded is made again, under the same `webhook-id`.
 *
 * INV-9: what waits is attempted until it was taken, given up or skipped.
 */
export class Deliverer {
  readonly #deps: DelivererDependencies;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #wakeUps: WakeUps<Endpoint>;
  readonly #reloads: Reloads;
  readonly #changed = new Set<string>();
  readonly #wanted = new Map<string, boolean>();
  readonly #unsubscribe: () => void;
  #cursor = { position: 0, webhook: '', event: '' };
  #refreshing: Promise<void> | null = null;
  #again = false;
  #accepting = false;
  #underWay = 0;

  constructor(deps: DelivererDependencies) {
    this.#deps = deps;
    this.#wakeUps = new WakeUps(deps.clock, (endpoint) => {
      this.#reloads.goOn(endpoint);
      this.#pump(endpoint);
    });
    this.#reloads = new Reloads({
      reload: (endpoint) => this.#reload(endpoint, 0),
      wakeAfter: (endpoint, waitMs) => {
        if (this.#accepting) this.#wakeUps.add(deps.clock.now() + waitMs, endpoint);
      },
      onError: deps.onError,
    });
    this.#unsubscribe = deps.log.subscribe((events) => {
      this.#hear(events);
    });
    deps.membership.onChange(() => {
      this.#dealtAnew();
    });
  }

  /** Attempts that are under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Webhooks that this node knows; all that are not deleted. */
  get webhooks(): number {
    return this.#endpoints.size;
  }

  /** Takes up the to-do list. */
  async start(): Promise<void> {
    let after = 0;
    for (;;) {
      const rows = await this.#deps.queries.webhooksAfter(after, pageWebhooks);
      for (const row of rows) await this.#open(row);
      after = rows.at(-1)?.position ?? after;
      if (rows.length < pageWebhooks) break;
    }
    this.#accepting = true;
    for (const endpoint of this.#endpoints.values()) await this.#reload(endpoint, 0);
    this.#refresh();
  }

  /** Begins no more attempts, and waits up to `graceMs` for those that are under way; the rest is made again by somebody else. */
  async stop(graceMs: number): Promise<void> {
    this.#accepting = false;
    this.#wakeUps.stop();
    this.#unsubscribe();
    await this.#refreshing;
    const giveUp = setTimeout(() => {
      this.#deps.attempts.abort();
    }, graceMs);
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    clearTimeout(giveUp);
    await this.#deps.attempts.close();
  }

  #owns(webhook: string): boolean {
    return this.#deps.membership.owns(webhook);
  }

  async #open(row: WebhookRow): Promise<Endpoint> {
    const known = this.#endpoints.get(row.id);
    known?.change(row);
    const counts = known === undefined ? await this.#deps.queries.countsOf(row.id) : null;
    const endpoint = known ?? new Endpoint(row, counts?.failingSinceMs ?? null);
    this.#endpoints.set(row.id, endpoint);
    this.#wanted.clear();
    return endpoint;
  }

  #hear(events: readonly RecordedEvent[]): void {
    let news = false;
    for (const event of events) {
      if (event.type.startsWith('Webhook')) this.#changed.add(event.stream);
      else if (event.type.startsWith('Delivery')) this.#hearOutcome(event);
      else if (event.type === 'UserErased') for (const id of this.#webhooksOf(event.stream)) this.#changed.add(id);
      if (event.type === 'DeliveryRequested') news = true;
      const name = publicNameOf(event);
      if (name === null || !this.#isWanted(name)) continue;
      this.#deps.attempts.remember(event);
      news = true;
    }
    if (news || this.#changed.size > 0) this.#refresh();
  }

  /** Somebody else recorded an outcome: it is not for this node any more to attempt it. */
  #hearOutcome(event: RecordedEvent): void {
    if (event.type === 'DeliveryRequested' || event.actor === this.#deps.node || !('webhook' in event.data)) return;
    const endpoint = this.#endpoints.get(event.data.webhook);
    const item = endpoint?.get(event.stream);
    if (endpoint === undefined || item === undefined) return;
    endpoint.remove(item, event.revision);
    if (event.type === 'DeliveryAttemptFailed' && event.data.nextAttemptAtMs !== null) this.#changed.add(endpoint.id);
  }

  #webhooksOf(owner: string): readonly string[] {
    return [...this.#endpoints.values()].filter(({ webhook }) => webhook.owner === owner).map(({ id }) => id);
  }

  /** Whether any webhook could hear of events with this name: most need not be looked up. */
  #isWanted(name: string): boolean {
    const known = this.#wanted.get(name);
    if (known !== undefined) return known;
    const wants = (filter: WebhookFilter): boolean => isWanted({ ...filter, skills: null }, name, null);
    const wanted =
      name === 'webhook.test' || [...this.#endpoints.values()].some((endpoint) => wants(endpoint.settings));
    if (this.#wanted.size > 1000) this.#wanted.clear();
    this.#wanted.set(name, wanted);
    return wanted;
  }

  #refresh(): void {
    this.#again = true;
    if (!this.#accepting) return;
    this.#refreshing ??= this.#refreshAll().finally(() => {
      this.#refreshing = null;
      if (this.#again) this.#refresh();
    });
  }

  async #refreshAll(): Promise<void> {
    try {
      while (this.#again && this.#accepting) {
        this.#again = false;
        await this.#refreshWebhooks();
        await this.#takeNews();
      }
    } catch (error) {
      this.#deps.onError(error, 'the list of deliveries');
      await new Promise((resolve) => setTimeout(resolve, postponedMs));
      this.#again = true;
    }
  }

  async #refreshWebhooks(): Promise<void> {
    for (const id of this.#changed) {
      this.#changed.delete(id);
      const row = await this.#deps.queries.webhookById(id);
      if (row === null) continue;
      const endpoint = await this.#open(row);
      await this.#reload(endpoint, 0);
    }
  }

  async #takeNews(): Promise<void> {
    const { queries } = this.#deps;
    for (;;) {
      const { position, webhook, event } = this.#cursor;
      const rows = await queries.pendingAfter(position, webhook, event, pageRows);
      const touched = new Set<Endpoint>();
      for (const row of rows) {
        const endpoint = this.#endpoints.get(row.webhook);
        if (endpoint === undefined || !this.#owns(row.webhook)) continue;
        endpoint.add(row);
        touched.add(endpoint);
      }
      for (const endpoint of touched) this.#pump(endpoint);
      const last = rows.at(-1);
      if (last !== undefined) this.#cursor = { position: last.position, webhook: last.webhook, event: last.event };
      if (rows.length < pageRows) return;
    }
  }

  /** Reads what waits for a webhook; nothing of it is attempted before `notBeforeMs`. */
  async #reload(endpoint: Endpoint, notBeforeMs: number): Promise<void> {
    if (!this.#accepting || !this.#owns(endpoint.id)) return;
    const { queries, clock } = this.#deps;
    const { id, settings } = endpoint;
    const list =
      settings.ordering === 'key'
        ? await queries.pendingByKey(id, clock.now(), windowItems)
        : await queries.pendingOf(id, settings.ordering === 'endpoint' ? 1 : 0, windowItems);
    endpoint.replace(list, notBeforeMs);
    this.#pump(endpoint);
    if (list.rows.length === 0 && endpoint.webhook.status === 'deleted' && endpoint.size === 0)
      this.#endpoints.delete(endpoint.id);
  }

  #dealtAnew(): void {
    if (!this.#accepting) return;
    for (const endpoint of this.#endpoints.values()) {
      const had = endpoint.size > 0 || endpoint.behind;
      if (!this.#owns(endpoint.id)) endpoint.clear();
      else if (!had) {
        const notBeforeMs = this.#deps.clock.now() + endpoint.settings.timeoutMs + handOverMs;
        this.#reload(endpoint, notBeforeMs).catch((error: unknown) => {
          this.#deps.onError(error, endpoint.id);
        });
      }
    }
  }

  #pump(endpoint: Endpoint): void {
    if (!this.#accepting || !this.#owns(endpoint.id) || endpoint.webhook.status === 'disabled') return;
    for (;;) {
      const nowMs = this.#deps.clock.now();
      const next = endpoint.next(nowMs);
      if (next === null || typeof next === 'number') {
        if (next !== null) this.#wakeUps.add(next, endpoint);
        // What waits for a retry, or for the end of what is before it, must not keep out what could be attempted now.
        if (endpoint.missed && endpoint.hasRoom) this.#reloads.ask(endpoint);
        break;
      }
      endpoint.begin(next, nowMs);
      this.#underWay++;
      void this.#deliver(endpoint, next);
    }
  }

  async #deliver(endpoint: Endpoint, item: DueDelivery): Promise<void> {
    try {
      await this.#settle(endpoint, item);
    } catch (error) {
      this.#deps.onError(error, item.row.id);
      item.dueAtMs = this.#deps.clock.now() + postponedMs;
    }
    this.#underWay--;
    endpoint.end(item);
    if (endpoint.behind && endpoint.size <= windowItems / 2) this.#reloads.ask(endpoint);
    this.#pump(endpoint);
  }

  async #settle(endpoint: Endpoint, item: DueDelivery): Promise<void> {
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
    const decided = decideOutcome(state, endpoint.settings, outcome, {
      nowMs: this.#deps.clock.now(),
      random: Math.random(),
    });
    await this.#record(endpoint, item, decided);
    if (decided.type === 'DeliverySucceeded') endpoint.succeeded();
    else {
      const verdict = endpoint.failed(decided.data, this.#deps.clock.now());
      if (verdict !== null) await this.#deps.disable(endpoint.id, verdict.reason, verdict.note);
    }
  }

  async #record(endpoint: Endpoint, item: DueDelivery, event: NewEvent): Promise<void> {
    const { log, clock, node, queries } = this.#deps;
    const { row } = item;
    const result = await log.append({
      stream: row.id,
      events: [event],
      expected: row.revision < 0 ? 'none' : row.revision,
      actor: node,
      atMs: clock.now(),
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
