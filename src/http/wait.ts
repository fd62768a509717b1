import type { IncomingHttpHeaders } from 'node:http';

import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { EndingEvent } from '../commands/endings.ts';
import type { RequestedExecution } from '../commands/request-execution.ts';
import { toCursor } from '../event-log/cursor.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { Services } from './services.ts';
import { executionView } from './views.ts';

const maxWaitMs = 55_000;

/** How long the caller wants to wait for the end: `Prefer: wait=<seconds>` (RFC 7240), at most 55 s; 0 without it. */
export function waitMsOf(headers: IncomingHttpHeaders): number {
  const { prefer } = headers;
  if (prefer === undefined) return 0;
  const seconds = /(?:^|[,;\s])wait=(\d{1,9})(?:$|[,;\s])/.exec(String(prefer))?.[1];
  return seconds === undefined ? 0 : Math.min(maxWaitMs, Number(seconds) * 1000);
}

/** An execution's ending as it is answered. */
export interface EndingView {
  readonly status: string;
  readonly result: JsonValue;
  readonly error: JsonValue;
  readonly durationMs: number;
  readonly position: string;
}

/** The ending of an execution that was just requested, once there is one; null when `waitMs` passes first. */
export async function waitForEnding(
  { queries, endings }: Pick<Services, 'queries' | 'endings'>,
  { executionId, created }: RequestedExecution,
  waitMs: number,
): Promise<EndingView | null> {
  const next = endings.next(executionId, waitMs);
  // A new execution cannot have ended before this line: claim and outcome are appends that come after its request.
  // One that an Idempotency-Key led back to may have ended long ago.
  const row = created ? null : await queries.executionById(executionId);
  if (row !== null && row.endedAtMs !== null) {
    next.stop();
    return endedView(row);
  }
  const event = await next.ended;
  return event === null ? null : endingView(event);
}

function endedView(row: ExecutionRow): EndingView {
  const { result, error } = executionView(row);
  return {
    status: row.status,
    result: result ?? null,
    error: error ?? null,
    durationMs: row.durationMs ?? 0,
    position: toCursor(row.position),
  };
}

function endingView(event: RecordedEvent<EndingEvent['type']>): EndingView {
  const position = toCursor(event.position);
  switch (event.type) {
    case 'ExecutionCompleted':
      return {
        status: 'completed',
        result: event.data.result,
        error: null,
        durationMs: event.data.durationMs,
        position,
      };
    case 'ExecutionFailed':
      return {
        status: 'failed',
        result: null,
        error: { ...event.data.error },
        durationMs: event.data.durationMs,
        position,
      };
    case 'ExecutionTimedOut':
      return { status: 'timed-out', result: null, error: null, durationMs: event.data.durationMs, position };
    case 'ExecutionCancelled':
      return { status: 'cancelled', result: null, error: null, durationMs: event.data.durationMs, position };
    case 'ExecutionExpired':
      return { status: 'expired', result: null, error: null, durationMs: 0, position };
  }
}
