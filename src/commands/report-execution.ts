import type { LogLevel } from '../../schemas/generated/events.ts';
import type { ExecutionCommand } from '../domain/execution/decide.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { CommandResult, ExecutionStore } from './execution-store.ts';

/** What another program tells about an execution that it runs itself. */
export type Report =
  | { readonly kind: 'progress'; readonly progress: number; readonly status: string | null }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly kind: 'complete'; readonly result: JsonValue; readonly durationMs: number }
  | { readonly kind: 'error'; readonly error: string; readonly durationMs: number };

interface Dependencies {
  readonly log: EventLog;
  readonly executions: ExecutionStore;
  readonly clock: Clock;
}

/** Executions that another program runs: ihuman records and shows them, and does not run anything. */
export class ExternalExecutions {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Opens an external execution, running from the start. An id that exists already is left as it is. */
  async open(owner: string, actor: string, name: string, params: JsonValue, executionId?: string): Promise<string> {
    const { log, clock } = this.#deps;
    const id = executionId ?? newId('exec', clock);
    await log.append({
      stream: id,
      expected: 'none',
      actor,
      atMs: clock.now(),
      events: [
        {
          type: 'ExecutionRequested',
          data: {
            owner,
            skill: name,
            skillVersion: '',
            skillDigest: '',
            params,
            secretParams: [],
            cause: 'external',
            causeId: null,
            priority: 0,
            dueAtMs: null,
            expiresAtMs: null,
            timeoutMs: 0,
            retry: { maxAttempts: 1, initialDelayMs: 0, factor: 1, maxDelayMs: 0, maxLostAttempts: 0 },
          },
        },
        {
          type: 'ExecutionStarted',
          data: { attempt: 1, node: actor, mode: 'external', limits: null, skillDigest: null },
        },
      ],
    });
    return id;
  }

  /** Records a report. Throws EXECUTION_NOT_FOUND, EXECUTION_FINISHED, or MOVE_NOT_ALLOWED for one that ihuman runs. */
  report(executionId: string, report: Report, actor: string): Promise<CommandResult> {
    const command = this.#toCommand(report);
    return this.#deps.executions.execute(executionId, command, actor, ({ request }) => {
      if (request === null) throw new AppError('EXECUTION_NOT_FOUND');
      if (request.cause !== 'external') {
        throw new AppError('MOVE_NOT_ALLOWED', {
          message: 'ihuman runs this execution itself; only external ones take reports.',
        });
      }
    });
  }

  #toCommand(report: Report): ExecutionCommand {
    const nowMs = this.#deps.clock.now();
    switch (report.kind) {
      case 'progress':
        return { kind: 'report-progress', progress: report.progress, status: report.status };
      case 'log':
        return { kind: 'log', lines: [{ level: report.level, message: report.message, loggedAtMs: nowMs }] };
      case 'complete':
        return { kind: 'complete', result: report.result, durationMs: report.durationMs, artifacts: [] };
      case 'error': {
        const error = { code: 'EXTERNAL_ERROR', message: report.error, stack: null };
        return { kind: 'fail-attempt', retryable: false, error, nowMs, durationMs: report.durationMs, artifacts: [] };
      }
    }
  }
}
