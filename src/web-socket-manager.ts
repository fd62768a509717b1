import type { ExternalExecutions, Report } from './commands/report-execution.ts';
import type { RealtimeHub } from './realtime/hub.ts';
import type { Clock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import { newId } from './kernel/ids.ts';
import type { JsonObject } from './kernel/json.ts';
import type { LogLevel } from '../schemas/generated/events.ts';
import * as checked from './reported-values.ts';

interface Dependencies {
  readonly external: ExternalExecutions;
  readonly hub: RealtimeHub;
  readonly clock: Clock;
  /** Who owns executions that are first heard of here. */
  readonly defaultOwner: () => Promise<string>;
  /** Whether there is an account with this id. */
  readonly isUser: (userId: string) => Promise<boolean>;
}

/** An execution to be opened; all of it optional. */
export interface NewExecution {
  /** `exec_` and up to 75 letters, digits, `_` and `-`. Made up when absent. */
  readonly executionId?: string;
  /** Id of the user who can see it; default: the administrator. */
  readonly owner?: string;
  /** What it is listed as; default `external`. */
  readonly name?: string;
  /** Any JSON object; default `{}`. */
  readonly params?: object;
}

/**
 * Reports on executions that the embedding program runs itself. Nothing is sent around the log: each call appends an event,
 * from which subscribers, lists and the audit trail follow. Calls for one execution take effect in the order they are made;
 * each promise resolves when its event is durable. The first report on an id that is not known opens an execution of the
 * administrator; {@link openExecution} opens one for somebody else.
 *
 * Rejects with VALIDATION_FAILED for arguments of the wrong shape, EXECUTION_FINISHED after the end, EVENT_TOO_LARGE, and
 * MOVE_NOT_ALLOWED for the end of an execution that ihuman runs: to those, only progress and log lines can be added.
 */
export class WebSocketManager {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Opens an execution, running from the start, and resolves with its id. The same call again changes nothing. */
  async openExecution(wanted: NewExecution = {}): Promise<string> {
    const { external, clock, defaultOwner, isUser } = this.#deps;
    const executionId =
      wanted.executionId === undefined ? newId('exec', clock) : checked.executionId(wanted.executionId);
    const name = checked.name(wanted.name ?? 'external');
    const params = checked.jsonObject(wanted.params ?? {}, 'params');
    const owner = wanted.owner ?? (await defaultOwner());
    if (wanted.owner !== undefined && !(await isUser(owner))) {
      const problems = [{ path: '/owner', message: 'must be the id of a user' }];
      throw new AppError('VALIDATION_FAILED', { message: `There is no user ${owner}.`, problems });
    }
    await external.open({ owner, actor: 'system', name, params, executionId });
    return executionId;
  }

  /** Progress in percent, 0 to 100, which never runs backwards; `status` says in a few words what is being done. */
  async broadcastProgressUpdate(executionId: string, progress: number, status?: string | null): Promise<void> {
    const told = { progress: checked.percent(progress), status: checked.optionalText(status, 'status') };
    await this.#report(executionId, { kind: 'progress', ...told });
  }

  /** The end: it went well. `result` is kept as JSON, `undefined` as null; `durationMs` is rounded. */
  async broadcastExecutionComplete(executionId: string, result: unknown, durationMs: number): Promise<void> {
    const told = { result: checked.json(result, 'result'), durationMs: checked.duration(durationMs) };
    await this.#report(executionId, { kind: 'complete', ...told });
  }

  /** The end: it failed. `error` is a text or what was thrown; of an Error, message and stack are kept. */
  async broadcastExecutionError(executionId: string, error: unknown, durationMs: number): Promise<void> {
    await this.#report(executionId, {
      kind: 'error',
      ...checked.thrown(error),
      durationMs: checked.duration(durationMs),
    });
  }

  /** The end: it was stopped, on request or for a reason of its own. */
  async broadcastExecutionCancelled(executionId: string, durationMs: number, reason?: string | null): Promise<void> {
    const told = { durationMs: checked.duration(durationMs), reason: checked.optionalText(reason, 'reason') };
    await this.#report(executionId, { kind: 'cancelled', ...told });
  }

  /** One log line; `level` is debug, info, warn or error. */
  async broadcastLog(executionId: string, level: LogLevel, message: string): Promise<void> {
    const told = { level: checked.logLevel(level), message: checked.text(message, 'message') };
    await this.#report(executionId, { kind: 'log', ...told });
  }

  /** `{ totalConnections, totalUsers, totalExecutions, connections }` and more. */
  getStats(): JsonObject {
    return this.#deps.hub.stats();
  }

  async #report(executionId: string, report: Report): Promise<void> {
    const { external, defaultOwner } = this.#deps;
    await external.report(checked.executionId(executionId), report, 'system', { ownerOfNew: defaultOwner });
  }
}
