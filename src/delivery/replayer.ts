import { deliveryIdOf } from '../../projections/webhooks/deliveries.ts';
import type { ReplayRow, WebhookRow } from '../../projections/webhooks/tables.ts';
import type { WebhookSettings } from '../../schemas/generated/events.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Queries } from '../store/query-client.ts';
import { type MatchedEvent, matchPage } from './match-log.ts';
import type { Webhooks } from './webhooks.ts';

interface ReplayerDependencies {
  readonly log: EventLog;
  readonly queries: Pick<Queries, 'openReplays' | 'webhookById' | 'deliveryOf' | 'subjectsOf'>;
  readonly webhooks: Webhooks;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  readonly onError: (error: unknown, about: string) => void;
}

const pageEvents = 1000;
const atOnce = 50;
const retryMs = 1000;

/**
 * Walks the log for replays and asks for the deliveries that they want. How far a replay has come is an event of its webhook, so
 * that a crash costs a page at most, which is looked at again and asks for nothing twice.
 */
export class Replayer {
  readonly #deps: ReplayerDependencies;
  readonly #unsubscribe: () => void;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #again = false;

  constructor(deps: ReplayerDependencies) {
    this.#deps = deps;
    this.#unsubscribe = deps.log.subscribe((events) => {
      if (events.some(({ type }) => type === 'WebhookReplayRequested')) this.look();
    });
    deps.membership.onChange(() => {
      this.look();
    });
  }

  /** Takes up replays that have not ended. */
  look(): void {
    this.#again = true;
    if (this.#stopping.signal.aborted) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#again) this.look();
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort();
    await this.#running;
  }

  /** A page of each in turn, so that a long one keeps no other waiting. */
  async #run(): Promise<void> {
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false;
      const replays = await this.#deps.queries.openReplays();
      for (const replay of replays) {
        if (this.#stopping.signal.aborted) return;
        if (!this.#deps.membership.owns(replay.webhook)) continue;
        try {
          const hasEnded = await this.#takePage(replay);
          this.#again ||= !hasEnded;
        } catch (error) {
          this.#deps.onError(error, replay.replay);
          await new Promise((resolve) => setTimeout(resolve, retryMs));
          this.#again = true;
        }
      }
    }
  }

  async #takePage({ webhook, replay, scope, untilPosition, position, requested }: ReplayRow): Promise<boolean> {
    const { queries, webhooks, node } = this.#deps;
    const hook = await queries.webhookById(webhook);
    if (hook?.status !== 'active') {
      if (hook?.status === 'disabled') await webhooks.endReplay(webhook, node, replay, requested, false);
      return true;
    }
    const settings = JSON.parse(hook.settingsJson) as WebhookSettings;
    const page = await matchPage(this.#deps, hook.owner, settings, { after: position, limit: pageEvents });
    const wanted = page.matches.filter(({ event }) => event.position <= untilPosition);
    let asked = requested;
    for (let i = 0; i < wanted.length; i += atOnce) {
      const some = wanted.slice(i, i + atOnce);
      const answers = await Promise.all(some.map((match) => this.#ask(hook, replay, match, scope)));
      asked += answers.filter(Boolean).length;
    }
    const hasEnded = page.atHead || page.next >= untilPosition;
    if (hasEnded) await webhooks.endReplay(webhook, node, replay, asked, true);
    else await webhooks.advanceReplay(webhook, node, replay, page.next, asked);
    return hasEnded;
  }

  async #ask(hook: WebhookRow, replay: string, match: MatchedEvent, scope: string): Promise<boolean> {
    const { event, eventType, skill } = match;
    const delivery = await this.#deps.queries.deliveryOf(hook.id, event.id);
    if (delivery?.status === 'pending' || (scope === 'missing' && delivery?.status === 'delivered')) return false;
    const stream = delivery?.id ?? deliveryIdOf(hook.id, event);
    return this.#append(hook, event, stream, { eventType, skill, replay, revision: delivery?.revision ?? -1 });
  }

  async #append(
    { id: webhook, owner }: WebhookRow,
    { id: event }: RecordedEvent,
    stream: string,
    {
      revision,
      ...what
    }: {
      readonly eventType: string;
      readonly skill: string | null;
      readonly replay: string;
      readonly revision: number;
    },
  ): Promise<boolean> {
    const { log, clock, node } = this.#deps;
    const result = await log.append({
      stream,
      events: [{ type: 'DeliveryRequested', data: { webhook, event, owner, ...what, trigger: 'replay' } }],
      expected: revision < 0 ? 'none' : revision,
      actor: node,
      atMs: clock.now(),
      causationId: event,
    });
    // Somebody delivers it at this moment: it is not missing any more.
    return result.outcome === 'accepted';
  }
}
