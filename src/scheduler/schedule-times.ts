import type { ScheduleRow } from '../../projections/schedules/tables.ts';
import type { ScheduleSettings } from '../../schemas/generated/events.ts';
import type { Instants } from '../domain/schedule/firings.ts';
import type { Backfill, BufferedFiring, LivingSchedule } from '../domain/schedule/state.ts';
import { AppError } from '../kernel/errors.ts';
import { parseCron } from './cron/cron.ts';
import { instantsBetween, lastInstantBefore, spreadMs } from './cron/instants.ts';

/** When a schedule fires: the times of its expression, and how much later than each it is due. */
export interface ScheduleTimes {
  readonly instants: Instants;
  readonly spreadMs: number;
}

/** For what cannot be read. */
export const neverFires: ScheduleTimes = {
  instants: { next: () => null, between: () => ({ instants: [], more: false }), lastBefore: () => null },
  spreadMs: 0,
};

/** The times of a schedule. Throws VALIDATION_FAILED with what is wrong with the expression or the zone. */
export function timesOf(
  id: string,
  settings: Pick<ScheduleSettings, 'cronExpression' | 'timeZone' | 'skippedTimes' | 'repeatedTimes' | 'jitterMs'>,
): ScheduleTimes {
  const { cronExpression: expression, timeZone, skippedTimes, repeatedTimes, jitterMs } = settings;
  const parsed = parseCron({ expression, timeZone, skippedTimes, repeatedTimes });
  if (!parsed.ok) {
    const message = parsed.problems.map((problem) => problem.message).join('; ');
    throw new AppError('VALIDATION_FAILED', { problems: parsed.problems, message });
  }
  const { cron } = parsed;
  const instants: Instants = {
    next: (afterMs) => cron.next(afterMs),
    between: (afterMs, untilMs, limit) => instantsBetween(cron, afterMs, untilMs, limit),
    lastBefore: (beforeMs, afterMs) => lastInstantBefore(cron, beforeMs, afterMs + 1),
  };
  return { instants, spreadMs: jitterMs === 0 ? 0 : spreadMs(id, jitterMs) };
}

/** A schedule's state as its row has it. */
export function stateIn(row: ScheduleRow): LivingSchedule {
  const { owner, settledMs, runs, pausedUntilMs } = row;
  return {
    phase: row.status === 'paused' ? 'paused' : 'active',
    owner,
    settings: JSON.parse(row.settingsJson) as ScheduleSettings,
    settledMs,
    runs,
    buffered: JSON.parse(row.bufferedJson) as readonly BufferedFiring[],
    backfills: new Map(Object.entries(JSON.parse(row.backfillsJson) as Readonly<Record<string, Backfill>>)),
    pausedUntilMs,
  };
}
