import type {
  Artifact,
  EventOf,
  ExecutionRequested,
  LogLevel,
  RunLimits,
  RunnerMode,
  SkillError,
} from '../../../schemas/generated/events.ts';
import { backoffDelayMs } from '../../kernel/backoff.ts';
import { counted } from '../../kernel/counted.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JsonValue } from '../../kernel/json.ts';
import type { ExecutionState, Queued, Running } from './state.ts';

/** What may be asked of an execution. Times are wall-clock milliseconds and come with the command. */
export type ExecutionCommand =
  | { readonly kind: 'request'; readonly request: ExecutionRequested }
  | {
      readonly kind: 'start';
      readonly node: string;
      readonly mode: RunnerMode;
      readonly limits: RunLimits | null;
      readonly skillDigest: string | null;
    }
  | { readonly kind: 'report-progress'; readonly progress: number; readonly status: string | null }
  | { readonly kind: 'log'; readonly lines: readonly LogEntry[] }
  | {
      readonly kind: 'complete';
      readonly result: JsonValue;
      readonly durationMs: number;
      readonly artifacts: readonly Artifact[];
    }
  | ({ readonly kind: 'fail-attempt'; readonly retryable: boolean } & FailedAttempt)
  | {
      readonly kind: 'time-out';
      readonly nowMs: number;
      readonly durationMs: number;
      readonly artifacts: readonly Artifact[];
    }
  | { readonly kind: 'lose-attempt'; readonly nowMs: number }
  | { readonly kind: 'request-cancellation'; readonly reason: string | null; readonly nowMs: number }
  | {
      readonly kind: 'confirm-cancellation';
      readonly reason: string | null;
      readonly durationMs: number;
      readonly artifacts: readonly Artifact[];
    }
  | { readonly kind: 'expire'; readonly nowMs: number };

export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  readonly loggedAtMs: number;
}

interface FailedAttempt {
  readonly error: SkillError;
  readonly nowMs: number;
  readonly durationMs: number;
  readonly artifacts: readonly Artifact[];
}

export type ExecutionEvent = EventOf<
  | 'ExecutionRequested'
  | 'ExecutionStarted'
  | 'ExecutionProgressed'
  | 'ExecutionLogged'
  | 'ExecutionAttemptFailed'
  | 'ExecutionAttemptLost'
  | 'ExecutionCompleted'
  | 'ExecutionFailed'
  | 'ExecutionTimedOut'
  | 'ExecutionCancellationRequested'
  | 'ExecutionCancelled'
  | 'ExecutionExpired'
>;

/**
 * The events that a command leads to in a state; none when it changes nothing.
 * Throws EXECUTION_NOT_FOUND, EXECUTION_FINISHED or MOVE_NOT_ALLOWED when the state does not permit it.
 * INV-5: nothing follows a terminal event.
 */
export function decideExecution(command: ExecutionCommand, state: ExecutionState): readonly ExecutionEvent[] {
  switch (command.kind) {
    case 'request':
      if (state.phase !== 'absent')
        throw new AppError('MOVE_NOT_ALLOWED', { message: 'The execution exists already.' });
      return [{ type: 'ExecutionRequested', data: command.request }];
    case 'start':
      return start(command, state);
    case 'report-progress':
      return progress(command, running(state));
    case 'log':
      return log(command, running(state));
    case 'complete':
      return complete(command, running(state));
    case 'fail-attempt':
      return failAttempt(command, running(state));
    case 'time-out':
      return timeOut(command, running(state));
    case 'lose-attempt':
      return loseAttempt(command.nowMs, running(state));
    case 'request-cancellation':
      return requestCancellation(command, open(state));
    case 'confirm-cancellation':
      return confirmCancellation(command, running(state));
    case 'expire':
      return expire(command.nowMs, open(state));
  }
}

type Command<K extends ExecutionCommand['kind']> = Extract<ExecutionCommand, { readonly kind: K }>;

function open(state: ExecutionState): Queued | Running {
  if (state.phase === 'absent') throw new AppError('EXECUTION_NOT_FOUND');
  if (state.phase === 'ended') {
    throw new AppError('EXECUTION_FINISHED', { message: `The execution has already ended: ${state.ending}.` });
  }
  return state;
}

function running(state: ExecutionState): Running {
  const opened = open(state);
  if (opened.phase === 'running') return opened;
  throw new AppError('MOVE_NOT_ALLOWED', { message: 'The execution is not running.' });
}

function start(command: Command<'start'>, state: ExecutionState): readonly ExecutionEvent[] {
  const opened = open(state);
  if (opened.phase !== 'queued')
    throw new AppError('MOVE_NOT_ALLOWED', { message: 'The execution is running already.' });
  const { node, mode, limits, skillDigest } = command;
  return [{ type: 'ExecutionStarted', data: { attempt: opened.attempts + 1, node, mode, limits, skillDigest } }];
}

function progress(command: Command<'report-progress'>, state: Running): readonly ExecutionEvent[] {
  const wanted = Number.isFinite(command.progress) ? command.progress : 0;
  // Progress is clamped and never runs backwards, whatever a skill reports.
  const value = Math.max(state.progress, Math.min(100, Math.max(0, wanted)));
  const status = command.status ?? state.progressStatus;
  if (value === state.progress && status === state.progressStatus) return [];
  return [{ type: 'ExecutionProgressed', data: { attempt: state.attempts, progress: value, status } }];
}

function log(command: Command<'log'>, state: Running): readonly ExecutionEvent[] {
  return command.lines.map((line) => ({ type: 'ExecutionLogged', data: { attempt: state.attempts, ...line } }));
}

function complete(command: Command<'complete'>, state: Running): readonly ExecutionEvent[] {
  const { result, durationMs, artifacts } = command;
  return [{ type: 'ExecutionCompleted', data: { attempt: state.attempts, result, durationMs, artifacts } }];
}

function failAttempt(command: Command<'fail-attempt'>, state: Running): readonly ExecutionEvent[] {
  const { error, durationMs, artifacts } = command;
  const attempt = state.attempts;
  if (state.cancellation !== null) return [cancelled(attempt, { ...state.cancellation, durationMs, artifacts })];
  if (!command.retryable || !mayRepeat(state)) {
    return [{ type: 'ExecutionFailed', data: { attempt, error, durationMs, artifacts } }];
  }
  const retryAtMs = command.nowMs + backoffDelayMs(state.retry, attempt - state.lost);
  return [{ type: 'ExecutionAttemptFailed', data: { attempt, error, durationMs, retryAtMs } }];
}

function timeOut(command: Command<'time-out'>, state: Running): readonly ExecutionEvent[] {
  const { durationMs, artifacts } = command;
  const attempt = state.attempts;
  if (state.cancellation !== null) return [cancelled(attempt, { ...state.cancellation, durationMs, artifacts })];
  if (!mayRepeat(state)) {
    return [{ type: 'ExecutionTimedOut', data: { attempt, timeoutMs: state.timeoutMs, durationMs, artifacts } }];
  }
  const message = `The attempt ran longer than ${String(state.timeoutMs)} ms.`;
  return failAttempt(
    { ...command, kind: 'fail-attempt', retryable: true, error: { code: 'SKILL_TIMED_OUT', message, stack: null } },
    state,
  );
}

/** Lost attempts have a limit of their own: they say nothing about the skill. */
function loseAttempt(nowMs: number, state: Running): readonly ExecutionEvent[] {
  const attempt = state.attempts;
  const durationMs = Math.max(0, nowMs - state.startedAtMs);
  if (state.cancellation !== null) return [cancelled(attempt, { ...state.cancellation, durationMs, artifacts: [] })];
  if (state.lost < state.retry.maxLostAttempts) {
    return [{ type: 'ExecutionAttemptLost', data: { attempt, node: state.node, retryAtMs: nowMs } }];
  }
  const message = `The node stopped while it ran the skill, ${counted(state.lost + 1, 'time')}.`;
  const error = { code: 'ATTEMPT_LOST', message, stack: null };
  return [{ type: 'ExecutionFailed', data: { attempt, error, durationMs, artifacts: [] } }];
}

function mayRepeat(state: Running): boolean {
  return state.attempts - state.lost < state.retry.maxAttempts;
}

function requestCancellation(
  command: Command<'request-cancellation'>,
  state: Queued | Running,
): readonly ExecutionEvent[] {
  const { reason } = command;
  if (state.phase === 'queued') {
    const durationMs = Math.max(0, command.nowMs - state.requestedAtMs);
    return [cancelled(state.attempts, { reason, durationMs, artifacts: [] })];
  }
  if (state.cancellation !== null) return [];
  return [{ type: 'ExecutionCancellationRequested', data: { reason } }];
}

/** The reason is that of who asked for it, unless the one who confirms gives another. */
function confirmCancellation(command: Command<'confirm-cancellation'>, state: Running): readonly ExecutionEvent[] {
  const reason = command.reason ?? state.cancellation?.reason ?? null;
  return [cancelled(state.attempts, { ...command, reason })];
}

function cancelled(
  attempt: number,
  details: { readonly reason: string | null; readonly durationMs: number; readonly artifacts: readonly Artifact[] },
): ExecutionEvent {
  const { reason, durationMs, artifacts } = details;
  return { type: 'ExecutionCancelled', data: { attempt, durationMs, reason, artifacts } };
}

function expire(nowMs: number, state: Queued | Running): readonly ExecutionEvent[] {
  if (state.phase !== 'queued' || state.expiresAtMs === null || state.expiresAtMs > nowMs) {
    throw new AppError('MOVE_NOT_ALLOWED', { message: 'The execution is not waiting past its limit.' });
  }
  return [{ type: 'ExecutionExpired', data: { waitedMs: Math.max(0, nowMs - state.requestedAtMs) } }];
}
