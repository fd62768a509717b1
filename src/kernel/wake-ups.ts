import type { Clock } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';

/**
 * Calls back for each item once at the earliest of the times that it was given: whoever is called finds out what there is to do now, and
 * asks again for later. Unlike timers of its own, the same item asked for again and again does not pile up.
 */
export class WakeUps<T> {
  readonly #timers: TimerQueue<T>;
  readonly #wanted = new Map<T, number>();

  /** `maxStepMs`: as that of a timer queue. */
  constructor(clock: Clock, onDue: (item: T) => void, maxStepMs?: number) {
    const wake = (item: T, atMs: number): void => {
      // It was called at an earlier time than this one, and wants another since.
      if (this.#wanted.get(item) !== atMs) return;
      this.#wanted.delete(item);
      onDue(item);
    };
    this.#timers = new TimerQueue(clock, wake, maxStepMs);
  }

  /** Timers that run: one for each item, and for each earlier time that replaced a later one. */
  get size(): number {
    return this.#timers.size;
  }

  add(atMs: number, item: T): void {
    const known = this.#wanted.get(item);
    if (known !== undefined && known <= atMs) return;
    this.#wanted.set(item, atMs);
    this.#timers.add(atMs, item);
  }

  stop(): void {
    this.#timers.stop();
  }
}
