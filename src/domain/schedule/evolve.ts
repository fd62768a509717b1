import type { IhumanEvent, ScheduleFired, ScheduleFiringSkipped } from '../../../schemas/generated/events.ts';
import type { BufferedFiring, LivingSchedule, ScheduleState } from './state.ts';

/** The state after one more event, recorded at a time. Never fails: an event that does not fit the state leaves it as it is. */
export function evolveSchedule(state: ScheduleState, event: IhumanEvent & { readonly atMs: number }): ScheduleState {
  if (event.type === 'ScheduleCreated') {
    if (state.phase !== 'absent') return state;
    const { owner, settings } = event.data;
    const nothing = { runs: 0, buffered: [], backfills: new Map(), pausedUntilMs: null };
    return { phase: 'active', owner, settings, settledMs: firstSettled(settings.startAtMs, event.atMs), ...nothing };
  }
  if (state.phase === 'absent' || state.phase === 'deleted') return state;
  switch (event.type) {
    case 'ScheduleRevised': {
      const { settings } = event.data;
      return { ...state, settings, settledMs: Math.max(state.settledMs, firstSettled(settings.startAtMs, event.atMs)) };
    }
    case 'SchedulePaused':
      return { ...state, phase: 'paused', pausedUntilMs: event.data.untilMs };
    case 'ScheduleResumed':
      return {
        ...state,
        ...{ phase: 'active', pausedUntilMs: null, settledMs: Math.max(state.settledMs, event.atMs) },
      };
    case 'ScheduleDeleted':
      return { phase: 'deleted' };
    default:
      return withFiring(state, event);
  }
}

/** Times before the creation, or before the start bound, are of no account; the bound itself is one. */
function firstSettled(startAtMs: number | null, atMs: number): number {
  return startAtMs !== null && startAtMs > atMs ? startAtMs - 1 : atMs;
}

function withFiring(state: LivingSchedule, event: IhumanEvent): ScheduleState {
  switch (event.type) {
    case 'ScheduleFired':
      return fired(state, event.data);
    case 'ScheduleFiringBuffered': {
      const { instantMs, effectiveAtMs, trigger, backfill } = event.data;
      const buffered = [...state.buffered, { instantMs, effectiveAtMs, trigger, backfill }];
      return { ...settledAt(state, event.data), buffered };
    }
    case 'ScheduleFiringSkipped':
      return skipped(state, event.data);
    case 'ScheduleBackfillRequested': {
      const { backfill, fromMs, untilMs } = event.data;
      const begun = { fromMs, untilMs, settledMs: fromMs - 1, fired: 0 };
      return { ...state, backfills: new Map(state.backfills).set(backfill, begun) };
    }
    case 'ScheduleBackfillEnded': {
      const backfills = new Map(state.backfills);
      backfills.delete(event.data.backfill);
      return { ...state, backfills };
    }
    default:
      return state;
  }
}

type Placed = Pick<BufferedFiring, 'instantMs' | 'trigger' | 'backfill'>;

function fired(state: LivingSchedule, data: ScheduleFired): LivingSchedule {
  const isOwn = data.trigger === 'cron' || data.trigger === 'catchUp';
  const after = settledAt(state, data);
  const backfill = data.backfill === null ? undefined : after.backfills.get(data.backfill);
  const backfills =
    backfill === undefined || data.backfill === null
      ? after.backfills
      : new Map(after.backfills).set(data.backfill, { ...backfill, fired: backfill.fired + 1 });
  const buffered = state.buffered.filter(
    ({ instantMs, trigger }) => instantMs !== data.instantMs || trigger !== data.trigger,
  );
  return { ...after, runs: state.runs + (isOwn ? 1 : 0), backfills, buffered };
}

function skipped(state: LivingSchedule, { untilMs, fromMs, backfill }: ScheduleFiringSkipped): LivingSchedule {
  const trigger = backfill === null ? 'cron' : 'backfill';
  const buffered = state.buffered.filter(
    (waiting) => waiting.instantMs < fromMs || waiting.instantMs > untilMs || waiting.backfill !== backfill,
  );
  return { ...settledAt(state, { instantMs: untilMs, trigger, backfill }), buffered };
}

/** A time of the expression, or of a backfill, is settled with all before it; one that somebody asked for by hand is none of them. */
function settledAt(state: LivingSchedule, { instantMs, trigger, backfill: name }: Placed): LivingSchedule {
  if (trigger === 'manual') return state;
  if (name === null) return { ...state, settledMs: Math.max(state.settledMs, instantMs) };
  const backfill = state.backfills.get(name);
  if (backfill === undefined) return state;
  const settledMs = Math.max(backfill.settledMs, instantMs);
  return { ...state, backfills: new Map(state.backfills).set(name, { ...backfill, settledMs }) };
}
