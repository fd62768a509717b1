import type { ScheduleFired, ScheduleSettings } from '../../schemas/generated/events.ts';
import type { ExecutionStore } from '../commands/execution-store.ts';
import { type ExecutionRequests, keyedExecutionId } from '../commands/request-execution.ts';
import type { LivingSchedule } from '../domain/schedule/state.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, isAppError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import { checkParameters } from '../skills/parameters.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Vault } from '../vault/vault.ts';
import type { ParameterSpecs } from './schedule-settings.ts';

/** Why a schedule cannot run what it is to run. */
export interface Obstacle {
  readonly reason: 'targetMissing' | 'paramsInvalid';
  readonly note: string;
}

/** How workflows are run; the scheduler needs no more of them. */
export interface WorkflowStarter {
  /** The input of the owner's workflow of this name; null when there is none. */
  inputOf(owner: string, workflow: string): Promise<ParameterSpecs | null>;
  /** Why the owner's workflow of this name cannot run with these parameters; null when it can. */
  obstacleFor(owner: string, workflow: string, params: JsonObject): Promise<Obstacle | null>;
  start(order: {
    readonly owner: string;
    readonly actor: string;
    readonly workflow: string;
    readonly params: JsonObject;
    readonly idempotencyKey: string;
    readonly keyedAtMs: number;
    readonly cause: 'schedule';
    readonly causeId: string;
    readonly causationId: string;
  }): Promise<unknown>;
}

interface LauncherDependencies {
  readonly requests: ExecutionRequests;
  readonly executions: ExecutionStore;
  readonly workflows: WorkflowStarter;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
}

/** Runs what schedules are to run, under the name that the firing gives the run. */
export class Launcher {
  readonly #deps: LauncherDependencies;

  constructor(deps: LauncherDependencies) {
    this.#deps = deps;
  }

  /** The parameters of what a schedule runs; null when it is not there, or nothing. */
  async parametersOf(owner: string, target: Pick<ScheduleSettings, 'targetKind' | 'target'>) {
    const { workflows, skillOf } = this.#deps;
    if (target.targetKind === 'workflow') return workflows.inputOf(owner, target.target);
    return target.targetKind === 'skill' ? (skillOf(target.target)?.metadata.parameters ?? null) : null;
  }

  /** The execution that a firing leads to: the same whoever asks, and however often. */
  executionOf(
    schedule: string,
    { owner, settings }: LivingSchedule,
    instantMs: number,
    trigger: 'manual' | 'time',
  ): string | null {
    if (settings.targetKind === 'none') return null;
    return keyedExecutionId(owner, keyOf(schedule, instantMs, trigger === 'manual'), instantMs);
  }

  async obstacleFor({ owner, settings }: LivingSchedule): Promise<Obstacle | null> {
    const { target, targetKind } = settings;
    if (targetKind === 'none') return null;
    const params = await this.#paramsOf(settings);
    if (targetKind === 'workflow') return this.#deps.workflows.obstacleFor(owner, target, params);
    const skill = this.#deps.skillOf(target);
    if (skill === undefined) return { reason: 'targetMissing', note: `There is no skill ${target}.` };
    const checked = checkParameters(skill.metadata.parameters, params);
    if (checked.ok) return null;
    const note = checked.problems.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ');
    return { reason: 'paramsInvalid', note: note.slice(0, 1000) };
  }

  /** Asks for the run of a firing; an obstacle when it can never be asked for. Throws what may be better later. */
  async launch(
    schedule: string,
    { owner, settings }: LivingSchedule,
    fired: ScheduleFired,
    causationId: string,
  ): Promise<Obstacle | null> {
    const { target, targetKind } = settings;
    const { instantMs } = fired;
    const cause = { cause: 'schedule', causeId: `${schedule}/${String(instantMs)}`, causationId } as const;
    const key = { idempotencyKey: keyOf(schedule, instantMs, fired.trigger === 'manual'), keyedAtMs: instantMs };
    try {
      const params = await this.#paramsOf(settings);
      if (targetKind === 'workflow') {
        await this.#deps.workflows.start({
          owner,
          actor: schedule,
          workflow: target,
          params,
          ...key,
          ...cause,
        });
        return null;
      }
      const skill = this.#deps.skillOf(target);
      if (skill === undefined) return { reason: 'targetMissing', note: `There is no skill ${target}.` };
      await this.#deps.requests.request({
        ...{ owner, actor: schedule, skill, params },
        options: { ...key, ...cause },
      });
      return null;
    } catch (error) {
      // The same firing was run before, when the schedule was set to something else: it is not run again.
      if (isAppError(error) && error.code === 'IDEMPOTENCY_KEY_REUSED') return null;
      if (isAppError(error) && error.code === 'PARAMS_INVALID')
        return { reason: 'paramsInvalid', note: error.message.slice(0, 1000) };
      if (isAppError(error) && error.code === 'WORKFLOW_NOT_FOUND')
        return { reason: 'targetMissing', note: error.message };
      throw error;
    }
  }

  /** Asks a run to stop. */
  async cancel(execution: string, reason: string): Promise<void> {
    const nowMs = this.#deps.clock.now();
    await this.#tell(execution, { kind: 'request-cancellation', reason, nowMs });
  }

  /** Ends a run at once; whatever still works on it is stopped. */
  async terminate(execution: string, reason: string): Promise<void> {
    await this.cancel(execution, reason);
    await this.#tell(execution, { kind: 'confirm-cancellation', reason, durationMs: 0, artifacts: [] });
  }

  async #tell(execution: string, command: Parameters<ExecutionStore['execute']>[1]): Promise<void> {
    try {
      await this.#deps.executions.execute(execution, command, 'scheduler');
    } catch (error) {
      // It has ended by itself meanwhile, or was not asked for yet.
      if (!isAppError(error)) throw error;
    }
  }

  async #paramsOf({ params, sealed }: ScheduleSettings): Promise<JsonObject> {
    const open = isJsonObject(params) ? params : {};
    if (sealed === null) return open;
    const secret = await this.#deps.vault.get('schedule', sealed);
    if (!isJsonObject(secret)) throw new AppError('BUSY', { message: 'The secret parameters are not here yet.' });
    return { ...open, ...secret };
  }
}

function keyOf(schedule: string, instantMs: number, isManual: boolean): string {
  return `${schedule}/${isManual ? 'manual/' : ''}${String(instantMs)}`;
}
