import { Type } from 'typebox';

import type { ScheduleRow } from '../projections/schedules/tables.ts';
import { checkShape } from './http/check-shape.ts';
import { ProgramSchedule } from './http/option-shapes.ts';
import { scheduleView } from './http/schedule-views.ts';
import { AppError } from './kernel/errors.ts';
import type { JsonObject } from './kernel/json.ts';
import * as checked from './reported-values.ts';
import type { ScheduleStats } from './scheduler/schedule-stats.ts';
import type { ScheduleOptions } from './scheduler/schedule-settings.ts';
import type { Schedules } from './scheduler/schedules.ts';
import type { Queries } from './store/query-client.ts';

const Pause = Type.Object({
  note: Type.String({ maxLength: 500 }),
  untilMs: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
});

interface Dependencies {
  readonly schedules: Schedules;
  readonly queries: Pick<Queries, 'scheduleById'>;
  readonly stats: (owner: string | null) => ScheduleStats;
  /** Whose a schedule is when nobody is named. */
  readonly defaultOwner: () => Promise<string>;
  /** Whether there is an account with this id. */
  readonly isUser: (userId: string) => Promise<boolean>;
}

/** Schedules for the program that ihuman is embedded in. What is done here goes through the log, as everything does. */
export class SchedulerManager {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Makes a schedule that runs a workflow (or, with `workflowId` null and `skillId` among the options, a skill) at the times of a cron
   * expression. Rejects with VALIDATION_FAILED, PARAMS_INVALID or LIMIT_REACHED.
   */
  async createSchedule(
    workflowId: string | null,
    cronExpression: string,
    description = '',
    params: JsonObject = {},
    {
      userId,
      ...options
    }: Omit<ScheduleOptions, 'workflowId' | 'cronExpression' | 'description' | 'params'> & {
      readonly userId?: string;
    } = {},
  ): Promise<JsonObject> {
    const { schedules, queries, defaultOwner, isUser } = this.#deps;
    const owner = userId ?? (await defaultOwner());
    if (userId !== undefined && !(await isUser(userId))) {
      const problems = [{ path: '/userId', message: 'must be the id of a user' }];
      throw new AppError('VALIDATION_FAILED', { message: `There is no user ${userId}.`, problems });
    }
    const wanted = {
      ...options,
      ...(workflowId !== null && { workflowId: checked.anyText(workflowId, 'workflowId') }),
      ...{ cronExpression, description },
      params: checked.jsonObject(params, 'params'),
    };
    checkShape(ProgramSchedule, wanted);
    const { id } = await schedules.create(owner, 'system', wanted);
    const row = await queries.scheduleById(id);
    if (row === null) throw new AppError('SCHEDULE_NOT_FOUND');
    return this.#view(row);
  }

  /** Fires nothing until it is resumed, or until a time. Rejects with SCHEDULE_NOT_FOUND or VALIDATION_FAILED. */
  async pauseSchedule(scheduleId: string, note = '', until: Date | null = null): Promise<JsonObject> {
    checkShape(Pause, { note, untilMs: until?.getTime() ?? null });
    const id = checked.anyText(scheduleId, 'scheduleId');
    await this.#deps.schedules.pause(id, 'system', note, until?.getTime() ?? null);
    return this.#current(scheduleId);
  }

  /** Fires again; what came meanwhile is recorded as skipped. Rejects with SCHEDULE_NOT_FOUND. */
  async resumeSchedule(scheduleId: string, note = ''): Promise<JsonObject> {
    await this.#deps.schedules.resume(checked.anyText(scheduleId, 'scheduleId'), 'system', note);
    return this.#current(scheduleId);
  }

  /** How all schedules stand. */
  getStats(): ScheduleStats {
    return this.#deps.stats(null);
  }

  async #current(id: string): Promise<JsonObject> {
    const row = await this.#deps.queries.scheduleById(id);
    if (row === null) throw new AppError('SCHEDULE_NOT_FOUND');
    return this.#view(row);
  }

  #view(row: ScheduleRow): JsonObject {
    return scheduleView(row, this.#deps.schedules.upcoming(row, 1));
  }
}
