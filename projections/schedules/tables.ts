import { defineTable, type ReadModelRow } from '../../src/projecting/projection.ts';

export type ScheduleStatus = 'active' | 'paused' | 'deleted';

/** A schedule. Columns ending in `Json` hold JSON text. */
export type ScheduleRow = ReadModelRow & {
  readonly id: string;
  readonly owner: string;
  readonly status: ScheduleStatus;
  readonly settingsJson: string;
  readonly pauseReason: string | null;
  readonly pauseNote: string | null;
  readonly pausedUntilMs: number | null;
  /** The expression's times up to this one are settled. */
  readonly settledMs: number;
  /** Firings that count for the limit of runs. */
  readonly runs: number;
  readonly bufferedJson: string;
  readonly backfillsJson: string;
  /** Runs that ended badly since the last one that did not. */
  readonly failuresInRow: number;
  readonly fired: number;
  readonly skipped: number;
  readonly lastFiredAtMs: number | null;
  readonly createdAtMs: number;
  readonly revision: number;
  /** Position of its creation: lists are ordered by it. */
  readonly position: number;
};

export const schedulesTable = defineTable<ScheduleRow>({
  name: 'schedules',
  key: ['id'],
  columns: {
    id: 'text',
    owner: 'text',
    status: 'text',
    settingsJson: 'text',
    pauseReason: 'text?',
    pauseNote: 'text?',
    pausedUntilMs: 'integer?',
    settledMs: 'integer',
    runs: 'integer',
    bufferedJson: 'text',
    backfillsJson: 'text',
    failuresInRow: 'integer',
    fired: 'integer',
    skipped: 'integer',
    lastFiredAtMs: 'integer?',
    createdAtMs: 'integer',
    revision: 'integer',
    position: 'integer',
  },
  fixed: ['owner', 'createdAtMs', 'position'],
  indexes: [{ columns: ['owner', 'position'] }, { columns: ['position'] }],
});

/** What became of one or several times of a schedule. */
export type FiringRow = ReadModelRow & {
  readonly schedule: string;
  /** Revision of the event that tells of it. */
  readonly revision: number;
  readonly outcome: 'fired' | 'skipped';
  readonly instantMs: number;
  /** The last of several times that were skipped together. */
  readonly untilMs: number;
  readonly count: number | null;
  readonly effectiveAtMs: number | null;
  readonly atMs: number;
  readonly trigger: string | null;
  readonly actor: string;
  readonly backfill: string | null;
  readonly reason: string | null;
  readonly note: string | null;
  readonly execution: string | null;
  /** Of the run: `due` until the execution was requested, then `open` until it has ended. */
  readonly run: string | null;
};

export const firingsTable = defineTable<FiringRow>({
  name: 'schedule_firings',
  key: ['schedule', 'revision'],
  columns: {
    schedule: 'text',
    revision: 'integer',
    outcome: 'text',
    instantMs: 'integer',
    untilMs: 'integer',
    count: 'integer?',
    effectiveAtMs: 'integer?',
    atMs: 'integer',
    trigger: 'text?',
    actor: 'text',
    backfill: 'text?',
    reason: 'text?',
    note: 'text?',
    execution: 'text?',
    run: 'text?',
  },
  indexes: [
    // Runs that have not ended: the to-do list of the scheduler.
    { columns: ['schedule'], where: "run IN ('due', 'open')" },
  ],
});

/** Which firing an execution comes from, as long as that matters. */
export type ScheduledRunRow = ReadModelRow & {
  readonly execution: string;
  readonly schedule: string;
  readonly revision: number;
};

export const scheduledRunsTable = defineTable<ScheduledRunRow>({
  name: 'scheduled_runs',
  key: ['execution'],
  columns: { execution: 'text', schedule: 'text', revision: 'integer' },
  indexes: [],
});

/** How many schedules an owner has, deleted ones left out: counting them anew for each one that is made would take too long. */
export type ScheduleCountRow = ReadModelRow & { readonly owner: string; readonly schedules: number };

export const scheduleCountsTable = defineTable<ScheduleCountRow>({
  name: 'schedule_counts',
  key: ['owner'],
  columns: { owner: 'text', schedules: 'integer' },
  indexes: [],
});
