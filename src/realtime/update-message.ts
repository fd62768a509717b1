import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';

/**
 * An execution's present state as the message that would announce it: the answer to `request-update`. It tells no event, so it
 * has no `seq`: `headSeq` is that of the newest event it knows of, and every message still comes by itself.
 */
export function updateMessage(row: ExecutionRow, nowMs: number): JsonObject {
  const base = {
    executionId: row.id,
    timestamp: new Date(nowMs).toISOString(),
    snapshot: true,
    headSeq: row.revision + 1,
  };
  if (row.status === 'completed') {
    const result = row.resultJson === null ? null : (JSON.parse(row.resultJson) as JsonValue);
    return { type: 'execution-complete', ...base, result, durationMs: row.durationMs, status: row.status };
  }
  if (row.endedAtMs !== null) {
    const error = JSON.parse(row.errorJson ?? '{}') as { readonly message?: string; readonly code?: string };
    return {
      type: 'execution-error',
      ...base,
      error: error.message ?? row.status,
      code: error.code ?? null,
      durationMs: row.durationMs,
      status: row.status,
    };
  }
  const status = row.status === 'running' ? (row.progressStatus ?? 'in-progress') : row.status;
  return { type: 'execution-progress', ...base, progress: row.progress, status };
}
