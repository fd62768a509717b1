import type {
  EventOf,
  FiringSkipReason,
  SchedulePausedReason,
  ScheduleSettings,
} from '../../../schemas/generated/events.ts';
import { AppError } from '../../kernel/errors.ts';
import type { ScheduleState } from './state.ts';

/** What may be asked of a schedule. What it does by itself is decided in `firings.ts`. */
export type ScheduleCommand =
  | { readonly kind: 'create'; readonly owner: string; readonly settings: ScheduleSettings }
  /** `missed`, here and below: the times that came and were not settled. */
  | { readonly kind: 'revise'; readonly settings: ScheduleSettings; readonly missed: MissedTimes | null }
  | {
      readonly kind: 'pause';
      readonly reason: SchedulePausedReason;
      readonly note: string;
      readonly untilMs: number | null;
    }
  | { readonly kind: 'resume'; readonly note: string; readonly missed: MissedTimes | null }
  | { readonly kind: 'request-backfill'; readonly backfill: string; readonly fromMs: number; readonly untilMs: number }
  | {
      readonly kind: 'delete';
      readonly missed: MissedTimes | null;
      readonly missedBackfills: readonly MissedBackfill[];
    };

/** Times between two, both included, and how many; null when they were not counted. */
export interface MissedTimes {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly count: number | null;
}

/** The times that a backfill did not come to. */
export interface MissedBackfill {
  readonly backfill: string;
  readonly missed: MissedTimes;
}

export type ScheduleEvent = EventOf<
  | 'ScheduleCreated'
  | 'ScheduleRevised'
  | 'SchedulePaused'
  | 'ScheduleResumed'
  | 'ScheduleFired'
  | 'ScheduleFiringBuffered'
  | 'ScheduleFiringSkipped'
  | 'ScheduleBackfillRequested'
  | 'ScheduleBackfillEnded'
  | 'ScheduleDeleted'
>;

const maxBackfills = 10;

/**
 * The events that a command leads to in a state; none when it changes nothing. Throws SCHEDULE_NOT_FOUND where there is no schedule
 * (any more), and MOVE_NOT_ALLOWED for what its state does not allow.
 */
export function decideSchedule(command: ScheduleCommand, state: ScheduleState): readonly ScheduleEvent[] {
  if (command.kind === 'create') {
    if (state.phase !== 'absent') throw new AppError('MOVE_NOT_ALLOWED', { message: 'The schedule exists already.' });
    return [{ type: 'ScheduleCreated', data: { owner: command.owner, settings: command.settings } }];
  }
  if (state.phase === 'absent' || state.phase === 'deleted') throw new AppError('SCHEDULE_NOT_FOUND');
  switch (command.kind) {
    case 'revise':
      return [
        ...skipped(command.missed, state.phase === 'paused' ? 'paused' : 'revised'),
        { type: 'ScheduleRevised', data: { settings: command.settings } },
      ];
    case 'pause': {
      const { reason, note, untilMs } = command;
      if (state.phase === 'paused' && state.pausedUntilMs === untilMs) return [];
      return [{ type: 'SchedulePaused', data: { reason, note, untilMs } }];
    }
    case 'resume':
      if (state.phase === 'active') return [];
      return [...skipped(command.missed, 'paused'), { type: 'ScheduleResumed', data: { note: command.note } }];
    case 'request-backfill': {
      const { backfill, fromMs, untilMs } = command;
      if (state.backfills.size >= maxBackfills)
        throw new AppError('MOVE_NOT_ALLOWED', { message: `${String(maxBackfills)} backfills are under way already.` });
      return [{ type: 'ScheduleBackfillRequested', data: { backfill, fromMs, untilMs } }];
    }
    case 'delete':
      return [
        ...skipped(command.missed, state.phase === 'paused' ? 'paused' : 'deleted'),
        ...state.buffered.flatMap(({ instantMs, backfill }) =>
          skipped({ fromMs: instantMs, untilMs: instantMs, count: 1 }, 'deleted', backfill),
        ),
        ...command.missedBackfills.flatMap(({ backfill, missed }) => skipped(missed, 'deleted', backfill)),
        { type: 'ScheduleDeleted', data: {} },
      ];
  }
}

function skipped(
  missed: MissedTimes | null,
  reason: FiringSkipReason,
  backfill: string | null = null,
): readonly ScheduleEvent[] {
  if (missed === null) return [];
  return [{ type: 'ScheduleFiringSkipped', data: { ...missed, reason, execution: null, note: '', backfill } }];
}
