import type { FiringTrigger, ScheduleSettings } from '../../../schemas/generated/events.ts';

/**
 * A schedule's states and the moves between them.
 *
 * | state   | holds                                               | moves to                                       |
 * | ------- | --------------------------------------------------- | ---------------------------------------------- |
 * | absent  | nothing                                             | active                                         |
 * | active  | owner, settings, how far it has fired, what waits   | itself (fired, skipped, revised) · paused · deleted |
 * | paused  | the same, and since when and until when             | itself (triggered, revised) · active · deleted |
 * | deleted | nothing                                             | nothing                                        |
 */
export type ScheduleState = AbsentSchedule | LivingSchedule | DeletedSchedule;

export interface AbsentSchedule {
  readonly phase: 'absent';
}

export interface LivingSchedule {
  readonly phase: 'active' | 'paused';
  readonly owner: string;
  readonly settings: ScheduleSettings;
  /** The expression's times up to this one are settled: fired, buffered, skipped, or of no account. */
  readonly settledMs: number;
  /** Firings so far that count for `maxRuns`. */
  readonly runs: number;
  /** Firings that wait for the end of an open run, oldest first. */
  readonly buffered: readonly BufferedFiring[];
  readonly backfills: ReadonlyMap<string, Backfill>;
  /** When it goes on by itself; null: when somebody resumes it. */
  readonly pausedUntilMs: number | null;
}

export interface DeletedSchedule {
  readonly phase: 'deleted';
}

/** A firing that waits for its turn. */
export interface BufferedFiring {
  readonly instantMs: number;
  readonly effectiveAtMs: number;
  readonly trigger: FiringTrigger;
  readonly backfill: string | null;
}

/** Past times that are run. */
export interface Backfill {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Its times up to this one are settled. */
  readonly settledMs: number;
  readonly fired: number;
}

/** The state of a schedule of which nothing is known. */
export const initialSchedule: ScheduleState = { phase: 'absent' };
