import type { ScheduleFired } from '../../schemas/generated/events.ts';
import { decideSchedule } from '../domain/schedule/decide.ts';
import {
  decideFirings,
  type Firings,
  nextDueMs,
  unsettledBackfills,
  unsettledTimes,
} from '../domain/schedule/firings.ts';
import type { AppendResult, EventLog } from '../event-log/event-log.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Clock } from '../kernel/clock.ts';
import { counted } from '../kernel/counted.ts';
import { isAppError } from '../kernel/errors.ts';
import { Queue } from '../kernel/queue.ts';
import { WakeUps } from '../kernel/wake-ups.ts';
import type { Queries } from '../store/query-client.ts';
import type { Launcher, Obstacle } from './launcher.ts';
import { type TrackedSchedule, TrackedSchedules } from './tracked-schedules.ts';

interface SchedulerDependencies {
  readonly log: EventLog;
  readonly queries: Pick<
    Queries,
    'scheduleById' | 'schedulesAfter' | 'openFirings' | 'firedInstants' | 'erasedUserIds'
  >;
  readonly launcher: Launcher;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, about: string) => void;
}

/** So many schedules are looked after at once: enough to fill the appends, few enough to keep their order. */
const atOnce = 256;
const retryMs = 1000;
/** Whoever was faster is heard of so soon. */
const lostRaceMs = 20;
/** The wall clock may be set: that is noticed so soon. */
const clockLookMs = 1000;
const maxRounds = 1000;

/**
 * Fires schedules: what is due is settled by one append to the schedule's stream, and then run. The instant names the run, and the
 * append names the revision it stands on, so nothing fires twice, whoever tries: the revision of one of two is refused, and an
 * execution with that name exists already. What was fired and not yet run is on the list of open firings, and run after a crash.
 *
 * INV-10: every time is settled once.
 */
export class Scheduler {
  readonly #deps: SchedulerDependencies;
  readonly #tracked: TrackedSchedules;
  readonly #wakeUps: WakeUps<TrackedSchedule>;
  readonly #waiting = new Queue<TrackedSchedule>();
  #accepting = false;
  #busy = 0;
  readonly #launching = new Set<Promise<void>>();

  constructor(deps: SchedulerDependencies) {
    this.#deps = deps;
    this.#wakeUps = new WakeUps(
      deps.clock,
      (schedule) => {
        this.#lookAfter(schedule);
      },
      clockLookMs,
    );
    this.#tracked = new TrackedSchedules(deps.log, deps.queries, {
      onChange: (schedule) => {
        this.#arm(schedule);
      },
      onEnding: (schedule) => {
        this.#arm(schedule);
        const { buffered, backfills } = schedule.state;
        if (buffered.length > 0 || backfills.size > 0 || this.#hasFailedTooOften(schedule)) this.#lookAfter(schedule);
      },
      onOwnerErased: (schedule) => {
        if (this.#accepting && this.#owns(schedule.id)) void this.#delete(schedule);
      },
      onError: deps.onError,
    });
    deps.membership.onChange(() => {
      if (!this.#accepting) return;
      for (const schedule of this.#tracked.values()) this.#arm(schedule);
      this.#launchDue().catch((error: unknown) => {
        deps.onError(error, 'the list of open firings');
      });
    });
  }

  /** Every schedule that is not deleted. */
  get schedules(): Iterable<TrackedSchedule> {
    return this.#tracked.values();
  }

  /** Reads the schedules as the log has them. */
  load(): Promise<void> {
    return this.#tracked.load();
  }

  /** Takes up what is due, and runs what was fired and not run. */
  async start(): Promise<void> {
    this.#accepting = true;
    await this.#launchDue();
    const erased = new Set(await this.#deps.queries.erasedUserIds());
    for (const schedule of this.#tracked.values()) {
      if (erased.has(schedule.state.owner)) void this.#delete(schedule);
      else this.#arm(schedule);
    }
  }

  /** Whoever fired these may be gone: running one again changes nothing, for its name is the same. */
  async #launchDue(): Promise<void> {
    const erased = new Set(await this.#deps.queries.erasedUserIds());
    for (const firing of await this.#deps.queries.openFirings()) {
      const { schedule: id, run, execution, instantMs, trigger, effectiveAtMs, backfill, revision } = firing;
      if (run !== 'due' || !this.#owns(id)) continue;
      const schedule = this.#tracked.get(id) ?? (await this.#deleted(id));
      if (schedule === null || erased.has(schedule.state.owner)) continue;
      const fired = { instantMs, effectiveAtMs: effectiveAtMs ?? instantMs, execution, backfill };
      this.#launch(schedule, { ...fired, trigger: trigger as ScheduleFired['trigger'] }, revision);
    }
  }

  /** What a schedule fired before it was deleted still runs. */
  async #deleted(id: string): Promise<TrackedSchedule | null> {
    const row = await this.#deps.queries.scheduleById(id);
    return row === null ? null : this.#tracked.of(row);
  }

  /** Fires nothing more, and waits for what is on its way. */
  async stop(): Promise<void> {
    this.#accepting = false;
    this.#wakeUps.stop();
    this.#tracked.close();
    while (this.#busy > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(this.#launching);
  }

  /** Whether it is still there, and for this node to look after. */
  #isMine(schedule: TrackedSchedule): boolean {
    return this.#tracked.get(schedule.id) === schedule && this.#owns(schedule.id);
  }

  #owns(id: string): boolean {
    return this.#deps.membership.owns(id);
  }

  async #delete(schedule: TrackedSchedule): Promise<void> {
    while (this.#accepting && this.#tracked.get(schedule.id) === schedule) {
      const { state, times } = schedule;
      const nowMs = this.#deps.clock.now();
      const missed = unsettledTimes(state, times.instants, nowMs);
      const missedBackfills = unsettledBackfills(state, times.instants);
      const events = decideSchedule({ kind: 'delete', missed, missedBackfills }, state);
      const result = await this.#append(schedule, events, nowMs);
      if (result?.outcome === 'accepted') return;
      await new Promise((resolve) => setTimeout(resolve, lostRaceMs));
    }
  }

  #hasFailedTooOften({ state, failuresInRow }: TrackedSchedule): boolean {
    const { pauseAfterFailures } = state.settings;
    return state.phase === 'active' && pauseAfterFailures !== null && failuresInRow >= pauseAfterFailures;
  }

  /** Looks when there is next something to do. */
  #arm(schedule: TrackedSchedule): void {
    if (!this.#accepting || schedule.busy || !this.#isMine(schedule)) return;
    if (schedule.state.backfills.size > 0) this.#lookAfter(schedule);
    const dueMs = nextDueMs(schedule.state, schedule.times);
    if (dueMs !== null) this.#wakeUps.add(dueMs, schedule);
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
        if (this.#isMine(schedule)) await this.#round(schedule);
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
      const note = `${counted(schedule.failuresInRow, 'run')} in a row ended badly.`;
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
      executionOf: ({ instantMs }) => this.#deps.launcher.executionOf(id, state, instantMs, 'time'),
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
    const missed = unsettledTimes(state, times.instants, nowMs);
    const command = { kind: 'resume', note: 'The time of the pause is over.', missed } as const;
    await this.#append(schedule, decideSchedule(command, state), nowMs);
  }

  /** A refused revision says that somebody was faster: what the log says of it is on its way here. */
  async #append(
    schedule: TrackedSchedule,
    events: Firings['events'],
    atMs = this.#deps.clock.now(),
  ): Promise<AppendResult | null> {
    const { log, node, onError } = this.#deps;
    const { id, revision: expected } = schedule;
    try {
      const result = await log.append({ stream: id, events, expected, actor: node, atMs });
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
