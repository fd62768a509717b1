import type { ReplayRow, WebhookRow } from '../../projections/webhooks/tables.ts';
import type { WebhookSettings } from '../../schemas/generated/events.ts';
import type { DeliveryAttempt, ListedDelivery } from '../delivery/webhooks.ts';
import { toCursor } from '../event-log/cursor.ts';

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
export function deliveryView({ row, attempts }: ListedDelivery) {
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
    attempts: attempts.map(attemptView),
  };
}

function attemptView({ atMs, data }: DeliveryAttempt) {
  const { attempt, trigger, durationMs, statusCode, requestHeaders, responseExcerpt, responseTruncated } = data;
  const failed = 'errorCode' in data ? data : null;
  return {
    attempt,
    trigger,
    at: timestamp(atMs - durationMs),
    durationMs,
    statusCode,
    errorCode: failed?.errorCode ?? null,
    message: failed?.message ?? null,
    requestHeaders,
    response: { excerpt: responseExcerpt, truncated: responseTruncated },
    nextAttemptAt: timestampOrNull(failed?.nextAttemptAtMs ?? null),
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
