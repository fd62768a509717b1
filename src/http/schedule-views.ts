import type { FiringRow, ScheduleRow } from '../../projections/schedules/tables.ts';
import type { ScheduleSettings } from '../../schemas/generated/events.ts';
import { toCursor } from '../event-log/cursor.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { UpcomingFiring } from '../scheduler/schedules.ts';

/** A schedule as HTTP answers it. */
export function scheduleView(row: ScheduleRow, upcoming: readonly UpcomingFiring[]): JsonObject {
  const { sealed, targetKind, target, params, startAtMs, endAtMs, ...settings } = JSON.parse(
    row.settingsJson,
  ) as ScheduleSettings;
  const [next] = upcoming;
  const fires = row.status === 'active' && next !== undefined;
  return {
    id: row.id,
    scheduleId: row.id,
    userId: row.owner,
    status: row.status,
    ...settings,
    workflowId: targetKind === 'workflow' ? target : null,
    skillId: targetKind === 'skill' ? target : null,
    params,
    hasSecretParams: sealed !== null,
    startAt: timestampOrNull(startAtMs),
    endAt: timestampOrNull(endAtMs),
    paused:
      row.status === 'paused'
        ? { reason: row.pauseReason, note: row.pauseNote, until: timestampOrNull(row.pausedUntilMs) }
        : null,
    nextRunAt: fires ? timestamp(next.instantMs) : null,
    nextRunDueAt: fires ? timestamp(next.effectiveAtMs) : null,
    lastFiredAt: timestampOrNull(row.lastFiredAtMs),
    executionCount: row.fired,
    skippedCount: row.skipped,
    failuresInRow: row.failuresInRow,
    waiting: (JSON.parse(row.bufferedJson) as readonly unknown[]).length,
    createdAt: timestamp(row.createdAtMs),
    createdAtPosition: toCursor(row.position),
  };
}

export function upcomingView({ instantMs, effectiveAtMs }: UpcomingFiring) {
  return { scheduledFor: timestamp(instantMs), dueAt: timestamp(effectiveAtMs) };
}

/** What became of a time of a schedule. */
export function firingView(row: FiringRow): JsonObject {
  const isRange = row.untilMs !== row.instantMs;
  return {
    outcome: row.outcome,
    scheduledFor: timestamp(row.instantMs),
    ...(isRange && { until: timestamp(row.untilMs) }),
    ...(row.outcome === 'skipped' && { count: row.count }),
    dueAt: timestampOrNull(row.effectiveAtMs),
    at: timestamp(row.atMs),
    trigger: row.trigger,
    actor: row.actor,
    backfillId: row.backfill,
    reason: row.reason,
    note: row.note,
    executionId: row.execution,
    open: row.run !== null,
  };
}

function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}

function timestampOrNull(atMs: number | null): string | null {
  return atMs === null ? null : timestamp(atMs);
}
