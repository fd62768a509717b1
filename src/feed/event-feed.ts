import type { EventLog, LogPage, Position, RecordedEvent } from '../event-log/event-log.ts';

/** Which events a reader gets. */
export interface FeedFilter {
  /** Only what belongs to this user; null: everything. */
  readonly owner: string | null;
  readonly types: readonly string[] | null;
  readonly stream: string | null;
}

const scanPage = 1000;
/** How much of the log one request may look through for events that match. */
const maxScannedPages = 20;
const maxRememberedOwners = 10_000;

/** The log for outside consumers, filtered by who may see what. */
export class EventFeed {
  readonly #log: EventLog;
  readonly #owners = new Map<string, string | null>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /**
   * Up to `limit` matching events after a position (rounded up to whole appends), and the position to go on from, which
   * moves even when nothing matched. Waits up to `waitMs` for a first match.
   */
  async page(after: Position, filter: FeedFilter, limit: number, waitMs: number): Promise<LogPage> {
    const deadline = AbortSignal.timeout(Math.max(1, waitMs));
    let position = after;
    for (;;) {
      const page = await this.#scan(position, filter, limit);
      position = page.next;
      if (page.events.length > 0 || waitMs === 0 || deadline.aborted || !page.atHead) return page;
      for await (const _ of this.#log.tail(position, deadline)) break;
      if (deadline.aborted) return { events: [], next: position, atHead: true };
    }
  }

  /** Matching events after a position, then live ones, until `signal` aborts. */
  async *follow(after: Position, filter: FeedFilter, signal: AbortSignal): AsyncGenerator<readonly RecordedEvent[]> {
    for await (const events of this.#log.tail(after, signal)) {
      const matching = await this.#matching(events, filter);
      if (matching.length > 0) yield matching;
    }
  }

  async #scan(after: Position, filter: FeedFilter, limit: number): Promise<LogPage> {
    const found: RecordedEvent[] = [];
    let next = after;
    for (let pages = 0; pages < maxScannedPages; pages++) {
      const page = await this.#log.readAll({ after: next, limit: scanPage });
      for (const event of await this.#matching(page.events, filter)) {
        const full = found.length >= limit && event.position !== found.at(-1)?.position;
        if (full) return { events: found, next: found.at(-1)?.position ?? next, atHead: false };
        found.push(event);
      }
      next = page.next;
      if (page.atHead) return { events: found, next, atHead: true };
      if (found.length >= limit) break;
    }
    return { events: found, next, atHead: false };
  }

  async #matching(events: readonly RecordedEvent[], filter: FeedFilter): Promise<RecordedEvent[]> {
    const found: RecordedEvent[] = [];
    for (const event of events) {
      if (filter.stream !== null && event.stream !== filter.stream) continue;
      if (filter.types !== null && !filter.types.includes(event.type)) continue;
      if (filter.owner !== null && (await this.#owner(event)) !== filter.owner) continue;
      found.push(event);
    }
    return found;
  }

  /** Whose an event is: it says so itself, or what began its stream does. Deliveries are their webhook's. */
  async #owner({ stream, data }: RecordedEvent): Promise<string | null> {
    if ('owner' in data) return data.owner;
    if (stream.startsWith('user_')) return stream;
    const owned = 'webhook' in data ? data.webhook : stream;
    const known = this.#owners.get(owned);
    if (known !== undefined) return known;
    const [first] = await this.#log.readStream(owned, { fromRevision: 0, limit: 1 });
    const owner = first !== undefined && 'owner' in first.data ? first.data.owner : null;
    if (this.#owners.size >= maxRememberedOwners) this.#owners.clear();
    this.#owners.set(owned, owner);
    return owner;
  }
}
