import type { LogPage, Position, RecordedEvent } from './event-log.ts';

interface Batch {
  readonly position: Position;
  readonly events: readonly RecordedEvent[];
  readonly sizeBytes: number;
}

interface LiveTailOptions {
  readonly head: Position;
  /** Newest appends kept in memory, by the size of their records. Default 16 MiB. */
  readonly maxBytes?: number;
  /**
   * Default 512: whoever is further behind reads pages from the store. What is kept longer costs every append more. Of what became
   * visible at once all is kept until the next is.
   */
  readonly maxAppends?: number;
}

type Listener = (events: readonly RecordedEvent[]) => void;

/**
 * What became visible on this node most recently: tells subscribers, wakes waiting readers, and keeps the newest appends
 * so that a reader close to the head never asks the store.
 */
export class LiveTail {
  readonly #listeners = new Set<Listener>();
  readonly #wakeUps = new Set<() => void>();
  readonly #maxBytes: number;
  readonly #maxAppends: number;
  #recent: (Batch | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  /** Appends that became visible since readers were woken. */
  #unheard = 0;
  #head: Position;
  /** Positions above this one are all in `#recent`. */
  #completeAfter: Position;
  #closed = false;

  constructor(options: LiveTailOptions) {
    this.#head = options.head;
    this.#completeAfter = options.head;
    this.#maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
    this.#maxAppends = options.maxAppends ?? 512;
  }

  get head(): Position {
    return this.#head;
  }

  get closed(): boolean {
    return this.#closed;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Makes one append visible. Appends come in log order. */
  publish(events: readonly RecordedEvent[], position: Position, sizeBytes: number): void {
    this.#recent.push({ position, events, sizeBytes });
    this.#bytes += sizeBytes;
    this.#head = position;
    this.#unheard++;
    this.#forgetOldest();
    for (const listener of this.#listeners) listener(events);
  }

  /** Takes everything up to a position for history, before anybody has subscribed or read. */
  skipTo(position: Position): void {
    this.#head = position;
    this.#completeAfter = position;
  }

  /** Wakes waiting readers: once after a group of {@link publish} calls. */
  wake(): void {
    this.#unheard = 0;
    if (this.#wakeUps.size === 0) return;
    const waiting = [...this.#wakeUps];
    this.#wakeUps.clear();
    for (const wakeUp of waiting) wakeUp();
  }

  /** The page strictly after `after`, or null when part of it is no longer in memory. */
  page(after: Position, limit: number): LogPage | null {
    if (after < this.#completeAfter) return null;
    const events: RecordedEvent[] = [];
    let next = after;
    let index = this.#indexAfter(after);
    for (; index < this.#recent.length && events.length < limit; index++) {
      const batch = this.#recent[index];
      if (batch === undefined) break;
      events.push(...batch.events);
      next = batch.position;
    }
    return { events, next, atHead: index >= this.#recent.length };
  }

  /** Resolves when the head is past `position`, when `signal` aborts or when the tail is closed. */
  async movedPast(position: Position, signal: AbortSignal): Promise<void> {
    if (this.#head > position || signal.aborted || this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wakeUp = (): void => {
      resolve(undefined);
    };
    this.#wakeUps.add(wakeUp);
    signal.addEventListener('abort', wakeUp, { once: true });
    await promise;
    this.#wakeUps.delete(wakeUp);
    signal.removeEventListener('abort', wakeUp);
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.wake();
  }

  #forgetOldest(): void {
    const kept = Math.max(this.#maxAppends, this.#unheard);
    while (this.#bytes > this.#maxBytes || this.#recent.length - this.#first > kept) {
      const oldest = this.#recent[this.#first];
      if (oldest === undefined) break;
      this.#recent[this.#first++] = undefined;
      this.#bytes -= oldest.sizeBytes;
      this.#completeAfter = oldest.position;
    }
    // Cutting the array off now and then instead of shifting it keeps each publish O(1).
    if (this.#first > this.#maxAppends) {
      this.#recent = this.#recent.slice(this.#first);
      this.#first = 0;
    }
  }

  #indexAfter(after: Position): number {
    let low = this.#first;
    let high = this.#recent.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#recent[middle]?.position ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface TailSource {
  readAll(options: { after: Position; limit: number }): Promise<LogPage>;
}

/** History strictly after `after`, then live, for any backend: pages until the head, then waits for the head to move. */
export async function* tailOf(
  source: TailSource,
  live: LiveTail,
  after: Position,
  signal: AbortSignal,
): AsyncGenerator<readonly RecordedEvent[]> {
  let position = after;
  while (!signal.aborted && !live.closed) {
    const page = await source.readAll({ after: position, limit: 1000 });
    if (page.events.length > 0) yield page.events;
    position = page.next;
    if (page.atHead) await live.movedPast(position, signal);
  }
}
