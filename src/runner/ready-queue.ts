import { Heap } from '../kernel/heap.ts';
import { runsBefore, type TrackedExecution } from './tracked-execution.ts';

/**
 * Executions that may start now, in order. One whose skill is at its limit steps aside without holding up the others,
 * and comes back to its place when a run of that skill ends.
 */
export class ReadyQueue {
  readonly #ready = new Heap<TrackedExecution>(runsBefore);
  readonly #aside = new Map<string, Heap<TrackedExecution>>();
  readonly #running = new Map<string, number>();
  readonly #limitOf: (skill: string) => number;

  constructor(limitOf: (skill: string) => number) {
    this.#limitOf = limitOf;
  }

  /** Executions that may start now, as far as the limits of their skills allow. */
  get size(): number {
    return this.#ready.size;
  }

  push(execution: TrackedExecution): void {
    this.#ready.push(execution);
  }

  /** The next execution whose skill is below its limit; it counts as running until {@link ended}. */
  take(): TrackedExecution | undefined {
    for (;;) {
      const next = this.#ready.pop();
      if (next === undefined) return undefined;
      const running = this.#running.get(next.skill) ?? 0;
      if (running < this.#limitOf(next.skill)) {
        this.#running.set(next.skill, running + 1);
        return next;
      }
      this.#stepAside(next);
    }
  }

  /** Counts one more run of a skill that nothing waits in front of; false when something does, or the skill is at its limit. */
  overtake(skill: string): boolean {
    if (this.#ready.size > 0) return false;
    const running = this.#running.get(skill) ?? 0;
    if (running >= this.#limitOf(skill)) return false;
    this.#running.set(skill, running + 1);
    return true;
  }

  /** A run of this skill is over: the next one that stepped aside may come back. */
  ended(skill: string): void {
    const running = (this.#running.get(skill) ?? 1) - 1;
    if (running > 0) this.#running.set(skill, running);
    else this.#running.delete(skill);
    const waiting = this.#aside.get(skill);
    const next = waiting?.pop();
    if (next !== undefined) this.#ready.push(next);
    if (waiting?.size === 0) this.#aside.delete(skill);
  }

  /** Limits may have changed: whatever stepped aside is looked at again. */
  reconsider(): void {
    for (const waiting of this.#aside.values()) {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) this.#ready.push(next);
    }
    this.#aside.clear();
  }

  #stepAside(execution: TrackedExecution): void {
    const aside = this.#aside.get(execution.skill) ?? new Heap<TrackedExecution>(runsBefore);
    this.#aside.set(execution.skill, aside);
    aside.push(execution);
  }
}
