import type { ScheduleRow } from '../../projections/schedules/projection.ts';
import type { ScheduleFired } from '../../schemas/generated/events.ts';
import { isEnding } from '../commands/endings.ts';
import { evolveSchedule } from '../domain/schedule/evolve.ts';
import { decideFirings, type Firings, missedTimes, nextDueMs } from '../domain/schedule/firings.ts';
import { initialSchedule, type LivingSchedule, type ScheduleState } from '../domain/schedule/state.ts';
import type { AppendResult, EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import { isAppError } from '../kernel/errors.ts';
import { TimerQueue } from '../kernel/timer-queue.ts';
import type { Queries } from '../store/query-client.ts';
import type { Launcher, Obstacle } from './launcher.ts';
import { type ScheduleTimes, stateIn, timesOf } from './schedule-times.ts';

interface SchedulerDependencies {
  readonly log: EventLog;
  readonly queries: Pick<Queries, 'schedulesAfter' | 'openFirings' | 'firedInstants' | 'erasedUserIds'>;
  readonly launcher: Launcher;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, about: string) => void;
}

/** A schedule as the log has it, kept current by the log's own events. */
export interface TrackedSchedule {
  readonly id: string;
  state: LivingSchedule;
  revision: number;
  times: ScheduleTimes;
  /** Its runs that have not ended, oldest first. */
  readonly open: Set<string>;
  failuresInRow: number;
  fired: number;
  lastFiredAtMs: number | null;
  /** Looked after at this moment; `again` when there is more to look at. */
  busy: boolean;
  again: boolean;
  queued: boolean;
}

const pageRows = 5000;
/** So many schedules are looked after at once: enough to fill the appends, few enough to keep their order. */
const atOnce = 256;
const retryMs = 1000;
/** The wall clock may be set: that is noticed so soon. */
const clockLookMs = 1000;
const maxRounds = 1000;

/**
 * Fires schedules: what is due is settled by one append to the schedule's stream, and then run. The instant names the run, and the
 * append names the revision it stands on, so nothing fires twice, whoever tries: the revision of one of two is refused, and an
 * execution with that name exists already. What was fired and not yet run is on the list of open firings, and run after a crash.
 */
export class Scheduler {
  readonly #deps: SchedulerDependencies;
  readonly #schedules = new Map<string, TrackedSchedule>();
  readonly #byExecution = new Map<string, TrackedSchedule>();
  readonly #timers: TimerQueue<TrackedSchedule>;
  readonly #waiting: TrackedSchedule[] = [];
  readonly #unsubscribe: () => void;
  /** What the log told while the list was being read. */
  #news: RecordedEvent[] | null = [];
  #accepting = false;
  #busy = 0;
  readonly #launching = new Set<Promise<void>>();

  constructor(deps: SchedulerDependencies) {
    this.#deps = deps;
    this.#timers = new TimerQueue(
      deps.clock,
      (schedule) => {
        this.#lookAfter(schedule);
      },
      clockLookMs,
    );
    this.#unsubscribe = deps.log.subscribe((events) => {
      for (const event of events) this.#hear(event);
    });
    deps.membership.onChange(() => {
      if (!this.#accepting) return;
      for (const schedule of this.#schedules.values()) this.#arm(schedule);
      this.#launchDue().catch((error: unknown) => {
        deps.onError(error, 'the list of open firings');
      });
    });
  }

  /** Every schedule that is not deleted. */
  get schedules(): Iterable<TrackedSchedule> {
    return this.#schedules.values();
  }

  /** Reads the schedules as the log has them. */
  async load(): Promise<void> {
    let after = 0;
    for (;;) {
      const rows = await this.#deps.queries.schedulesAfter(after, pageRows);
      for (const row of rows) this.#take(row);
      after = rows.at(-1)?.position ?? after;
      if (rows.length < pageRows) break;
    }
    for (const firing of await this.#deps.queries.openFirings()) {
      const schedule = this.#schedules.get(firing.schedule);
      if (schedule !== undefined && firing.execution !== null) this.#opened(schedule, firing.execution);
    }
    const news = this.#news ?? [];
    this.#news = null;
    for (const event of news) this.#hear(event);
  }

  /** Takes up what is due, and runs what was fired and not run. */
  async start(): Promise<void> {
    this.#accepting = true;
    await this.#launchDue();
    const erased = new Set(await this.#deps.queries.erasedUserIds());
    for (const schedule of this.#schedules.values()) {
      if (erased.has(schedule.state.owner)) void this.#append(schedule, [{ type: 'ScheduleDeleted', data: {} }]);
      else this.#arm(schedule);
    }
  }

  /** Whoever fired these may be gone: running one again changes nothing, for its name is the same. */
  async #launchDue(): Promise<void> {
    for (const firing of await this.#deps.queries.openFirings()) {
      const { schedule: id, run, execution, instantMs, trigger, effectiveAtMs, backfill, revision } = firing;
      const schedule = this.#schedules.get(id);
      if (run !== 'due' || schedule === undefined || !this.#owns(id)) continue;
      const fired = { instantMs, effectiveAtMs: effectiveAtMs ?? instantMs, execution, backfill };
      this.#launch(schedule, { ...fired, trigger: trigger as ScheduleFired['trigger'] }, revision);
    }
  }

  /** Fires nothing more, and waits for what is on its way. */
  async stop(): Promise<void> {
    this.#accepting = false;
    this.#timers.stop();
    this.#unsubscribe();
    while (this.#busy > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(this.#launching);
  }

  #owns(id: string): boolean {
    return this.#deps.membership.owns(id);
  }

  #take(row: ScheduleRow): void {
    const state = stateIn(row);
    const { id, revision, failuresInRow, fired, lastFiredAtMs } = row;
    this.#track(id, state, { revision, failuresInRow, fired, lastFiredAtMs });
  }

  #track(
    id: string,
    state: LivingSchedule,
    rest: Pick<TrackedSchedule, 'revision' | 'failuresInRow' | 'fired' | 'lastFiredAtMs'>,
  ): TrackedSchedule {
    const times = timesOf(id, state.settings);
    const idle = { open: new Set<string>(), busy: false, again: false, queued: false };
    const schedule: TrackedSchedule = { id, state, times, ...idle, ...rest };
    this.#schedules.set(id, schedule);
    return schedule;
  }

  #opened(schedule: TrackedSchedule, execution: string): void {
    schedule.open.add(execution);
    this.#byExecution.set(execution, schedule);
  }

  #hear(event: RecordedEvent): void {
    if (this.#news !== null) {
      if (event.type.startsWith('Schedule') || isEnding(event)) this.#news.push(event);
      return;
    }
    if (event.type.startsWith('Schedule')) this.#hearSchedule(event);
    else if (isEnding(event)) this.#hearEnding(event);
    else if (event.type === 'UserErased') this.#ownerErased(event.stream);
  }

  #hearSchedule(event: RecordedEvent): void {
    const known = this.#schedules.get(event.stream);
    if (known !== undefined && event.revision <= known.revision) return;
    const state: ScheduleState = evolveSchedule(known?.state ?? initialSchedule, event);
    if (state.phase === 'absent') return;
    if (state.phase === 'deleted') {
      this.#schedules.delete(event.stream);
      return;
    }
    const { revision } = event;
    const schedule =
      known ?? this.#track(event.stream, state, { revision, failuresInRow: 0, fired: 0, lastFiredAtMs: null });
    Object.assign(schedule, { state, revision });
    if (event.type === 'ScheduleRevised') schedule.times = timesOf(schedule.id, state.settings);
    if (event.type === 'ScheduleResumed') schedule.failuresInRow = 0;
    if (event.type === 'ScheduleFired') {
      schedule.fired++;
      schedule.lastFiredAtMs = event.atMs;
      if (event.data.execution !== null) this.#opened(schedule, event.data.execution);
    }
    if (event.type === 'ScheduleFiringSkipped' && isGivenUp(event)) this.#closed(schedule, event.data.execution);
    this.#arm(schedule);
  }

  #closed(schedule: TrackedSchedule, execution: string | null): void {
    if (execution === null) return;
    schedule.open.delete(execution);
    this.#byExecution.delete(execution);
  }

  #hearEnding(event: RecordedEvent): void {
    const schedule = this.#byExecution.get(event.stream);
    if (schedule === undefined) return;
    this.#closed(schedule, event.stream);
    if (event.type === 'ExecutionCompleted') schedule.failuresInRow = 0;
    else if (event.type !== 'ExecutionCancelled') schedule.failuresInRow++;
    this.#arm(schedule);
    const { buffered, backfills } = schedule.state;
    if (buffered.length > 0 || backfills.size > 0 || this.#hasFailedTooOften(schedule)) this.#lookAfter(schedule);
  }

  #ownerErased(owner: string): void {
    for (const schedule of this.#schedules.values()) {
      if (schedule.state.owner !== owner || !this.#owns(schedule.id) || !this.#accepting) continue;
      void this.#append(schedule, [{ type: 'ScheduleDeleted', data: {} }]);
    }
  }

  #hasFailedTooOften({ state, failuresInRow }: TrackedSchedule): boolean {
    const { pauseAfterFailures } = state.settings;
    return state.phase === 'active' && pauseAfterFailures !== null && failuresInRow >= pauseAfterFailures;
  }

  /** Looks when there is next something to do. */
  #arm(schedule: TrackedSchedule): void {
    if (!this.#accepting || schedule.busy || !this.#owns(schedule.id)) return;
    if (schedule.state.backfills.size > 0) this.#lookAfter(schedule);
    const dueMs = nextDueMs(schedule.state, schedule.times);
    if (dueMs !== null) this.#timers.add(dueMs, schedule);
  }

  /** In the order in which they became due, a number of them at once. */
  #lookAfter(schedule: TrackedSchedule): void {
    schedule.again = true;
    if (schedule.busy || schedule.queued) return;
    schedule.queued = true;
    this.#waiting.push(schedule);
    this.#pump();
  }

  #pump(): void {
    while (this.#accepting && this.#busy < atOnce) {
      const schedule = this.#waiting.shift();
      if (schedule === undefined) return;
      schedule.queued = false;
      schedule.busy = true;
      this.#busy++;
      void this.#settle(schedule);
    }
  }

  async #settle(schedule: TrackedSchedule): Promise<void> {
    try {
      for (let round = 0; schedule.again && this.#accepting && round < maxRounds; round++) {
        schedule.again = false;
        if (this.#schedules.get(schedule.id) === schedule && this.#owns(schedule.id)) await this.#round(schedule);
      }
    } catch (error) {
      this.#deps.onError(error, schedule.id);
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    schedule.busy = false;
    this.#busy--;
    this.#arm(schedule);
    this.#pump();
  }

  async #round(schedule: TrackedSchedule): Promise<void> {
    const { clock } = this.#deps;
    const nowMs = clock.now();
    if (schedule.state.phase === 'paused' && (schedule.state.pausedUntilMs ?? Infinity) <= nowMs) {
      await this.#resume(schedule, nowMs);
      return;
    }
    if (this.#hasFailedTooOften(schedule)) {
      const note = `${String(schedule.failuresInRow)} runs in a row ended badly.`;
      await this.#append(schedule, [{ type: 'SchedulePaused', data: { reason: 'failures', note, untilMs: null } }]);
      return;
    }
    const obstacle = await this.#deps.launcher.obstacleFor(schedule.state);
    const alreadyFired = await this.#alreadyFired(schedule);
    const firings = this.#decide(schedule, nowMs, obstacle, alreadyFired);
    if (firings.events.length === 0) return;
    schedule.again = true;
    const firstRevision = schedule.revision + 1;
    const result = await this.#append(schedule, firings.events);
    if (result?.outcome !== 'accepted') return;
    for (const execution of firings.cancel) await this.#deps.launcher.cancel(execution, 'The next run is due.');
    for (const execution of firings.terminate) await this.#deps.launcher.terminate(execution, 'The next run is due.');
    firings.events.forEach((event, i) => {
      if (event.type === 'ScheduleFired') this.#launch(schedule, event.data, firstRevision + i);
    });
  }

  #decide(
    { id, state, times, open }: TrackedSchedule,
    nowMs: number,
    obstacle: Obstacle | null,
    alreadyFired: ReadonlySet<number>,
  ): Firings {
    return decideFirings(state, {
      ...times,
      nowMs,
      open: [...open],
      executionOf: ({ instantMs }) => this.#deps.launcher.executionOf(id, state, String(instantMs)),
      alreadyFired,
      obstacle,
    });
  }

  async #alreadyFired({ id, state }: TrackedSchedule): Promise<ReadonlySet<number>> {
    const fired = new Set<number>();
    for (const { settledMs, untilMs } of state.backfills.values())
      for (const instantMs of await this.#deps.queries.firedInstants(id, settledMs + 1, untilMs)) fired.add(instantMs);
    return fired;
  }

  async #resume(schedule: TrackedSchedule, nowMs: number): Promise<void> {
    const { state, times } = schedule;
    const missed = missedTimes(times.instants, state.settledMs, nowMs);
    const data = { reason: 'paused', execution: null, note: '', backfill: null } as const;
    await this.#append(schedule, [
      ...(missed === null ? [] : [{ type: 'ScheduleFiringSkipped', data: { ...missed, ...data } } as const]),
      { type: 'ScheduleResumed', data: { note: 'The time of the pause is over.' } },
    ]);
  }

  /** A refused revision says that somebody was faster: what the log says of it is on its way here. */
  async #append(schedule: TrackedSchedule, events: Firings['events']): Promise<AppendResult | null> {
    const { log, clock, node, onError } = this.#deps;
    const { id, revision: expected } = schedule;
    try {
      const result = await log.append({ stream: id, events, expected, actor: node, atMs: clock.now() });
      if (result.outcome === 'conflict') schedule.again = true;
      return result;
    } catch (error) {
      if (!isAppError(error)) onError(error, id);
      schedule.again = true;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      return null;
    }
  }

  #launch(schedule: TrackedSchedule, fired: ScheduleFired, revision: number): void {
    const launching = this.#launchUntilDone(schedule, fired, `${schedule.id}@${String(revision)}`).finally(() => {
      this.#launching.delete(launching);
    });
    this.#launching.add(launching);
  }

  async #launchUntilDone(schedule: TrackedSchedule, fired: ScheduleFired, causationId: string): Promise<void> {
    const { launcher, onError } = this.#deps;
    while (fired.execution !== null) {
      try {
        const obstacle = await launcher.launch(schedule.id, schedule.state, fired, causationId);
        if (obstacle === null) return;
        const { instantMs, execution, backfill } = fired;
        const range = { fromMs: instantMs, untilMs: instantMs, count: 1 };
        const data = { ...range, ...obstacle, execution, backfill };
        const given = await this.#append(schedule, [{ type: 'ScheduleFiringSkipped', data }]);
        if (given?.outcome === 'accepted') return;
      } catch (error) {
        if (!isAppError(error)) onError(error, schedule.id);
      }
      // It is on the list of what was fired and not run: the next start takes it up.
      if (!this.#accepting) return;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

/** A firing whose run could not be asked for: nothing of it is open. */
function isGivenUp({ data }: RecordedEvent<'ScheduleFiringSkipped'>): boolean {
  return data.reason === 'targetMissing' || data.reason === 'paramsInvalid';
}
