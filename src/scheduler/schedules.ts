import type { ScheduleRow } from '../../projections/schedules/tables.ts';
import type { ScheduleSettings } from '../../schemas/generated/events.ts';
import {
  decideSchedule,
  type MissedTimes,
  type ScheduleCommand,
  type ScheduleEvent,
} from '../domain/schedule/decide.ts';
import { effectiveAt, nextInstant, unsettledBackfills, unsettledTimes } from '../domain/schedule/firings.ts';
import { initialSchedule, type LivingSchedule, type ScheduleState } from '../domain/schedule/state.ts';
import type { EventLog, Position } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, isAppError, type Problem } from '../kernel/errors.ts';
import { derivedId, newId, randomText } from '../kernel/ids.ts';
import { canonicalJson, type JsonObject } from '../kernel/json.ts';
import type { Queries } from '../store/query-client.ts';
import type { Vault } from '../vault/vault.ts';
import type { Launcher } from './launcher.ts';
import {
  defaultSettings,
  invalidSettings,
  type ParameterSpecs,
  type ScheduleOptions,
  settingsWith,
  targetOf,
} from './schedule-settings.ts';
import { type ScheduleTimes, stateIn, timesOf } from './schedule-times.ts';

/** A time at which a schedule will fire: as the expression names it, and with the spread. */
export interface UpcomingFiring {
  readonly instantMs: number;
  readonly effectiveAtMs: number;
}

interface Dependencies {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly queries: Pick<Queries, 'scheduleById' | 'countSchedules'>;
  readonly launcher: Launcher;
  readonly maxPerUser: number;
}

const maxTries = 20;
const maxBackfillTimes = 10_000;
const runsNothing =
  'It runs nothing, as neither workflowId nor skillId is given: its firings are only recorded, and told to webhooks (schedule.fired).';

/** What may be asked of schedules. Every change is an event; secret parameters go into the vault before it. */
export class Schedules {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Makes a schedule. Throws VALIDATION_FAILED or PARAMS_INVALID with everything that is wrong, LIMIT_REACHED, or
   * IDEMPOTENCY_KEY_REUSED when the key belongs to another one.
   */
  async create(
    owner: string,
    actor: string,
    options: ScheduleOptions,
    idempotencyKey: string | null = null,
  ): Promise<{ readonly id: string; readonly position: Position }> {
    const { queries, maxPerUser, clock, vault } = this.#deps;
    const id = idempotencyKey === null ? newId('sched', clock) : derivedId('sched', owner, idempotencyKey);
    const specs = await this.#specsOf(owner, options, defaultSettings);
    const { settings, secret } = settingsWith(id, options, defaultSettings, specs);
    if ((await queries.countSchedules(owner)) >= maxPerUser)
      throw new AppError('LIMIT_REACHED', { message: `There are ${String(maxPerUser)} schedules already.` });
    const sealed = await this.#seal(id, owner, secret);
    const all = { ...settings, sealed };
    const events = decideSchedule({ kind: 'create', owner, settings: all }, initialSchedule);
    const result = await this.#deps.log.append({ stream: id, events, expected: 'none', actor, atMs: clock.now() });
    if (result.outcome === 'accepted') return { id, position: result.position };
    if (sealed !== null) await vault.take('schedule', sealed);
    return this.#existing(id, all);
  }

  async #existing(id: string, asked: ScheduleSettings): Promise<{ readonly id: string; readonly position: Position }> {
    const [first] = await this.#deps.log.readStream(id, { limit: 1 });
    if (first?.type === 'ScheduleCreated') {
      const { settings } = first.data;
      if (canonicalJson({ ...asked, sealed: settings.sealed }) === canonicalJson(settings))
        return { id, position: first.position };
    }
    throw new AppError('IDEMPOTENCY_KEY_REUSED');
  }

  async revise(id: string, actor: string, options: ScheduleOptions): Promise<Position | null> {
    const { clock, vault } = this.#deps;
    for (let tries = 0; tries < maxTries; tries++) {
      const row = await this.#row(id);
      const before = stateIn(row);
      const specs = await this.#specsOf(before.owner, options, before.settings);
      const { settings, secret } = settingsWith(id, options, before.settings, specs);
      const old = before.settings.sealed;
      const sealed = options.params === undefined ? old : await this.#seal(id, before.owner, secret);
      const nowMs = clock.now();
      const missed = this.#unsettled(id, before, nowMs);
      const events = decideSchedule({ kind: 'revise', settings: { ...settings, sealed }, missed }, before);
      const position = await this.#append(row, actor, events, nowMs);
      // Of the two, the one that does not count is taken out.
      const useless = position === null ? sealed : old;
      if (useless !== null && sealed !== old) await vault.take('schedule', useless);
      if (position !== null) return position;
    }
    throw new AppError('REVISION_CONFLICT');
  }

  pause(id: string, actor: string, note: string, untilMs: number | null): Promise<Position | null> {
    return this.#execute(id, actor, () => ({ kind: 'pause', reason: 'user', note, untilMs }));
  }

  /** The times that came while it was paused are recorded as skipped. */
  resume(id: string, actor: string, note: string): Promise<Position | null> {
    return this.#execute(id, actor, (state, nowMs) => ({
      ...{ kind: 'resume', note },
      missed: this.#unsettled(id, state, nowMs),
    }));
  }

  delete(id: string, actor: string): Promise<Position | null> {
    return this.#execute(id, actor, (state, nowMs) => {
      const missedBackfills = unsettledBackfills(state, timesOf(id, state.settings).instants);
      return { kind: 'delete', missed: this.#unsettled(id, state, nowMs), missedBackfills };
    });
  }

  /** Fires now, whatever the expression says, and whether or not it is paused. */
  async trigger(
    id: string,
    actor: string,
  ): Promise<{ readonly executionId: string | null; readonly position: Position }> {
    for (let tries = 0; tries < maxTries; tries++) {
      const row = await this.#row(id);
      const state = stateIn(row);
      const obstacle = await this.#deps.launcher.obstacleFor(state);
      if (obstacle !== null)
        throw new AppError(obstacle.reason === 'targetMissing' ? 'MOVE_NOT_ALLOWED' : 'PARAMS_INVALID', {
          message: obstacle.note,
        });
      const instantMs = unusedInstant(this.#deps.clock.now(), row.lastFiredAtMs);
      const execution = this.#deps.launcher.executionOf(id, state, instantMs, 'manual');
      const fired = { instantMs, effectiveAtMs: instantMs, trigger: 'manual', execution, backfill: null } as const;
      const position = await this.#append(row, actor, [{ type: 'ScheduleFired', data: fired }], instantMs);
      if (position === null) continue;
      const causationId = `${id}@${String(row.revision + 1)}`;
      if (execution !== null) await this.#deps.launcher.launch(id, state, fired, causationId);
      return { executionId: execution, position };
    }
    throw new AppError('REVISION_CONFLICT');
  }

  /** Runs the times between two, both included, that never led to a run. */
  async backfill(
    id: string,
    actor: string,
    { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
  ): Promise<string> {
    const row = await this.#row(id);
    const problems: Problem[] = [];
    const nowMs = this.#deps.clock.now();
    if (untilMs > nowMs) problems.push({ path: '/until', message: 'must not lie in the future' });
    if (fromMs > untilMs) problems.push({ path: '/from', message: 'must not lie after until' });
    const { instants } = timesOf(id, stateIn(row).settings);
    if (problems.length === 0 && instants.between(fromMs - 1, untilMs, maxBackfillTimes).more)
      problems.push({ path: '/from', message: `more than ${String(maxBackfillTimes)} times lie between the two` });
    if (problems.length > 0) throw invalidSettings(problems);
    const backfill = newId('fill', this.#deps.clock);
    await this.#execute(id, actor, () => ({ kind: 'request-backfill', backfill, fromMs, untilMs }));
    return backfill;
  }

  /** The next firings of a schedule as it is set and stands. */
  upcoming(row: ScheduleRow, count: number): readonly UpcomingFiring[] {
    const state = stateIn(row);
    const times = timesOf(row.id, state.settings);
    const nowMs = this.#deps.clock.now();
    return upcomingOf({ ...state, settledMs: Math.max(state.settledMs, nowMs) }, times, count);
  }

  /** The first firings of a schedule of `owner` that there is not yet. Throws VALIDATION_FAILED. */
  async preview(owner: string, options: ScheduleOptions, count: number): Promise<readonly UpcomingFiring[]> {
    const specs = await this.#specsOf(owner, options, defaultSettings);
    const { settings } = settingsWith('sched_preview', options, defaultSettings, specs);
    const nowMs = this.#deps.clock.now();
    const settledMs = settings.startAtMs !== null && settings.startAtMs > nowMs ? settings.startAtMs - 1 : nowMs;
    const nothing = { buffered: [], backfills: new Map(), pausedUntilMs: null, runs: 0 } as const;
    const state: LivingSchedule = { phase: 'active', owner: '', settings, settledMs, ...nothing };
    return upcomingOf(state, timesOf('sched_preview', settings), count);
  }

  /** What a caller should know of a schedule that cannot run as it is. */
  async warningsFor(row: ScheduleRow): Promise<readonly string[]> {
    const state = stateIn(row);
    if (state.settings.targetKind === 'none') return [runsNothing];
    try {
      const obstacle = await this.#deps.launcher.obstacleFor(state);
      return obstacle === null ? [] : [`${obstacle.note} Firings are skipped until that has changed.`];
    } catch (error) {
      if (isAppError(error)) return [];
      throw error;
    }
  }

  async #specsOf(owner: string, options: ScheduleOptions, before: ScheduleSettings): Promise<ParameterSpecs | null> {
    const target = targetOf(options, before);
    return target === null ? null : this.#deps.launcher.parametersOf(owner, target);
  }

  #unsettled(id: string, state: LivingSchedule, nowMs: number): MissedTimes | null {
    return unsettledTimes(state, timesOf(id, state.settings).instants, nowMs);
  }

  async #row(id: string): Promise<ScheduleRow> {
    const row = await this.#deps.queries.scheduleById(id);
    if (row === null || row.status === 'deleted') throw new AppError('SCHEDULE_NOT_FOUND');
    return row;
  }

  async #execute(
    id: string,
    actor: string,
    command: (state: LivingSchedule, nowMs: number) => ScheduleCommand,
  ): Promise<Position | null> {
    for (let tries = 0; tries < maxTries; tries++) {
      const row = await this.#row(id);
      const state: ScheduleState = stateIn(row);
      const nowMs = this.#deps.clock.now();
      const events = decideSchedule(command(state, nowMs), state);
      if (events.length === 0) return null;
      const position = await this.#append(row, actor, events, nowMs);
      if (position !== null) return position;
    }
    throw new AppError('REVISION_CONFLICT');
  }

  /** Null when somebody else was faster. `atMs`: up to when the events settle times. */
  async #append(
    { id, revision: expected }: ScheduleRow,
    actor: string,
    events: readonly ScheduleEvent[],
    atMs: number,
  ): Promise<Position | null> {
    const result = await this.#deps.log.append({ stream: id, events, expected, actor, atMs });
    return result.outcome === 'accepted' ? result.position : null;
  }

  async #seal(id: string, owner: string, secret: JsonObject): Promise<string | null> {
    if (Object.keys(secret).length === 0) return null;
    const name = `${id}/${randomText(8)}`;
    await this.#deps.vault.put('schedule', name, owner, secret);
    return name;
  }
}

/** A firing by hand is named by its time: two within one millisecond must not be the same. */
function unusedInstant(nowMs: number, lastFiredAtMs: number | null): number {
  const isAhead = lastFiredAtMs !== null && lastFiredAtMs >= nowMs && lastFiredAtMs < nowMs + 1000;
  return isAhead ? lastFiredAtMs + 1 : nowMs;
}

function upcomingOf(
  state: LivingSchedule,
  { instants, spreadMs }: ScheduleTimes,
  count: number,
): readonly UpcomingFiring[] {
  const upcoming: UpcomingFiring[] = [];
  let now = state;
  while (upcoming.length < count) {
    const instantMs = nextInstant(now, instants);
    if (instantMs === null) break;
    upcoming.push({ instantMs, effectiveAtMs: effectiveAt(instantMs, spreadMs, instants) });
    now = { ...now, settledMs: instantMs, runs: now.runs + 1 };
  }
  return upcoming;
}
