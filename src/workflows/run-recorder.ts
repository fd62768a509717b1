import type { ExecutionStore } from '../commands/execution-store.ts';
import { decideExecution, type ExecutionCommand } from '../domain/execution/decide.ts';
import type { RunEnding } from '../domain/workflow/run.ts';
import type { AppendRequest } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { isAppError } from '../kernel/errors.ts';
import { isShorterThan, type JsonValue } from '../kernel/json.ts';
import type { OpenRun } from './open-run.ts';

export interface RecorderDependencies {
  readonly executions: ExecutionStore;
  readonly clock: Clock;
  readonly node: string;
  /** The largest result of a run. */
  readonly resultBytes: number;
  readonly onError: (error: unknown, about: string) => void;
}

const retryMs = 1000;
/** More than what is looked at of a value can be over its length. */
const farTooMuch = 16;
const tooLarge = {
  kind: 'failed',
  error: { code: 'RESULT_TOO_LARGE', message: 'The result of the run is too large: choose less by output.' },
} as const satisfies RunEnding;
const tooDeep = {
  kind: 'failed',
  error: { code: 'RESULT_INVALID', message: 'The result of the run is nested too deep: choose less by output.' },
} as const satisfies RunEnding;

/** Writes down what becomes of runs. */
export class RunRecorder {
  readonly #deps: RecorderDependencies;

  constructor(deps: RecorderDependencies) {
    this.#deps = deps;
  }

  /** Until it is in the log, while it is wanted; what was recorded by somebody else meanwhile stands. */
  async end(run: OpenRun, ending: RunEnding, isWanted: () => boolean): Promise<void> {
    let command = this.#commandOf(run, ending);
    while (isWanted()) {
      try {
        await this.#deps.executions.execute(run.id, command, this.#deps.node);
        return;
      } catch (error) {
        if (isAppError(error) && (error.code === 'EXECUTION_FINISHED' || error.code === 'MOVE_NOT_ALLOWED')) return;
        if (isAppError(error) && error.code === 'EVENT_TOO_LARGE') command = this.#commandOf(run, tooLarge);
        else if (isAppError(error) && error.code === 'VALIDATION_FAILED') command = this.#commandOf(run, tooDeep);
        else if (!isAppError(error)) this.#deps.onError(error, run.id);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** The append that {@link end} would do, where the run is in memory. */
  prepareEnd(run: OpenRun, ending: RunEnding): AppendRequest | null {
    const { executions, clock, node: actor } = this.#deps;
    const known = executions.known(run.id);
    if (known?.state.phase !== 'running') return null;
    const events = decideExecution(this.#commandOf(run, ending), known.state);
    return { stream: run.id, events, expected: known.revision, actor, atMs: clock.now() };
  }

  #commandOf({ requestedAtMs }: OpenRun, ending: RunEnding): ExecutionCommand {
    const nowMs = this.#deps.clock.now();
    const ended = { durationMs: Math.max(0, nowMs - requestedAtMs), artifacts: [] };
    switch (ending.kind) {
      case 'cancelled':
        return { kind: 'confirm-cancellation', reason: null, ...ended };
      case 'failed':
        return { kind: 'fail-attempt', error: { ...ending.error, stack: null }, retryable: false, nowMs, ...ended };
      case 'completed': {
        if (isWithin(ending.result, this.#deps.resultBytes))
          return { kind: 'complete', result: ending.result, ...ended };
        return { kind: 'fail-attempt', error: { ...tooLarge.error, stack: null }, retryable: false, nowMs, ...ended };
      }
    }
  }

  async timeOut({ id, requestedAtMs }: OpenRun): Promise<void> {
    const nowMs = this.#deps.clock.now();
    await this.command(id, { kind: 'time-out', nowMs, durationMs: nowMs - requestedAtMs, artifacts: [] });
  }

  /** Asks an execution to stop. */
  async cancel(id: string, reason: string): Promise<void> {
    await this.command(id, { kind: 'request-cancellation', reason, nowMs: this.#deps.clock.now() });
  }

  async start(id: string): Promise<void> {
    const { node } = this.#deps;
    await this.command(id, { kind: 'start', node, mode: 'workflow', limits: null, skillDigest: null });
  }

  /** Where it has ended by itself meanwhile, or was not requested yet, that is all right. */
  async command(id: string, command: ExecutionCommand): Promise<void> {
    try {
      await this.#deps.executions.execute(id, command, this.#deps.node);
    } catch (error) {
      if (!isAppError(error)) this.#deps.onError(error, id);
    }
  }
}

/** What is larger by far is not put into words: there is a limit to how long these can be. */
function isWithin(result: JsonValue, chars: number): boolean {
  return isShorterThan(result, farTooMuch * chars) && JSON.stringify(result).length <= chars;
}
