import { deliveryOfEvent, type Subject } from '../../projections/webhooks/deliveries.ts';
import { publicNameOf } from '../../projections/webhooks/public-event.ts';
import type { WebhookRow } from '../../projections/webhooks/tables.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import { WakeUps } from '../kernel/wake-ups.ts';
import type { Queries } from '../store/query-client.ts';
import { type DueDelivery, Endpoint, windowItems } from './endpoint.ts';
import { Endpoints } from './endpoints.ts';
import { Reloads } from './reloads.ts';
import { type Outcome, postponedMs, Settler, type SettlerDependencies } from './settler.ts';
import { Subjects } from './subjects.ts';

interface UnclearEvent {
  readonly stream: string;
  readonly position: number;
  readonly name: string;
}

interface DelivererDependencies extends SettlerDependencies {
  readonly log: EventLog;
  readonly queries: Pick<
    Queries,
    | 'webhookAsOf'
    | 'webhooksAfter'
    | 'webhookOwners'
    | 'pendingOf'
    | 'pendingByKey'
    | 'countsOf'
    | 'deliveryOf'
    | 'subjectsOf'
  >;
  readonly membership: Membership;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, about: string) => void;
}

const pageWebhooks = 1000;
/** When keys are dealt anew, whoever had a delivery may be at it still: so long is left beside the deadline of its attempt. */
const handOverMs = 1000;

/**
 * Delivers what the to-do list says: the rows of `deliveries` that wait. It hears of events by the log, and finds what they add to
 * the list as the list itself does, or reads it there when it does not know enough; attempts what is due, and appends the outcome
 * under the revision that the delivery had. After a crash the list says what is left: an attempt whose outcome was not recorded is
 * made again, under the same `webhook-id`.
 *
 * INV-9: what waits is attempted until it was taken, given up or skipped.
 */
export class Deliverer {
  readonly #deps: DelivererDependencies;
  readonly #endpoints = new Endpoints();
  readonly #subjects = new Subjects();
  readonly #settler: Settler;
  readonly #wakeUps: WakeUps<Endpoint>;
  readonly #reloads: Reloads;
  /** Webhooks that the log told something of which is not known here yet, with the position of that. */
  readonly #changed = new Map<string, number>();
  /** Events of which only the read models can tell whose they are. */
  #unclear: UnclearEvent[] = [];
  readonly #unsubscribe: () => void;
  #refreshing: Promise<void> | null = null;
  #again = false;
  #accepting = false;
  #underWay = 0;

  constructor(deps: DelivererDependencies) {
    this.#deps = deps;
    this.#settler = new Settler(deps);
    this.#wakeUps = new WakeUps(deps.clock, (endpoint) => {
      this.#reloads.goOn(endpoint);
      this.#pump(endpoint);
    });
    this.#reloads = new Reloads({
      reload: (endpoint) => this.#reload(endpoint),
      afterwards: (endpoint) => {
        if (!this.#accepting || !this.#owns(endpoint.id)) return;
        if (endpoint.isShort) this.#reloads.ask(endpoint);
        else this.#pump(endpoint);
      },
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

  /** Attempts that are under way or being recorded. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Webhooks that this node knows; all that are not deleted. */
  get webhooks(): number {
    return this.#endpoints.size;
  }

  /** Users who have webhooks. */
  async owners(): Promise<readonly string[]> {
    return this.#accepting && this.#changed.size === 0 ? this.#endpoints.owners() : this.#deps.queries.webhookOwners();
  }

  /** Takes up the to-do list. */
  async start(): Promise<void> {
    let after = 0;
    for (;;) {
      const { rows, asOf } = await this.#deps.queries.webhooksAfter(after, pageWebhooks);
      for (const row of rows) await this.#open(row, asOf);
      after = rows.at(-1)?.position ?? after;
      if (rows.length < pageWebhooks) break;
    }
    this.#accepting = true;
    for (const endpoint of this.#endpoints.all()) await this.#reload(endpoint);
    this.#refresh();
  }

  /**
   * Begins no more attempts, and waits up to `graceMs` for those that are under way; those without an answer are made again by
   * somebody else.
   */
  async stop(graceMs: number): Promise<void> {
    this.#accepting = false;
    this.#wakeUps.stop();
    this.#unsubscribe();
    await this.#refreshing;
    const giveUp = setTimeout(() => {
      void this.#deps.attempts.close();
    }, graceMs);
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    clearTimeout(giveUp);
    await this.#deps.attempts.close();
  }

  #owns(webhook: string): boolean {
    return this.#deps.membership.owns(webhook);
  }

  async #open(row: WebhookRow, asOf: number): Promise<Endpoint> {
    const known = this.#endpoints.get(row.id);
    known?.change(row, asOf);
    const counts = known === undefined ? await this.#deps.queries.countsOf(row.id) : null;
    const endpoint = known ?? new Endpoint(row, asOf, counts?.failingSinceMs ?? null);
    this.#endpoints.put(endpoint);
    return endpoint;
  }

  #hear(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      if (event.type.startsWith('Webhook')) this.#changed.set(event.stream, event.position);
      else if (event.type.startsWith('Delivery')) this.#hearOutcome(event);
      else if (event.type === 'UserErased')
        for (const { id } of this.#endpoints.ofOwner(event.stream)) this.#changed.set(id, event.position);
      this.#hearNews(event);
    }
    if (this.#unclear.length > 0 || this.#changed.size > 0) this.#refresh();
  }

  #hearNews(event: RecordedEvent): void {
    const name = publicNameOf(event);
    if (name === null || !this.#accepting) return;
    if (event.type === 'ExecutionRequested' && this.#endpoints.hasOwner(event.data.owner))
      this.#subjects.remember(event);
    if (!this.#endpoints.isWanted(name)) return;
    this.#deps.attempts.remember(event);
    const subject = this.#subjects.of(event);
    if (subject === null) {
      this.#unclear.push({ stream: event.stream, position: event.position, name });
      return;
    }
    for (const endpoint of this.#wanting(event.position, name, subject)) {
      if (endpoint.inOrder) this.#isListed(endpoint, event.position);
      else {
        endpoint.addNew(deliveryOfEvent(event, name, subject, endpoint.id));
        this.#pump(endpoint);
      }
    }
  }

  /** The webhooks here to which an event goes. Of those that have changed the list is read as soon as they are known. */
  #wanting(position: number, name: string, { owner, skill }: Omit<Subject, 'key'>): readonly Endpoint[] {
    const isKnown = ({ id }: Endpoint): boolean => !this.#changed.has(id) && this.#owns(id);
    const siblings = this.#endpoints.ofOwner(owner);
    return siblings.filter((endpoint) => endpoint.wants(position, name, skill) && isKnown(endpoint));
  }

  /** There is something in the list of a webhook that is not here. */
  #isListed(endpoint: Endpoint, position: number): void {
    endpoint.leaveOut(position);
    if (endpoint.wantsMore) this.#reloads.ask(endpoint);
    else this.#pump(endpoint);
  }

  /** Somebody else recorded an outcome: it is not for this node any more to attempt it. */
  #hearOutcome(event: RecordedEvent): void {
    if (!('webhook' in event.data)) return;
    const endpoint = this.#endpoints.get(event.data.webhook);
    if (endpoint === undefined) return;
    if (event.type === 'DeliveryRequested') {
      if (this.#owns(endpoint.id)) this.#isListed(endpoint, event.position);
      return;
    }
    const item = endpoint.get(event.stream);
    if (item === undefined || event.actor === this.#deps.node) return;
    endpoint.remove(item, event.revision);
    if (event.type === 'DeliveryAttemptFailed' && event.data.nextAttemptAtMs !== null)
      this.#changed.set(endpoint.id, event.position);
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
        await this.#clear();
      }
    } catch (error) {
      this.#deps.onError(error, 'the list of deliveries');
      await new Promise((resolve) => setTimeout(resolve, postponedMs));
      this.#again = true;
    }
  }

  async #refreshWebhooks(): Promise<void> {
    for (const [id, position] of this.#changed) {
      const { webhook, asOf } = await this.#deps.queries.webhookAsOf(id);
      const endpoint = webhook === null ? null : await this.#open(webhook, asOf);
      if (this.#changed.get(id) === position) this.#changed.delete(id);
      try {
        if (endpoint !== null) await this.#reload(endpoint);
      } catch (error) {
        this.#changed.set(id, position);
        throw error;
      }
    }
  }

  /** Finds out whose the events are that did not say so. */
  async #clear(): Promise<void> {
    const events = [...this.#unclear];
    if (events.length === 0) return;
    const streams = [...new Set(events.map(({ stream }) => stream))];
    const subjects = await this.#deps.queries.subjectsOf(JSON.stringify(streams));
    this.#unclear = this.#unclear.slice(events.length);
    const known = new Map(subjects.map((subject) => [subject.id, subject]));
    for (const { stream, position, name } of events) {
      const subject = known.get(stream);
      if (subject === undefined) continue;
      for (const endpoint of this.#wanting(position, name, subject)) this.#isListed(endpoint, position);
    }
  }

  /** Reads what waits for a webhook. */
  async #reload(endpoint: Endpoint): Promise<void> {
    if (!this.#accepting || !this.#owns(endpoint.id)) return;
    const { queries, clock } = this.#deps;
    const { id, settings } = endpoint;
    const list =
      settings.ordering === 'key'
        ? await queries.pendingByKey(id, clock.now(), windowItems)
        : await queries.pendingOf(id, settings.ordering === 'endpoint' ? 1 : 0, windowItems);
    endpoint.replace(list);
    this.#pump(endpoint);
    if (endpoint.isShort) this.#reloads.ask(endpoint);
    if (list.rows.length === 0 && endpoint.webhook.status === 'deleted' && endpoint.size === 0)
      this.#endpoints.delete(endpoint);
  }

  #dealtAnew(): void {
    if (!this.#accepting) return;
    for (const endpoint of this.#endpoints.all()) {
      const had = endpoint.size > 0 || endpoint.behind;
      if (!this.#owns(endpoint.id)) endpoint.clear();
      else if (!had) {
        endpoint.notBeforeMs = this.#deps.clock.now() + endpoint.settings.timeoutMs + handOverMs;
        endpoint.leaveOut(this.#deps.log.head());
        this.#reloads.ask(endpoint);
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
      let outcome: Outcome = null;
      try {
        outcome = await this.#settler.attempt(endpoint, item);
      } finally {
        endpoint.answered(outcome?.event.type ?? null, this.#deps.clock.now());
      }
      const recorded = this.#record(endpoint, item, outcome);
      // While the outcome is on its way to the log, the receiver is free for another delivery.
      this.#pump(endpoint);
      await recorded;
    } catch (error) {
      this.#deps.onError(error, item.row.id);
      item.dueAtMs = this.#deps.clock.now() + postponedMs;
    }
    this.#underWay--;
    endpoint.recorded(item);
    if (endpoint.wantsMore) this.#reloads.ask(endpoint);
    this.#pump(endpoint);
  }

  /** INV-9: what a receiver has taken is not sent again because the log could not be written: recording it is tried again. */
  async #record(endpoint: Endpoint, item: DueDelivery, outcome: Outcome): Promise<void> {
    for (;;) {
      try {
        await this.#settler.record(endpoint, item, outcome);
        return;
      } catch (error) {
        if (!this.#accepting) throw error;
        this.#deps.onError(error, item.row.id);
        await new Promise((resolve) => setTimeout(resolve, postponedMs));
      }
    }
  }
}
