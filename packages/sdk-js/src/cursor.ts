import { eventOf, type ExecutionEvent, type Frame } from './frames.ts';

/** Where to begin: from the first event, with what happens from now on, or strictly after a number or place, or the last ones. */
export type Since = 'start' | 'now' | { readonly seq: number } | { readonly pos: string } | { readonly tail: number };

/**
 * How far one execution has been followed: what of the messages that come is new, and where to go on after a lost connection.
 * The same messages in the same order give the same events, however often the connection was cut between them.
 */
export class Cursor {
  readonly #start: Since;
  /** The last number that was taken; null while there was none. */
  #last: number | null = null;

  constructor(since: Since = 'start') {
    this.#start = since;
  }

  /** Strictly after what the next subscription begins. */
  get since(): Since {
    return this.#last === null ? this.#start : { seq: this.#last };
  }

  /** The event that a message is, when it is new. */
  take(frame: Frame): ExecutionEvent | null {
    if (frame.type === 'subscribed') {
      if (this.#last === null && typeof frame.seq === 'number') this.#last = frame.seq;
      return null;
    }
    const event = eventOf(frame);
    if (event === null) return null;
    if (event.type === 'gap') {
      this.#last = event.toSeq;
      return event;
    }
    if (event.seq === undefined) return event;
    if (this.#last !== null && event.seq <= this.#last) return null;
    this.#last = event.seq;
    return event;
  }
}
