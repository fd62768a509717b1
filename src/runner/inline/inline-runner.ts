import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { JsonValue } from '../../kernel/json.ts';
import type { LoadedSkill, Skill, SkillContext, SkillLog } from '../../skills/skill.ts';
import { keepArtifacts } from '../artifacts.ts';
import type { RunEvents, RunHandle, RunJob, RunOutcome, SkillRunner } from '../run-outcome.ts';
import { refusalOf, skillError, thrownBySkill } from '../skill-errors.ts';

interface InlineOptions {
  readonly scratchDir: string;
  readonly artifactsDir: string;
  readonly slots: number;
}

type Ended =
  | Omit<Extract<RunOutcome, { kind: 'completed' }>, 'artifacts' | 'durationMs'>
  | Omit<Extract<RunOutcome, { kind: 'failed' }>, 'artifacts' | 'durationMs'>;

/**
 * Runs skills in the server's own process: fast, and without any protection. For skills that the operator trusts.
 * A run that ignores its signal cannot be killed: it is declared over, and whatever it still does is ignored.
 */
export class InlineRunner implements SkillRunner {
  readonly mode = 'inline';
  readonly slots: number;
  readonly #options: InlineOptions;
  readonly #modules = new Map<string, Promise<Skill>>();
  readonly #running = new Set<InlineRun>();

  constructor(options: InlineOptions) {
    this.#options = options;
    this.slots = options.slots;
  }

  run(job: RunJob, events: RunEvents): RunHandle {
    const run = new InlineRun(job, events, this.#options);
    this.#running.add(run);
    const outcome = run.start(() => this.#load(job.skill)).finally(() => this.#running.delete(run));
    return {
      outcome,
      cancel: () => {
        run.cancel();
      },
    };
  }

  async stop(): Promise<void> {
    for (const run of this.#running) run.cancel();
    await Promise.resolve();
  }

  #load(skill: LoadedSkill): Promise<Skill> {
    const key = `${skill.entry}?${skill.digest}`;
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    // The digest in the address makes a changed skill a new module.
    const loading = import(`${pathToFileURL(skill.entry).href}?digest=${skill.digest}`).then(
      (module: Record<string, unknown>) => {
        return (module.default ?? module) as unknown as Skill;
      },
    );
    this.#modules.set(key, loading);
    return loading;
  }
}

class InlineRun {
  readonly #job: RunJob;
  readonly #events: RunEvents;
  readonly #options: InlineOptions;
  readonly #abort = new AbortController();
  readonly #startedAtMs = performance.now();
  readonly #stopped = Promise.withResolvers<'timed-out' | 'cancelled'>();
  #timer: NodeJS.Timeout | null = null;
  #over = false;
  #usedWorkDir = false;

  constructor(job: RunJob, events: RunEvents, options: InlineOptions) {
    this.#job = job;
    this.#events = events;
    this.#options = options;
  }

  async start(load: () => Promise<Skill>): Promise<RunOutcome> {
    this.#timer = setTimeout(() => {
      this.#stop('timed-out');
    }, this.#job.limits.timeoutMs);
    const ended = await Promise.race([this.#execute(load), this.#stopped.promise]);
    this.#over = true;
    clearTimeout(this.#timer);
    const durationMs = Math.round(performance.now() - this.#startedAtMs);
    const artifacts = this.#usedWorkDir ? (await keepArtifacts(this.#workDir(), this.#artifactsDir())).artifacts : [];
    return typeof ended === 'string' ? { kind: ended, durationMs, artifacts } : { ...ended, durationMs, artifacts };
  }

  cancel(): void {
    this.#stop('cancelled');
  }

  #stop(kind: 'timed-out' | 'cancelled'): void {
    this.#abort.abort(
      new Error(kind === 'cancelled' ? 'The execution was cancelled.' : 'The execution ran out of time.'),
    );
    this.#stopped.resolve(kind);
  }

  async #execute(load: () => Promise<Skill>): Promise<Ended> {
    const { params, limits } = this.#job;
    try {
      const skill = await load();
      const refusal = skill.validate === undefined ? null : refusalOf(await skill.validate(params));
      if (refusal !== null)
        return { kind: 'failed', error: skillError('SKILL_VALIDATION_FAILED', refusal), retryable: false };
      return checked(await skill.execute(params, this.#context()), limits.resultBytes);
    } catch (thrown) {
      return { kind: 'failed', ...thrownBySkill(thrown) };
    }
  }

  #context(): SkillContext {
    const { executionId, attempt } = this.#job;
    const line = (level: keyof SkillLog) => (message: string) => {
      if (!this.#over) this.#events.log(level, String(message), Date.now());
    };
    // Fields of `this` are read through closures: the context must not lead back to the runner.
    const workDir = (): string => this.#makeWorkDir();
    return {
      executionId,
      attempt,
      idempotencyKey: executionId,
      signal: this.#abort.signal,
      log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
      progress: (percent, status) => {
        if (!this.#over) this.#events.progress(Number(percent), status ?? null);
      },
      get workDir() {
        return workDir();
      },
    };
  }

  #makeWorkDir(): string {
    const workDir = this.#workDir();
    if (!this.#usedWorkDir) mkdirSync(workDir, { recursive: true });
    this.#usedWorkDir = true;
    return workDir;
  }

  #workDir(): string {
    return join(this.#options.scratchDir, `${this.#job.executionId}-${String(this.#job.attempt)}`);
  }

  #artifactsDir(): string {
    return join(this.#options.artifactsDir, this.#job.executionId);
  }
}

function checked(value: unknown, maxBytes: number): Ended {
  if (value === undefined || value === null) return { kind: 'completed', result: null };
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'The result is not JSON.';
    return { kind: 'failed', error: skillError('SKILL_RESULT_INVALID', message), retryable: false };
  }
  if (text === undefined || Buffer.byteLength(text) > maxBytes) {
    const message =
      text === undefined ? 'The result is not JSON.' : `The result is larger than ${String(maxBytes)} bytes.`;
    return { kind: 'failed', error: skillError('SKILL_RESULT_INVALID', message), retryable: false };
  }
  return { kind: 'completed', result: JSON.parse(text) as JsonValue };
}
