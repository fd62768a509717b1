import { isEnding } from '../commands/endings.ts';
import { toCursor } from '../event-log/cursor.ts';
import type { EventLog, Position, RecordedEvent } from '../event-log/event-log.ts';
import type { JsonObject } from '../kernel/json.ts';
import { textFrame } from './frame.ts';
import { messageOf, type MessageType } from './messages.ts';

/** What a subscription needs of the client's connection. */
export interface Sink {
  readonly open: boolean;
  readonly congested: boolean;
  write(frames: Buffer, messages: number): void;
  tell(message: JsonObject): void;
}

/** How a subscription wants its messages. */
export interface Delivery {
  readonly types: ReadonlySet<MessageType> | null;
  readonly conflate: 'auto' | 'never' | 'always';
}

interface SubscriptionOptions {
  readonly log: EventLog;
  readonly executionId: string;
  readonly connection: Sink;
  readonly delivery: Delivery;
  /** The first revision to deliver. */
  readonly next: number;
  readonly onEnd: () => void;
}

const pageEvents = 500;
/** A reader this many events behind gets only the newest progress of what it missed. */
const conflateAbove = 50;

/**
 * One client's place in the history of one execution: a cursor, not a queue. At the head it is handed the shared frames;
 * behind it reads the log page by page, as fast as its socket takes them. A client that reads slowly costs no memory.
 * INV-7: what is delivered, plus the gaps that are declared, is every sequence number once and in order.
 */
export class Subscription {
  readonly executionId: string;
  readonly connection: Sink;
  readonly #options: SubscriptionOptions;
  /** Next revision to deliver. */
  #next: number;
  /** Sequence number of the last message that was written. */
  #lastSeq: number;
  #pumping = false;
  #dirty = false;
  #caughtUp = false;
  #ended = false;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.executionId = options.executionId;
    this.connection = options.connection;
    this.#next = options.next;
    this.#lastSeq = options.next;
  }

  /** Hands over new events with the frame that all subscribers share. */
  deliver(events: readonly RecordedEvent[], first: number, last: number, frame: Buffer, ends: boolean): void {
    const atHead = !this.#pumping && this.#caughtUp && this.#next === first && this.#options.delivery.types === null;
    if (!atHead || this.connection.congested || this.#options.delivery.conflate === 'always') {
      this.wake();
      return;
    }
    this.connection.write(frame, events.length);
    this.#next = last + 1;
    this.#lastSeq = last + 1;
    if (ends) this.#end(events.at(-1));
  }

  /** Goes on reading the log: at the start, after the socket drained, or when something new is there. */
  wake(): void {
    this.#dirty = true;
    if (this.#pumping || this.#ended) return;
    this.#pumping = true;
    void this.#pump();
  }

  /** It is reading the log for a client that can take more. */
  get busy(): boolean {
    return this.#pumping && !this.connection.congested;
  }

  /** Nothing more is to be delivered. */
  stop(): void {
    this.#ended = true;
  }

  async #pump(): Promise<void> {
    try {
      while (this.#dirty && !this.#isOver() && !this.connection.congested) {
        this.#dirty = false;
        if (await this.#readToHead()) this.#declareCaughtUp();
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** Writes page after page; false when it had to stop before the head. */
  async #readToHead(): Promise<boolean> {
    const { log, executionId } = this.#options;
    for (;;) {
      const events = await log.readStream(executionId, { fromRevision: this.#next, limit: pageEvents });
      if (this.#isOver()) return false;
      if (events.length === 0) {
        if (!this.#caughtUp && this.#next > 0) await this.#endWhenOver();
        return true;
      }
      this.#writePage(events);
      if (this.connection.congested) {
        this.#dirty = true;
        return false;
      }
    }
  }

  /** A client that resumes behind the end hears that it is the end. */
  async #endWhenOver(): Promise<void> {
    const { log, executionId } = this.#options;
    const [last] = await log.readStream(executionId, { fromRevision: this.#next - 1, limit: 1 });
    if (last !== undefined && isEnding(last) && !this.#isOver()) this.#end(last);
  }

  /** Asked again after each await: the client may have gone or unsubscribed meanwhile. */
  #isOver(): boolean {
    return this.#ended || !this.connection.open;
  }

  #writePage(events: readonly RecordedEvent[]): void {
    const frames = this.#framesOf(this.#conflates(events) ? newestProgressOnly(events) : events);
    this.#next = (events.at(-1)?.revision ?? this.#next - 1) + 1;
    if (frames.length > 0) this.connection.write(Buffer.concat(frames), frames.length);
    const end = events.find(isEnding);
    if (end !== undefined) this.#end(end);
  }

  #conflates(events: readonly RecordedEvent[]): boolean {
    const { conflate } = this.#options.delivery;
    return conflate === 'always' || (conflate === 'auto' && this.#caughtUp && events.length > conflateAbove);
  }

  #framesOf(events: readonly RecordedEvent[]): Buffer[] {
    const { types } = this.#options.delivery;
    const frames: Buffer[] = [];
    for (const event of events) {
      const message = messageOf(event);
      if (message === null || types?.has(message.type) === false) continue;
      const seq = event.revision + 1;
      frames.push(textFrame(seq === this.#lastSeq + 1 ? message.json : withPrevious(message.json, this.#lastSeq)));
      this.#lastSeq = seq;
    }
    return frames;
  }

  #declareCaughtUp(): void {
    if (this.#caughtUp || this.#ended) return;
    this.#caughtUp = true;
    this.connection.tell({
      type: 'caught-up',
      executionId: this.executionId,
      seq: this.#next,
      pos: toCursor(this.#options.log.head()),
    });
  }

  #end(event: RecordedEvent | undefined): void {
    this.#ended = true;
    if (event !== undefined) {
      const { stream: executionId, revision, position, type } = event;
      const pos = toCursor(position);
      this.connection.tell({ type: 'stream-end', executionId, seq: revision + 1, pos, state: type });
    }
    this.#options.onEnd();
  }
}

/**
 * The first revision of an execution that lies after a position. `revision` is its last one as far as is known: positions grow
 * with revisions, so up to there it is searched by halves.
 */
export async function firstRevisionAfter(
  log: EventLog,
  { id, revision }: { readonly id: string; readonly revision: number },
  position: Position,
): Promise<number> {
  let [low, high] = [0, revision + 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const [event] = await log.readStream(id, { fromRevision: middle, limit: 1 });
    if (event !== undefined && event.position <= position) low = middle + 1;
    else high = middle;
  }
  for (;;) {
    const events = await log.readStream(id, { fromRevision: low, limit: pageEvents });
    const before = events.filter((event) => event.position <= position).length;
    low += before;
    if (before === 0 || before < events.length) return low;
  }
}

/** Leaves out all progress but the last: its state is whole, only the steps in between are gone. */
function newestProgressOnly(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const newest = events.findLastIndex((event) => event.type === 'ExecutionProgressed');
  return events.filter((event, i) => event.type !== 'ExecutionProgressed' || i === newest);
}

/** Tells the reader which sequence number came before, where it is not the one it would expect. */
function withPrevious(json: string, previousSeq: number): string {
  return `${json.slice(0, -1)},"prevSeq":${String(previousSeq)}}`;
}
