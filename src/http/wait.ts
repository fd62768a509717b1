import type { IncomingHttpHeaders } from 'node:http';

import { endedBy } from '../../projections/executions/projection.ts';
import { type EndingEvent, isEnding } from '../commands/endings.ts';
import type { RequestedExecution } from '../commands/request-execution.ts';
import { toCursor } from '../event-log/cursor.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';
import { definitely } from '../kernel/assert.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { Queries } from '../store/query-client.ts';
import type { Services } from './services.ts';

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

/**
 * The ending of an execution that was just requested, once there is one; null when `waitMs` passes first. Whoever waited and
 * whoever asks later are answered the same.
 */
export async function waitForEnding(
  { queries, endings, log }: Pick<Services, 'endings' | 'log'> & { readonly queries: Pick<Queries, 'executionById'> },
  { executionId, created }: Pick<RequestedExecution, 'executionId' | 'created'>,
  waitMs: number,
): Promise<EndingView | null> {
  const next = endings.next(executionId, waitMs);
  // A new execution cannot have ended before this line: claim and outcome are appends that come after its request.
  // One that an Idempotency-Key led back to may have ended long ago.
  const row = created ? null : await queries.executionById(executionId);
  if (row !== null && row.endedAtMs !== null) {
    next.stop();
    const [last] = await log.readStream(executionId, { fromRevision: row.revision, limit: 1 });
    return last === undefined || !isEnding(last) ? null : endingView(last);
  }
  const event = await next.ended;
  return event === null ? null : endingView(event);
}

function endingView(event: RecordedEvent<EndingEvent['type']>): EndingView {
  const position = toCursor(event.position);
  if (event.type === 'ExecutionCompleted') {
    const { result, durationMs } = event.data;
    return { status: 'completed', result, error: null, durationMs, position };
  }
  const { status, durationMs, errorJson } = endedBy(event);
  return {
    status: definitely(status, 'an ending gives a status'),
    result: null,
    error: errorJson == null ? null : (JSON.parse(errorJson) as JsonValue),
    durationMs: durationMs ?? 0,
    position,
  };
}
