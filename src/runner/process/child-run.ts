import type { Artifact, LogLevel } from '../../../schemas/generated/events.ts';
import { isTooDeep, type JsonValue } from '../../kernel/json.ts';
import { keepArtifacts } from '../artifacts.ts';
import type { FromChild } from '../child/messages.ts';
import type { RunErrorCode, RunEvents, RunJob, RunOutcome } from '../run-outcome.ts';
import { failedRun, notStarted, skillError } from '../skill-errors.ts';
import type { SkillChild } from './child-process.ts';

interface ChildRunOptions {
  readonly nonce: string;
  readonly artifactsDir: string;
}

type StopKind = 'timed-out' | 'cancelled';
type Ending =
  { readonly kind: StopKind } | Extract<RunOutcome, { kind: 'failed' }> | Extract<RunOutcome, { kind: 'completed' }>;

/** From the abort to SIGTERM: how long a skill has to stop by itself. */
export const abortGraceMs = 2000;
/** From SIGTERM to SIGKILL. */
const termGraceMs = 3000;
const maxLogMessages = 10_000;
const logLevels: readonly string[] = ['debug', 'info', 'warn', 'error'];

/**
 * One run in a child. The child is not trusted: frames of another run are ignored, only known fields are copied, and nothing
 * after the first ending counts.
 *
 * Stopping goes abort frame → 2 s → SIGTERM to the group → 3 s → SIGKILL to the group and to whoever left it.
 */
export class ChildRun {
  readonly outcome: Promise<RunOutcome>;
  readonly #job: RunJob;
  readonly #events: RunEvents;
  readonly #options: ChildRunOptions;
  readonly #resolve: (outcome: RunOutcome) => void;
  #child: SkillChild | null = null;
  #workDir = '';
  #release: (reusable: boolean) => void = () => undefined;
  #deadline: NodeJS.Timeout | null = null;
  #kill: NodeJS.Timeout | null = null;
  #stopping: StopKind | null = null;
  #overMemory = false;
  #startedAtMs = 0;
  #logMessages = 0;
  #ended = false;

  constructor(job: RunJob, events: RunEvents, options: ChildRunOptions) {
    this.#job = job;
    this.#events = events;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<RunOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  /** Starts in a child; `release` is called once the child is free again, or lost. */
  begin(child: SkillChild, workDir: string, release: (reusable: boolean) => void): void {
    this.#child = child;
    this.#workDir = workDir;
    this.#release = release;
    this.#startedAtMs = performance.now();
    child.listen({
      message: (message) => {
        this.#receive(message);
      },
      violation: () => {
        this.#fail('SKILL_PROTOCOL_VIOLATION', 'The process wrote something else than frames.', false);
      },
      exited: (outOfMemory) => {
        this.#exited(outOfMemory);
      },
    });
    const { executionId, attempt, skill, params, limits } = this.#job;
    const { nonce } = this.#options;
    const { outputBytes, resultBytes, timeoutMs } = limits;
    this.#deadline = setTimeout(() => {
      this.stop('timed-out');
    }, timeoutMs);
    try {
      child.send({
        t: 'run',
        nonce,
        executionId,
        attempt,
        entry: skill.entry,
        params,
        workDir,
        outputBytes,
        resultBytes,
      });
    } catch (error) {
      this.#fail('SKILL_START_FAILED', notStarted(error), true);
    }
  }

  /** Ends a run for which there is no child. */
  refuse(reason: unknown): void {
    this.#resolve(failedRun('SKILL_START_FAILED', notStarted(reason), true));
  }

  /** Ends a run that never began. */
  abandon(): void {
    this.#resolve({ kind: 'cancelled', durationMs: 0, artifacts: [] });
  }

  /** Asks the skill to stop; it is killed when it does not. */
  stop(kind: StopKind): void {
    if (this.#ended || this.#stopping !== null) return;
    this.#stopping = kind;
    const reason = kind === 'cancelled' ? 'The execution was cancelled.' : 'The execution ran out of time.';
    this.#child?.send({ t: 'abort', nonce: this.#options.nonce, reason });
    this.#kill = setTimeout(() => {
      this.#child?.signal('SIGTERM');
      this.#kill = setTimeout(() => {
        this.#child?.destroy();
      }, termGraceMs);
    }, abortGraceMs);
  }

  /** Kills the child when it holds more memory than allowed. */
  checkMemory(residentBytes: number): void {
    if (residentBytes <= this.#job.limits.rssMb * 1024 * 1024) return;
    this.#overMemory = true;
    this.#child?.destroy();
  }

  #receive(message: FromChild): void {
    if (message.t === 'ready' || this.#ended || message.nonce !== this.#options.nonce) return;
    switch (message.t) {
      case 'progress':
        this.#events.progress(
          Number(message.percent),
          typeof message.status === 'string' ? message.status.slice(0, 1000) : null,
        );
        return;
      case 'log':
        this.#log(message.level, message.message, message.atMs);
        return;
      case 'done':
        this.#finish(this.#stopping === null ? this.#completed(message.result) : { kind: this.#stopping }, message);
        return;
      case 'failed':
        this.#finish(this.#stopping === null ? this.#failed(message) : { kind: this.#stopping }, message);
        return;
      default:
        this.#fail('SKILL_PROTOCOL_VIOLATION', 'The process sent an unknown frame.', false);
    }
  }

  #log(level: LogLevel, message: string, atMs: number): void {
    if (++this.#logMessages > maxLogMessages) return;
    const known = logLevels.includes(level) ? level : 'info';
    this.#events.log(known, String(message), Number.isSafeInteger(atMs) ? atMs : 0);
  }

  #completed(text: string): Ending {
    try {
      if (text.length > this.#job.limits.resultBytes) throw new RangeError('too large');
      const result = JSON.parse(text) as JsonValue;
      if (isTooDeep(result)) return this.#failure('SKILL_RESULT_INVALID', 'The result is nested too deep.', false);
      return { kind: 'completed', result, durationMs: 0, artifacts: [] };
    } catch {
      return this.#failure('SKILL_PROTOCOL_VIOLATION', 'The process sent a result that is not JSON.', false);
    }
  }

  #failed(message: Extract<FromChild, { t: 'failed' }>): Ending {
    const stack = typeof message.stack === 'string' ? message.stack : null;
    const error = skillError(String(message.code).slice(0, 64) as RunErrorCode, String(message.message), stack);
    return { kind: 'failed', error, retryable: message.retryable, durationMs: 0, artifacts: [] };
  }

  #failure(code: RunErrorCode, text: string, retryable: boolean): Ending {
    return { kind: 'failed', error: skillError(code, text), retryable, durationMs: 0, artifacts: [] };
  }

  #fail(code: RunErrorCode, text: string, retryable: boolean): void {
    this.#finish(this.#failure(code, text, retryable), { usedWorkDir: true, dirty: true });
  }

  #exited(outOfMemory: boolean): void {
    if (this.#ended) return;
    const leftover = { usedWorkDir: true, dirty: true };
    if (this.#stopping !== null) this.#finish({ kind: this.#stopping }, leftover);
    else if (outOfMemory || this.#overMemory) {
      const { heapMb, rssMb } = this.#job.limits;
      const text = `The process went over its memory limit (${String(heapMb)} MiB heap, ${String(rssMb)} MiB in all).`;
      this.#finish(this.#failure('SKILL_OUT_OF_MEMORY', text, true), leftover);
    } else {
      this.#finish(this.#failure('SKILL_EXITED', 'The process ended before it had a result.', true), leftover);
    }
  }

  #finish(ending: Ending, { usedWorkDir, dirty }: { readonly usedWorkDir: boolean; readonly dirty: boolean }): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    if (this.#kill !== null) clearTimeout(this.#kill);
    const durationMs = Math.round(performance.now() - this.#startedAtMs);
    const reusable = !dirty && this.#stopping === null && ending.kind === 'completed';
    const idle = { message: () => undefined, violation: () => undefined, exited: () => undefined };
    this.#child?.listen(idle);
    if (!usedWorkDir) {
      this.#release(reusable);
      this.#resolve({ ...ending, durationMs, artifacts: [] });
      return;
    }
    void this.#keepFiles().then((artifacts) => {
      this.#release(reusable);
      this.#resolve({ ...ending, durationMs, artifacts });
    });
  }

  async #keepFiles(): Promise<readonly Artifact[]> {
    const { executionId, attempt } = this.#job;
    const { artifactsDir } = this.#options;
    try {
      const { artifacts, dropped } = await keepArtifacts(this.#workDir, { artifactsDir, executionId, attempt });
      if (dropped.length > 0) {
        this.#events.log('warn', `Files over the limits were dropped: ${dropped.slice(0, 20).join(', ')}`, Date.now());
      }
      return artifacts;
    } catch (error) {
      this.#events.log(
        'error',
        `Files could not be kept: ${error instanceof Error ? error.message : 'unknown'}`,
        Date.now(),
      );
      return [];
    }
  }
}
