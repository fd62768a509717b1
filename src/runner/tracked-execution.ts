import type { ExecutionRequested } from '../../schemas/generated/events.ts';
import type { ExecutionState } from '../domain/execution/state.ts';

/** What the runner remembers of an execution that has not ended. */
export interface TrackedExecution {
  readonly id: string;
  readonly skill: string;
  readonly owner: string;
  readonly priority: number;
  /** Position of the request. */
  readonly position: number;
  /** The newest revision that the log has told of. */
  revision: number;
  dueAtMs: number | null;
  expiresAtMs: number | null;
  /** The node that runs it; null while it waits. */
  runningOn: string | null;
  /** When it began to wait, as far as this node knows. */
  waitsSinceMs: number;
  /** The fold of its stream; null while it has to be loaded before anything can be decided. */
  loaded: { state: ExecutionState; revision: number; request: ExecutionRequested } | null;
  /** It stands in one of the runner's queues. */
  queued: boolean;
  /** Its owner has left it waiting for so long that this node takes it up as well. */
  overdue: boolean;
}

/** Order of the ready queue: higher priority first, then first come, first served. */
export function runsBefore(a: TrackedExecution, b: TrackedExecution): boolean {
  return a.priority === b.priority ? a.position < b.position : a.priority > b.priority;
}
