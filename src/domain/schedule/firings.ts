import type { FiringSkipReason, FiringTrigger } from '../../../schemas/generated/events.ts';
import type { MissedBackfill, MissedTimes, ScheduleEvent } from './decide.ts';
import type { Backfill, BufferedFiring, LivingSchedule } from './state.ts';

/** The times of an expression. */
export interface Instants {
  /** The first one after a time; null when there is none any more. */
  next(afterMs: number): number | null;
  /** Those after one time up to another, and whether there are more than `limit`. */
  between(
    afterMs: number,
    untilMs: number,
    limit: number,
  ): { readonly instants: readonly number[]; readonly more: boolean };
  /** The last one before a time, and after another. */
  lastBefore(beforeMs: number, afterMs: number): number | null;
}

/** What a firing depends on beside the schedule's own state. */
export interface FiringContext {
  readonly instants: Instants;
  /** How much later than its time each firing of this schedule is due. */
  readonly spreadMs: number;
  readonly nowMs: number;
  /** Runs of the schedule that have not ended, oldest first. */
  readonly open: readonly string[];
  /** The execution that a firing leads to; null when the schedule runs nothing. */
  readonly executionOf: (firing: BufferedFiring) => string | null;
  /** Times between the bounds of a backfill that led to a run before. */
  readonly alreadyFired: ReadonlySet<number>;
  /** Why nothing can be run; null when it can. */
  readonly obstacle: { readonly reason: 'targetMissing' | 'paramsInvalid'; readonly note: string } | null;
}

/** What a schedule does now. */
export interface Firings {
  readonly events: readonly ScheduleEvent[];
  /** Runs that have to go: asked to stop, or ended at once. */
  readonly cancel: readonly string[];
  readonly terminate: readonly string[];
}

/** Later than this, a firing was missed: what is only a busy moment is not. */
export const misfireAfterMs = 60_000;
const maxBuffered = 1000;
/** As many times are looked at in one go. */
const maxAtOnce = 200;
/** So many missed times are counted. */
const maxCounted = 1000;

/** When the schedule has something to do next; null when only news can change that. */
export function nextDueMs(state: LivingSchedule, { instants, spreadMs }: Pick<FiringContext, 'instants' | 'spreadMs'>) {
  if (state.phase === 'paused') return state.pausedUntilMs;
  const next = nextInstant(state, instants);
  return next === null ? null : effectiveAt(next, spreadMs, instants);
}

/** The next time that counts: within the bounds and the number of runs. */
export function nextInstant(
  { settings, settledMs, runs, buffered }: LivingSchedule,
  instants: Instants,
): number | null {
  const { endAtMs, maxRuns } = settings;
  if (maxRuns !== null && runs + buffered.length >= maxRuns) return null;
  const next = instants.next(settledMs);
  return next === null || (endAtMs !== null && next > endAtMs) ? null : next;
}

/** The spread never moves a firing past the next one. */
export function effectiveAt(instantMs: number, spreadMs: number, instants: Instants): number {
  if (spreadMs === 0) return instantMs;
  const next = instants.next(instantMs);
  return next === null ? instantMs + spreadMs : Math.min(instantMs + spreadMs, Math.max(instantMs, next - 1));
}

/** Settles what is due: each time is fired, buffered or skipped, and the event says which. */
export function decideFirings(state: LivingSchedule, context: FiringContext): Firings {
  const round = new Round(state, context);
  if (state.phase === 'active') round.settleDue();
  round.settleBuffered();
  for (const [name, backfill] of state.backfills) round.settleBackfill(name, backfill);
  return round;
}

/** One round over a schedule; it keeps what the events so far have changed. */
class Round implements Firings {
  readonly events: ScheduleEvent[] = [];
  readonly cancel: string[] = [];
  readonly terminate: string[] = [];
  readonly #state: LivingSchedule;
  readonly #context: FiringContext;
  readonly #open: string[];
  #buffered: readonly BufferedFiring[];
  #left: number;

  constructor(state: LivingSchedule, context: FiringContext) {
    this.#state = state;
    this.#context = context;
    this.#open = [...context.open];
    this.#buffered = state.buffered;
    const { maxRuns } = state.settings;
    this.#left = maxRuns === null ? Infinity : maxRuns - state.runs - state.buffered.length;
  }

  settleDue(): void {
    const { instants, spreadMs, nowMs } = this.#context;
    const { settledMs, settings } = this.#state;
    const untilMs = Math.min(nowMs, settings.endAtMs ?? nowMs);
    const missedUntilMs = Math.min(untilMs, nowMs - misfireAfterMs - spreadMs);
    const afterMs = missedUntilMs > settledMs ? this.#settleMissed(settledMs, missedUntilMs) : settledMs;
    if (afterMs === null) return;
    for (const instantMs of instants.between(afterMs, untilMs, maxAtOnce).instants) {
      const effectiveAtMs = effectiveAt(instantMs, spreadMs, instants);
      if (effectiveAtMs > nowMs || this.#left <= 0) return;
      this.#fireOrNot({ instantMs, effectiveAtMs, trigger: 'cron', backfill: null });
    }
  }

  /** Times that passed while nobody looked. Returns up to where all is settled; null when there are more than fit into a round. */
  #settleMissed(settledMs: number, untilMs: number): number | null {
    const { instants, nowMs } = this.#context;
    const { misfire, catchUpWindowMs } = this.#state.settings;
    const windowMs = Math.min(untilMs, nowMs - catchUpWindowMs);
    let afterMs = settledMs;
    if (windowMs > afterMs) afterMs = this.#skipRange(afterMs, windowMs, 'catchUpWindow');
    if (misfire === 'skip') return this.#skipRange(afterMs, untilMs, 'misfire');
    if (misfire === 'all') return this.#fireAll(afterMs, untilMs);
    const lastMs = instants.lastBefore(untilMs + 1, afterMs);
    if (lastMs === null) return afterMs;
    this.#skipRange(afterMs, lastMs - 1, 'misfire');
    this.#catchUp(lastMs);
    return lastMs;
  }

  #fireAll(afterMs: number, untilMs: number): number | null {
    const { instants, more } = this.#context.instants.between(afterMs, untilMs, maxAtOnce);
    for (const instantMs of instants) this.#catchUp(instantMs);
    return more ? null : untilMs;
  }

  #catchUp(instantMs: number): void {
    const { instants, spreadMs } = this.#context;
    if (this.#left <= 0) return;
    const effectiveAtMs = effectiveAt(instantMs, spreadMs, instants);
    this.#fireOrNot({ instantMs, effectiveAtMs, trigger: 'catchUp', backfill: null });
  }

  #skipRange(afterMs: number, untilMs: number, reason: FiringSkipReason): number {
    const missed = missedTimes(this.#context.instants, afterMs, untilMs);
    if (missed === null) return Math.max(afterMs, untilMs);
    this.#skip({ ...missed, reason });
    return Math.max(afterMs, untilMs);
  }

  #skip(skipped: {
    readonly fromMs: number;
    readonly untilMs: number;
    readonly count: number | null;
    readonly reason: FiringSkipReason;
    readonly execution?: string | null;
    readonly note?: string;
    readonly backfill?: string | null;
  }): void {
    const data = { execution: null, note: '', backfill: null, ...skipped };
    this.events.push({ type: 'ScheduleFiringSkipped', data });
  }

  #skipOne({ instantMs, backfill }: BufferedFiring, reason: FiringSkipReason, note = ''): void {
    const execution = reason === 'overlap' || reason === 'bufferFull' ? (this.#open[0] ?? null) : null;
    this.#skip({ fromMs: instantMs, untilMs: instantMs, count: 1, reason, execution, note, backfill });
  }

  #fireOrNot(firing: BufferedFiring): void {
    const { obstacle } = this.#context;
    if (obstacle !== null) {
      this.#skipOne(firing, obstacle.reason, obstacle.note);
      return;
    }
    const isFree = this.#open.length === 0 && this.#buffered.length === 0;
    switch (isFree ? 'allowAll' : this.#state.settings.overlap) {
      case 'allowAll':
        this.#fire(firing);
        return;
      case 'skip':
        this.#skipOne(firing, 'overlap');
        return;
      case 'bufferOne':
        this.#buffer(firing, 1);
        return;
      case 'bufferAll':
        this.#buffer(firing, maxBuffered);
        return;
      case 'cancelOther':
        this.cancel.push(...this.#open);
        // The newest is the one that is wanted.
        for (const waiting of this.#buffered) this.#skipOne(waiting, 'overlap');
        this.#buffered = [];
        this.#buffer(firing, 1);
        return;
      case 'terminateOther':
        this.terminate.push(...this.#open);
        this.#open.length = 0;
        this.#fire(firing);
    }
  }

  #fire(firing: BufferedFiring): void {
    const execution = this.#context.executionOf(firing);
    this.events.push({ type: 'ScheduleFired', data: { ...firing, execution } });
    if (execution !== null) this.#open.push(execution);
    if (firing.backfill === null) this.#left--;
  }

  #buffer(firing: BufferedFiring, most: number): void {
    if (this.#buffered.length >= most) {
      this.#skipOne(firing, 'bufferFull');
      return;
    }
    this.#buffered = [...this.#buffered, firing];
    this.#left--;
    this.events.push({ type: 'ScheduleFiringBuffered', data: firing });
  }

  /** What waited for the end of an open run goes on, one after the other. */
  settleBuffered(): void {
    const [first, ...rest] = this.#buffered;
    if (first === undefined || this.#open.length > 0 || this.#state.phase === 'paused') return;
    const { obstacle } = this.#context;
    this.#buffered = rest;
    this.#left++;
    if (obstacle === null) this.#fire(first);
    else this.#skipOne(first, obstacle.reason, obstacle.note);
  }

  settleBackfill(name: string, { settledMs, untilMs, fired }: Backfill): void {
    const { instants, obstacle, alreadyFired } = this.#context;
    const inParallel = this.#state.settings.overlap === 'allowAll';
    const due = instants.between(settledMs, untilMs, inParallel ? maxAtOnce : 1);
    let more = fired;
    for (const instantMs of due.instants) {
      if (!inParallel && (this.#open.length > 0 || this.#buffered.length > 0)) return;
      const firing = { instantMs, effectiveAtMs: instantMs, trigger: 'backfill' as FiringTrigger, backfill: name };
      if (alreadyFired.has(instantMs)) this.#skipOne(firing, 'alreadyFired');
      else if (obstacle === null) {
        this.#fire(firing);
        more++;
      } else this.#skipOne(firing, obstacle.reason, obstacle.note);
    }
    if (!due.more) this.events.push({ type: 'ScheduleBackfillEnded', data: { backfill: name, fired: more } });
  }
}

/** Times that count and came without being settled, for the record when they never will be; null when there are none. */
export function unsettledTimes(
  { settings, settledMs, runs, buffered }: LivingSchedule,
  instants: Instants,
  nowMs: number,
): MissedTimes | null {
  const { endAtMs, maxRuns } = settings;
  if (maxRuns !== null && runs + buffered.length >= maxRuns) return null;
  return missedTimes(instants, settledMs, Math.min(nowMs, endAtMs ?? nowMs));
}

/** The times of backfills that have not come to their turn, for the record when they never will. */
export function unsettledBackfills({ backfills }: LivingSchedule, instants: Instants): readonly MissedBackfill[] {
  return [...backfills].flatMap(([backfill, { settledMs, untilMs }]) => {
    const missed = missedTimes(instants, settledMs, untilMs);
    return missed === null ? [] : [{ backfill, missed }];
  });
}

/** The times after one up to another, for the record; null when there are none. */
function missedTimes(instants: Instants, afterMs: number, untilMs: number): MissedTimes | null {
  if (untilMs <= afterMs) return null;
  const { instants: first, more } = instants.between(afterMs, untilMs, maxCounted);
  const [fromMs] = first;
  if (fromMs === undefined) return null;
  const lastMs = more ? instants.lastBefore(untilMs + 1, afterMs) : first.at(-1);
  return { fromMs, untilMs: lastMs ?? fromMs, count: more ? null : first.length };
}
