import type { RetryPolicy } from '../../../schemas/generated/events.ts';

/**
 * An execution's states and the moves between them.
 *
 * | state     | holds                                  | moves to                                                        |
 * | --------- | -------------------------------------- | --------------------------------------------------------------- |
 * | absent    | nothing                                | queued (requested)                                              |
 * | queued    | when it is due, attempts so far        | running (started) · cancelled · expired                         |
 * | running   | attempt, node, progress                | queued (attempt failed or lost, to be repeated) · completed · failed · timed-out · cancelled |
 * | ended     | how                                    | nothing: the first terminal event wins                          |
 */
export type ExecutionState = Absent | Queued | Running | Ended;

/** The ways in which an execution ends. */
export type Ending = 'completed' | 'failed' | 'timed-out' | 'cancelled' | 'expired';

export interface Absent {
  readonly phase: 'absent';
}

interface Requested {
  readonly owner: string;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly requestedAtMs: number;
  readonly expiresAtMs: number | null;
  /** Attempts started so far. */
  readonly attempts: number;
  /** Attempts lost with their node so far. */
  readonly lost: number;
}

export interface Queued extends Requested {
  readonly phase: 'queued';
  /** Null: at once. */
  readonly dueAtMs: number | null;
}

export interface Running extends Requested {
  readonly phase: 'running';
  readonly node: string;
  readonly startedAtMs: number;
  readonly progress: number;
  readonly progressStatus: string | null;
  /** Somebody wants it to stop, and why; null: nobody does. */
  readonly cancellation: { readonly reason: string | null } | null;
}

export interface Ended {
  readonly phase: 'ended';
  readonly ending: Ending;
  readonly owner: string;
}

/** The state of an execution of which nothing is known. */
export const initialExecution: ExecutionState = { phase: 'absent' };
