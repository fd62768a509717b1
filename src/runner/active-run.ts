import type { LogLevel } from '../../schemas/generated/events.ts';
import { type EndingEvent, isEnding } from '../commands/endings.ts';
import { appendWithFollowUp, type FollowUp } from '../commands/follow-up.ts';
import {
  decideExecution,
  type ExecutionCommand,
  type ExecutionEvent,
  type LogEntry,
} from '../domain/execution/decide.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import type { ExecutionState } from '../domain/execution/state.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { errorTable, isAppError } from '../kernel/errors.ts';
import type { RunEvents } from './run-outcome.ts';
import type { TrackedExecution } from './tracked-execution.ts';

/** What a run needs to be written down. */
export interface ActiveRunDependencies {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly node: string;
  /** Reads the execution's stream again after somebody else appended to it. */
  readonly reload: (execution: TrackedExecution) => Promise<void>;
  /** What is to be appended right behind the end of an execution. */
  readonly followUpOf?: ((executionId: string, ending: EndingEvent) => FollowUp | null) | undefined;
  /** The server stops and waits no longer. */
  readonly givesUp: () => boolean;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, executionId: string) => void;
}

/** At most ten appends of progress and logs a second for each execution; the last one always goes out. */
const reportIntervalMs = 100;
const maxLinesPerAppend = 500;
/** Between tries while the log cannot be written (a full disk, say): what a skill did must not be forgotten. */
const retryMs = 500;

/**
 * Writes down what one run reports, in order: progress and log lines gathered for a tenth of a second, then the outcome.
 * One append at a time; a conflict (somebody asked to cancel) reloads the state and decides again.
 */
export class ActiveRun implements RunEvents {
  readonly #execution: TrackedExecution;
  readonly #attempt: number;
  readonly #deps: ActiveRunDependencies;
  #progress: { percent: number; status: string | null } | null = null;
  #lines: LogEntry[] = [];
  #outcome: ExecutionCommand | null = null;
  #ending = false;
  #timer: NodeJS.Timeout | null = null;
  #lastReportMs = -Infinity;
  #writing: Promise<void> | null = null;

  constructor(execution: TrackedExecution, attempt: number, deps: ActiveRunDependencies) {
    this.#execution = execution;
    this.#attempt = attempt;
    this.#deps = deps;
  }

  progress(percent: number, status: string | null): void {
    this.#progress = { percent, status };
    this.#schedule();
  }

  log(level: LogLevel, message: string, loggedAtMs: number): void {
    this.#lines.push({ level, message, loggedAtMs });
    if (this.#lines.length >= maxLinesPerAppend) this.#write();
    else this.#schedule();
  }

  /** Its run is over, and its outcome is being written down. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Writes what is left and the outcome; resolves when all of it is durable. */
  async finish(outcome: ExecutionCommand): Promise<void> {
    this.#ending = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#writing === null && this.#progress === null && this.#lines.length === 0) return this.#append([outcome]);
    this.#outcome = outcome;
    while (this.#outcome !== null) {
      this.#write();
      await this.#writing;
    }
  }

  /** Writes nothing more: the attempt is handed back. */
  abandon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#progress = null;
    this.#lines = [];
  }

  #schedule(): void {
    if (this.#timer !== null || this.#writing !== null || this.#outcome !== null) return;
    const waitMs = Math.max(0, this.#lastReportMs + reportIntervalMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#write();
    }, waitMs);
  }

  #write(): void {
    if (this.#writing !== null) return;
    const commands = this.#takeCommands();
    if (commands.length === 0) return;
    this.#lastReportMs = performance.now();
    this.#writing = this.#append(commands).finally(() => {
      this.#writing = null;
      if (this.#progress !== null || this.#lines.length > 0) this.#schedule();
    });
    this.#writing.catch((error: unknown) => {
      this.#deps.onError(error, this.#execution.id);
    });
  }

  #takeCommands(): ExecutionCommand[] {
    const commands: ExecutionCommand[] = [];
    const lines = this.#lines.splice(0, maxLinesPerAppend);
    if (lines.length > 0) commands.push({ kind: 'log', lines });
    if (this.#progress !== null) {
      commands.push({ kind: 'report-progress', progress: this.#progress.percent, status: this.#progress.status });
      this.#progress = null;
    }
    // The outcome waits until every line that came before it is written.
    if (this.#outcome !== null && this.#lines.length === 0) {
      commands.push(this.#outcome);
      this.#outcome = null;
    }
    return commands;
  }

  async #append(commands: readonly ExecutionCommand[]): Promise<void> {
    while (!(await this.#tryAppend(commands))) await this.#deps.reload(this.#execution);
  }

  /** False when the execution has to be loaded again before the next try. */
  async #tryAppend(commands: readonly ExecutionCommand[]): Promise<boolean> {
    const { loaded, id: stream } = this.#execution;
    if (loaded === null) return false;
    const events = this.#decide(commands, loaded.state);
    if (events === null || events.length === 0) return true;
    const { log, clock, node: actor } = this.#deps;
    try {
      const append = { stream, events, expected: loaded.revision, actor, atMs: clock.now() };
      const last = events.at(-1);
      const followUp = last !== undefined && isEnding(last) ? this.#deps.followUpOf?.(stream, last) : null;
      return (await appendWithFollowUp(log, append, followUp ?? null)).outcome === 'accepted';
    } catch (error) {
      if (!isAppError(error) || errorTable[error.code].retry === 'never' || this.#deps.givesUp()) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      return false;
    }
  }

  /** Null when the attempt is over: the execution has ended, or another node has lost the attempt and begun the next. */
  #decide(commands: readonly ExecutionCommand[], before: ExecutionState): readonly ExecutionEvent[] | null {
    if (before.phase !== 'running' || before.attempts !== this.#attempt) return null;
    const events: ExecutionEvent[] = [];
    let state: ExecutionState = before;
    try {
      for (const command of commands) {
        for (const event of decideExecution(command, state)) {
          events.push(event);
          state = evolveExecution(state, { ...event, atMs: 0 });
        }
      }
    } catch (error) {
      if (isAppError(error)) return null;
      throw error;
    }
    return events;
  }
}
