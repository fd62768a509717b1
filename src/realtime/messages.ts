import { toCursor } from '../event-log/cursor.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';
import type { JsonObject } from '../kernel/json.ts';

/** A message about an execution: what a WebSocket or SSE subscriber gets for one event. */
export interface ExecutionMessage {
  readonly type: MessageType;
  readonly json: string;
}

export type MessageType = 'execution-progress' | 'execution-complete' | 'execution-error' | 'execution-log';

/**
 * The message for an event of an execution; null for other events. Nothing in it depends on who reads it, so that all
 * subscribers can share one frame. `seq` counts an execution's events from 1 without holes; `pos` is the place in the log.
 */
export function messageOf(event: RecordedEvent): ExecutionMessage | null {
  const content = contentOf(event);
  if (content === null) return null;
  const { type, ...fields } = content;
  const message = {
    type,
    executionId: event.stream,
    ...fields,
    timestamp: new Date(event.atMs).toISOString(),
    seq: event.revision + 1,
    pos: toCursor(event.position),
  };
  return { type: type, json: JSON.stringify(message) };
}

function contentOf(event: RecordedEvent): (JsonObject & { readonly type: MessageType }) | null {
  switch (event.type) {
    case 'ExecutionRequested':
      return progress(0, 'queued');
    case 'ExecutionStarted':
      return { ...progress(0, 'in-progress'), attempt: event.data.attempt };
    case 'ExecutionProgressed':
      return progress(event.data.progress, event.data.status ?? 'in-progress');
    case 'ExecutionCancellationRequested':
      return { type: 'execution-log', level: 'warn', message: event.data.reason ?? 'Cancellation requested.' };
    case 'ExecutionAttemptFailed': {
      const { attempt, error, retryAtMs } = event.data;
      const message = `Attempt ${String(attempt)} failed: ${error.message}. Next attempt at ${new Date(retryAtMs).toISOString()}.`;
      return { type: 'execution-log', level: 'warn', message, attempt };
    }
    case 'ExecutionAttemptLost':
      return {
        type: 'execution-log',
        level: 'warn',
        message: `Attempt ${String(event.data.attempt)} was lost with its node; it runs again.`,
      };
    case 'ExecutionLogged':
      return {
        type: 'execution-log',
        level: event.data.level,
        message: event.data.message,
        loggedAt: new Date(event.data.loggedAtMs).toISOString(),
      };
    default:
      return endingOf(event);
  }
}

function endingOf(event: RecordedEvent): (JsonObject & { readonly type: MessageType }) | null {
  switch (event.type) {
    case 'ExecutionCompleted':
      return {
        type: 'execution-complete',
        result: event.data.result,
        durationMs: event.data.durationMs,
        status: 'completed',
      };
    case 'ExecutionFailed':
      return failure('failed', event.data.error.message, event.data.error.code, event.data.durationMs);
    case 'ExecutionTimedOut':
      return failure(
        'timed-out',
        `The attempt ran longer than ${String(event.data.timeoutMs)} ms.`,
        'SKILL_TIMED_OUT',
        event.data.durationMs,
      );
    case 'ExecutionCancelled':
      return failure('cancelled', event.data.reason ?? 'Cancelled on request.', 'CANCELLED', event.data.durationMs);
    case 'ExecutionExpired':
      return failure('expired', 'Not started within its limit.', 'EXPIRED', 0);
    default:
      return null;
  }
}

function progress(percent: number, status: string): JsonObject & { readonly type: MessageType } {
  return { type: 'execution-progress', progress: percent, status };
}

function failure(
  status: string,
  error: string,
  code: string,
  durationMs: number,
): JsonObject & { readonly type: MessageType } {
  return { type: 'execution-error', error, code, status, durationMs };
}
