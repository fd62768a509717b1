import type { EventOf } from '../../schemas/generated/events.ts';
import type { EventLog, NewEvent, RecordedEvent } from '../event-log/event-log.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';

/** The events that end an execution. */
export type EndingEvent = EventOf<
  'ExecutionCompleted' | 'ExecutionFailed' | 'ExecutionTimedOut' | 'ExecutionCancelled' | 'ExecutionExpired'
>;

/** True for an event after which nothing more happens to an execution. */
export function isEnding(event: RecordedEvent): event is RecordedEvent<EndingEvent['type']>;
export function isEnding(event: NewEvent): event is EndingEvent;
export function isEnding(event: NewEvent): boolean {
  switch (event.type) {
    case 'ExecutionCompleted':
    case 'ExecutionFailed':
    case 'ExecutionTimedOut':
    case 'ExecutionCancelled':
    case 'ExecutionExpired':
      return true;
    default:
      return false;
  }
}

type Waiter = (ending: RecordedEvent<EndingEvent['type']> | null) => void;

/** Lets callers wait until an execution has ended, without asking again and again. */
export class Endings {
  readonly #waiters = new FleetingMap<string, Set<Waiter>>();

  constructor(log: EventLog) {
    log.subscribe((events) => {
      if (this.#waiters.size === 0) return;
      for (const event of events) if (isEnding(event)) this.#tell(event);
    });
  }

  /**
   * Resolves with the event that ends the execution; null when `timeoutMs` passes first. To miss nothing, call it before
   * looking whether the execution has already ended.
   */
  next(
    executionId: string,
    timeoutMs: number,
  ): { readonly ended: Promise<RecordedEvent<EndingEvent['type']> | null>; readonly stop: () => void } {
    const { promise, resolve } = Promise.withResolvers<RecordedEvent<EndingEvent['type']> | null>();
    const waiters = this.#waiters.get(executionId) ?? new Set<Waiter>();
    this.#waiters.set(executionId, waiters);
    waiters.add(resolve);
    const timer = setTimeout(() => {
      resolve(null);
    }, timeoutMs);
    const forget = (): void => {
      clearTimeout(timer);
      waiters.delete(resolve);
      if (waiters.size === 0) this.#waiters.delete(executionId);
    };
    return {
      ended: promise.finally(forget),
      stop: () => {
        resolve(null);
      },
    };
  }

  /** Lets everybody go who still waits: the server stops, and cannot say more than that it is not over. */
  stopWaiting(): void {
    for (const waiters of [...this.#waiters.values()]) for (const resolve of waiters) resolve(null);
  }

  #tell(event: RecordedEvent<EndingEvent['type']>): void {
    for (const waiter of this.#waiters.get(event.stream) ?? []) waiter(event);
  }
}
