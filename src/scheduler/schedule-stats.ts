import { nextDueMs } from '../domain/schedule/firings.ts';
import type { TrackedSchedule } from './tracked-schedules.ts';

/** How schedules stand, as the feature list has it. */
export interface ScheduleStats {
  readonly totalSchedules: number;
  /** Firings so far, those by hand and of backfills included. */
  readonly totalExecutions: number;
  /** The first hundred. */
  readonly schedules: readonly {
    readonly id: string;
    readonly status: string;
    readonly cronExpression: string;
    readonly timeZone: string;
    readonly description: string;
    readonly executionCount: number;
    readonly lastFiredAt: string | null;
    readonly nextRunAt: string | null;
  }[];
}

const maxShown = 100;

export function scheduleStats(all: Iterable<TrackedSchedule>, owner: string | null): ScheduleStats {
  const wanted = [...all].filter(({ state }) => owner === null || state.owner === owner);
  return {
    totalSchedules: wanted.length,
    totalExecutions: wanted.reduce((sum, { fired }) => sum + fired, 0),
    schedules: wanted.slice(0, maxShown).map(shown),
  };
}

function shown({ id, state, times, fired, lastFiredAtMs }: TrackedSchedule): ScheduleStats['schedules'][number] {
  const { cronExpression, timeZone, description } = state.settings;
  const nextMs = state.phase === 'active' ? nextDueMs(state, times) : null;
  return {
    id,
    status: state.phase,
    cronExpression,
    timeZone,
    description,
    executionCount: fired,
    lastFiredAt: timestampOrNull(lastFiredAtMs),
    nextRunAt: timestampOrNull(nextMs),
  };
}

function timestampOrNull(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
