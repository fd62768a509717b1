import type { FailedExecution } from './errors.ts';

interface About {
  readonly executionId: string;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Counts the execution's events from 1; absent in snapshots. */
  readonly seq?: number;
  /** Cursor into the log; absent in snapshots. */
  readonly pos?: string;
}

export interface ProgressEvent extends About {
  readonly type: 'progress';
  /** 0 to 100. */
  readonly progress: number;
  readonly status: string;
  readonly attempt?: number;
  /** The present state on request: it announces no event. */
  readonly snapshot?: true;
}

export interface LogEvent extends About {
  readonly type: 'log';
  readonly level: string;
  readonly message: string;
}

export interface CompleteEvent<Result = unknown> extends About {
  readonly type: 'complete';
  readonly result: Result;
  readonly durationMs: number;
  /** The same as `durationMs`. */
  readonly duration: number;
  readonly status: 'completed';
}

/** The execution failed, timed out, expired or was cancelled; or could not be subscribed to (`not-followed`, without times). */
export interface ErrorEvent extends Omit<About, 'timestamp'>, FailedExecution {
  readonly type: 'error';
  readonly timestamp?: string;
  /** The same as `durationMs`. */
  readonly duration?: number;
}

/** Numbers that are not delivered: `limit` when that was asked for, `epoch` when the server has another log now. */
export interface GapEvent {
  readonly type: 'gap';
  readonly executionId: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly reason: string;
}

/** What an execution has to tell. */
export type ExecutionEvent<Result = unknown> = ProgressEvent | LogEvent | CompleteEvent<Result> | ErrorEvent | GapEvent;

/** A message of the server. */
export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The message in a text; null when it is none. */
export function frameIn(text: unknown): Frame | null {
  try {
    const value = JSON.parse(text as string) as Frame | null;
    return typeof value?.type === 'string' ? value : null;
  } catch {
    return null;
  }
}

/**
 * The event that a message is: null for messages that tell nothing of an execution, unknown ones among them. It is the same object
 * under its other type, as there may be a hundred thousand a second.
 */
export function eventOf(frame: Frame): ExecutionEvent | null {
  const type = eventTypes.get(frame.type);
  if (type === undefined || typeof frame.executionId !== 'string') return null;
  const event = frame as Record<string, unknown>;
  event.type = type;
  if (frame.durationMs !== undefined) event.duration = frame.durationMs;
  return event as unknown as ExecutionEvent;
}

const eventTypes: ReadonlyMap<string, ExecutionEvent['type']> = new Map<string, ExecutionEvent['type']>([
  ['execution-progress', 'progress'],
  ['execution-log', 'log'],
  ['execution-complete', 'complete'],
  ['execution-error', 'error'],
  ['gap', 'gap'],
]);

export function isEnding<Result>(event: ExecutionEvent<Result>): event is CompleteEvent<Result> | ErrorEvent {
  return event.type === 'complete' || event.type === 'error';
}
