import type { Clock } from './clock.ts';
import { Heap } from './heap.ts';

interface Due<T> {
  readonly atMs: number;
  readonly item: T;
}

/** setTimeout overflows beyond 2^31-1 ms and then fires at once; longer waits go in steps. */
const usualStepMs = 2_000_000_000;

/** Calls back for items when their wall-clock time has come, with one timer for all of them. */
export class TimerQueue<T> {
  readonly #clock: Clock;
  readonly #onDue: (item: T, atMs: number) => void;
  readonly #maxStepMs: number;
  readonly #heap = new Heap<Due<T>>((a, b) => a.atMs < b.atMs);
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = 0;

  /** The wall clock is looked at every `maxStepMs` at least: so soon a step of it is noticed. */
  constructor(clock: Clock, onDue: (item: T, atMs: number) => void, maxStepMs = usualStepMs) {
    this.#clock = clock;
    this.#onDue = onDue;
    this.#maxStepMs = maxStepMs;
  }

  /** Times that have not come yet. */
  get size(): number {
    return this.#heap.size;
  }

  add(atMs: number, item: T): void {
    this.#heap.push({ atMs, item });
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    const next = this.#heap.peek();
    if (next === undefined || (this.#timer !== null && this.#timerAtMs <= next.atMs)) return;
    this.stop();
    this.#timerAtMs = next.atMs;
    const delayMs = Math.min(this.#maxStepMs, Math.max(0, next.atMs - this.#clock.now()));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#fire();
    }, delayMs);
  }

  #fire(): void {
    const now = this.#clock.now();
    for (let next = this.#heap.peek(); next !== undefined && next.atMs <= now; next = this.#heap.peek()) {
      this.#heap.pop();
      this.#onDue(next.item, next.atMs);
    }
    this.#arm();
  }
}
