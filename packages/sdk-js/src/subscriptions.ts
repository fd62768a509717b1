import { TimeoutError } from './errors.ts';
import type { ExecutionEvent } from './frames.ts';
import { onAbort } from './http.ts';
import type { FollowOptions } from './link.ts';
import type { Realtime } from './realtime.ts';

interface SubscriptionsOptions {
  readonly realtime: () => Realtime;
  readonly tell: (event: ExecutionEvent) => void;
  /** How long a first connection may take. */
  readonly timeoutMs: number;
}

/** The executions whose events go to the listeners of a client. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** What is followed, with how to stop. */
  readonly #stops = new Map<string, () => void>();
  /** How each of them began. */
  readonly #begun = new Map<string, Promise<void>>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Resolves when the server has taken the subscription; rejects when it has not in time. */
  start(executionId: string, options: FollowOptions, signal?: AbortSignal): Promise<void> {
    if (!this.#stops.has(executionId)) this.#begun.set(executionId, this.#begin(executionId, options, signal));
    return this.#begun.get(executionId) ?? Promise.resolve();
  }

  #begin(executionId: string, options: FollowOptions, signal?: AbortSignal): Promise<void> {
    const { realtime, timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null): void => {
        clearTimeout(timer);
        stopListening();
        if (error === null) resolve();
        else reject(error);
      };
      const give = (error: Error): void => {
        this.stop(executionId);
        settle(error);
      };
      const timer = setTimeout(() => {
        give(new TimeoutError('There was no answer in time.', { code: 'TIMEOUT' }));
      }, timeoutMs);
      let stopListening = (): void => undefined;
      let stop = (): void => undefined;
      this.#stops.set(executionId, () => {
        stop();
      });
      const follower = {
        onEvent: this.#fromNextTurn(),
        onReady: () => {
          settle(null);
        },
        onEnd: (error: Error | null) => {
          this.#stops.delete(executionId);
          settle(error);
        },
      };
      stop = realtime().follow(executionId, follower, options);
      stopListening = onAbort(signal, give);
    });
  }

  stop(executionId: string): void {
    this.#stops.get(executionId)?.();
    this.#stops.delete(executionId);
  }

  /** Forgets all of them, whose connections have been ended. */
  clear(): void {
    this.#stops.clear();
    this.#begun.clear();
  }

  /** Whoever awaits the start registers listeners after it: what comes in the same turn is told in the next one. */
  #fromNextTurn(): (event: ExecutionEvent) => void {
    let held: ExecutionEvent[] | null = [];
    const { tell } = this.#options;
    const tellHeld = (): void => {
      for (const event of held ?? []) tell(event);
      held = null;
    };
    return (event) => {
      if (held === null) tell(event);
      else if (held.push(event) === 1) setTimeout(tellHeld);
    };
  }
}
