import type { Report, ExternalExecutions } from './commands/report-execution.ts';
import { isAppError } from './kernel/errors.ts';
import type { JsonObject, JsonValue } from './kernel/json.ts';
import type { LogLevel } from '../schemas/generated/events.ts';
import type { RealtimeHub } from './realtime/hub.ts';

interface Dependencies {
  readonly external: ExternalExecutions;
  readonly hub: RealtimeHub;
  /** Who owns executions that are first heard of here. */
  readonly owner: () => Promise<string>;
}

/**
 * Reports on executions that the embedding program runs itself. Nothing is sent around the log: each call appends an event,
 * from which subscribers, lists and the audit trail follow. Calls for one execution take effect in the order they are made;
 * each promise resolves when its event is durable.
 */
export class WebSocketManager {
  readonly #deps: Dependencies;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Progress in percent; an execution that is not known yet is opened. */
  broadcastProgressUpdate(executionId: string, progress: number, status?: string): Promise<void> {
    return this.#report(executionId, { kind: 'progress', progress, status: status ?? null });
  }

  broadcastExecutionComplete(executionId: string, result: JsonValue, durationMs: number): Promise<void> {
    return this.#report(executionId, { kind: 'complete', result, durationMs });
  }

  broadcastExecutionError(executionId: string, error: string | Error, durationMs: number): Promise<void> {
    return this.#report(executionId, {
      kind: 'error',
      error: error instanceof Error ? error.message : error,
      durationMs,
    });
  }

  broadcastLog(executionId: string, level: LogLevel, message: string): Promise<void> {
    return this.#report(executionId, { kind: 'log', level, message });
  }

  /** `{ totalConnections, totalUsers, totalExecutions, connections }` and more. */
  getStats(): JsonObject {
    return this.#deps.hub.stats();
  }

  #report(executionId: string, report: Report): Promise<void> {
    const before = this.#queues.get(executionId) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(() => this.#append(executionId, report));
    const queued = done
      .catch(() => undefined)
      .finally(() => {
        if (this.#queues.get(executionId) === queued) this.#queues.delete(executionId);
      });
    this.#queues.set(executionId, queued);
    return done;
  }

  async #append(executionId: string, report: Report): Promise<void> {
    const { external, owner } = this.#deps;
    try {
      await external.report(executionId, report, 'system');
    } catch (error) {
      if (!isAppError(error) || error.code !== 'EXECUTION_NOT_FOUND') throw error;
      await external.open(await owner(), 'system', 'external', {}, executionId);
      await external.report(executionId, report, 'system');
    }
  }
}
