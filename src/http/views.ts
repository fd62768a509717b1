import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';
import { toCursor } from '../event-log/cursor.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';

/** What is shown in the place of a secret. */
const mask = '***';

/** An execution as HTTP answers it. */
export function executionView(row: ExecutionRow): JsonObject {
  const artifacts = JSON.parse(row.artifactsJson) as readonly { path: string; sizeBytes: number; sha256: string }[];
  return {
    executionId: row.id,
    skillId: row.skill,
    skillVersion: row.skillVersion,
    skillDigest: row.skillDigest,
    userId: row.owner,
    status: row.status,
    progress: row.progress,
    progressStatus: row.progressStatus,
    params: shownParams(row),
    result: parseOrNull(row.resultJson),
    error: parseOrNull(row.errorJson),
    durationMs: row.durationMs,
    attempt: row.attempt,
    retry: parseOrNull(row.retryJson),
    timeoutMs: row.timeoutMs,
    priority: row.priority,
    mode: row.mode,
    cause: { kind: row.cause, id: row.causeId, actor: row.requestedBy },
    createdAt: timestamp(row.requestedAtMs),
    runAt: timestampOrNull(row.dueAtMs),
    expiresAt: timestampOrNull(row.expiresAtMs),
    startedAt: timestampOrNull(row.startedAtMs),
    endedAt: timestampOrNull(row.endedAtMs),
    artifacts: artifacts.map((artifact) => ({ ...artifact, url: artifactUrl(row.id, artifact.path) })),
    revision: row.revision,
  };
}

function shownParams(row: ExecutionRow): JsonValue {
  const secrets = JSON.parse(row.secretParamsJson) as readonly string[];
  const params = JSON.parse(row.paramsJson) as JsonObject;
  return secrets.length === 0 ? params : { ...params, ...Object.fromEntries(secrets.map((name) => [name, mask])) };
}

/** Where an artifact can be downloaded. */
export function artifactUrl(executionId: string, path: string): string {
  return `/api/executions/${executionId}/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** An event as feeds and histories answer it. */
export function eventView(event: RecordedEvent): JsonObject {
  return {
    id: event.id,
    position: toCursor(event.position),
    type: event.type,
    stream: event.stream,
    revision: event.revision,
    at: timestamp(event.atMs),
    actor: event.actor,
    causationId: event.causationId,
    correlationId: event.correlationId,
    data: event.data as unknown as JsonValue,
  };
}

/** RFC 3339 of a time in milliseconds. */
export function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}

function timestampOrNull(atMs: number | null): string | null {
  return atMs === null ? null : timestamp(atMs);
}

function parseOrNull(text: string | null): JsonValue {
  return text === null ? null : (JSON.parse(text) as JsonValue);
}
