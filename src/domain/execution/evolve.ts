import type { EventOf, ExecutionRequested, IhumanEvent } from '../../../schemas/generated/events.ts';
import type { Ending, ExecutionState, Queued, Running } from './state.ts';

/** An event of the log, as far as the fold of an execution looks at it. */
export type ExecutionFact = IhumanEvent & { readonly atMs: number };

/** The state after one more event. Never fails: an event that does not fit the state leaves it as it is. */
export function evolveExecution(state: ExecutionState, event: ExecutionFact): ExecutionState {
  switch (event.type) {
    case 'ExecutionRequested':
      return state.phase === 'absent' ? queuedBy(event.data, event.atMs) : state;
    case 'ExecutionStarted':
      return state.phase === 'queued' ? runningBy(state, event.data.attempt, event.data.node, event.atMs) : state;
    case 'ExecutionProgressed':
      if (state.phase !== 'running') return state;
      return { ...state, progress: event.data.progress, progressStatus: event.data.status };
    case 'ExecutionCancellationRequested':
      return state.phase === 'running' ? { ...state, cancellation: { reason: event.data.reason } } : state;
    case 'ExecutionAttemptFailed':
    case 'ExecutionAttemptLost':
      return state.phase === 'running' ? queuedAgain(state, event) : state;
    case 'ExecutionCompleted':
      return ended(state, 'completed');
    case 'ExecutionFailed':
      return ended(state, 'failed');
    case 'ExecutionTimedOut':
      return ended(state, 'timed-out');
    case 'ExecutionCancelled':
      return ended(state, 'cancelled');
    case 'ExecutionExpired':
      return ended(state, 'expired');
    default:
      return state;
  }
}

function queuedBy(data: ExecutionRequested, atMs: number): Queued {
  return {
    phase: 'queued',
    owner: data.owner,
    retry: data.retry,
    timeoutMs: data.timeoutMs,
    requestedAtMs: atMs,
    expiresAtMs: data.expiresAtMs,
    dueAtMs: data.dueAtMs,
    attempts: 0,
    lost: 0,
  };
}

function runningBy(state: Queued, attempt: number, node: string, atMs: number): Running {
  const { dueAtMs: _, ...rest } = state;
  return {
    ...rest,
    phase: 'running',
    attempts: attempt,
    node,
    startedAtMs: atMs,
    progress: 0,
    progressStatus: null,
    cancellation: null,
  };
}

function queuedAgain(state: Running, event: EventOf<'ExecutionAttemptFailed' | 'ExecutionAttemptLost'>): Queued {
  return {
    phase: 'queued',
    owner: state.owner,
    retry: state.retry,
    timeoutMs: state.timeoutMs,
    requestedAtMs: state.requestedAtMs,
    expiresAtMs: null,
    dueAtMs: event.data.retryAtMs,
    attempts: state.attempts,
    lost: state.lost + (event.type === 'ExecutionAttemptLost' ? 1 : 0),
  };
}

function ended(state: ExecutionState, ending: Ending): ExecutionState {
  if (state.phase === 'absent' || state.phase === 'ended') return state;
  return { phase: 'ended', ending, owner: state.owner };
}
