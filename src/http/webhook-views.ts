import type { DeliveryAttemptRow, DeliveryRow, ReplayRow, WebhookRow } from '../../projections/webhooks/tables.ts';
import type { WebhookSettings } from '../../schemas/generated/events.ts';
import { toCursor } from '../event-log/cursor.ts';
import type { JsonValue } from '../kernel/json.ts';

const mask = '***';

/** A webhook as HTTP answers it: never with its secret, and header values masked. */
export function webhookView(row: WebhookRow) {
  const { sealed: _, headerNames, ...settings } = JSON.parse(row.settingsJson) as WebhookSettings;
  return {
    id: row.id,
    webhookId: row.id,
    userId: row.owner,
    status: row.status,
    eventType: settings.eventTypes.join(','),
    ...settings,
    customHeaders: Object.fromEntries(headerNames.map((name) => [name, mask])),
    disabled:
      row.disabledReason === null
        ? null
        : { reason: row.disabledReason, note: row.disabledNote, at: toCursor(row.disabledAt) },
    createdAt: timestamp(row.createdAtMs),
    changedAt: timestamp(row.changedAtMs),
  };
}

/** A delivery with its attempts. */
export function deliveryView(row: DeliveryRow, attempts: readonly DeliveryAttemptRow[]) {
  return {
    id: row.id,
    webhookId: row.webhook,
    eventId: row.event,
    event: row.eventType,
    status: row.status,
    trigger: row.trigger,
    attemptCount: row.attempts,
    statusCode: row.statusCode,
    errorCode: row.errorCode,
    skipReason: row.skipReason,
    createdAt: timestamp(row.createdAtMs),
    endedAt: timestampOrNull(row.endedAtMs),
    nextAttemptAt: timestampOrNull(row.nextAttemptAtMs),
    attempts: attempts.filter(({ delivery }) => delivery === row.id).map(attemptView),
  };
}

function attemptView(row: DeliveryAttemptRow) {
  return {
    attempt: row.attempt,
    trigger: row.trigger,
    at: timestamp(row.atMs),
    durationMs: row.durationMs,
    statusCode: row.statusCode,
    errorCode: row.errorCode,
    message: row.message,
    requestHeaders: JSON.parse(row.requestHeadersJson) as JsonValue,
    response: { excerpt: row.responseExcerpt, truncated: row.responseTruncated === 1 },
    nextAttemptAt: timestampOrNull(row.nextAttemptAtMs),
  };
}

export function replayView(row: ReplayRow) {
  const length = Math.max(1, row.untilPosition - row.fromPosition);
  return {
    id: row.replay,
    scope: row.scope,
    from: toCursor(row.fromPosition),
    until: toCursor(row.untilPosition),
    position: toCursor(row.position),
    progress: Math.min(100, Math.round((100 * (row.position - row.fromPosition)) / length)),
    requested: row.requested,
    status: row.endedAtMs === null ? 'running' : row.complete === 1 ? 'completed' : 'given-up',
    startedAt: timestamp(row.startedAtMs),
    endedAt: timestampOrNull(row.endedAtMs),
  };
}

function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}

function timestampOrNull(atMs: number | null): string | null {
  return atMs === null ? null : timestamp(atMs);
}
