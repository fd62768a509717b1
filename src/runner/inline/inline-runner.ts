import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { FleetingSet } from '../../kernel/fleeting-map.ts';
import { isTooDeep, type JsonValue } from '../../kernel/json.ts';
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
  readonly #modules = new Map<string, Skill | Promise<Skill>>();
  readonly #running = new FleetingSet<InlineRun>();

  constructor(options: InlineOptions) {
    this.#options = options;
    this.slots = options.slots;
  }

  run(job: RunJob, events: RunEvents): RunHandle {
    const run = new InlineRun(job, events, this.#options);
    return { outcome: this.#outcome(run, job), cancel: () => run.stop('cancelled') };
  }

  stop(): Promise<void> {
    for (const run of this.#running.values()) run.stop('cancelled');
    return Promise.resolve();
  }

  async #outcome(run: InlineRun, job: RunJob): Promise<RunOutcome> {
    const ended = this.#running.add(run);
    try {
      return await run.start(this.#load(job.skill));
    } finally {
      ended();
    }
  }

  #load(skill: LoadedSkill): Skill | Promise<Skill> {
    const key = `${skill.entry}?${skill.digest}`;
    const known = this.#modules.get(key);
    if (known !== undefined) return known;
    // The digest in the address makes a changed skill a new module.
    const address = `${pathToFileURL(skill.entry).href}?digest=${skill.digest}`;
    const loading = import(address).then((module: Record<string, unknown>) => {
      const loaded = (module.default ?? module) as unknown as Skill;
      this.#modules.set(key, loaded);
      return loaded;
    });
    this.#modules.set(key, loading);
    return loading;
  }
}

class InlineRun {
  readonly job: RunJob;
  readonly events: RunEvents;
  readonly #options: InlineOptions;
  readonly #startedAtMs = performance.now();
  #abort: AbortController | null = null;
  #stopped: StopKind | null = null;
  #onStop: (() => void) | null = null;
  #over = false;
  #usedWorkDir = false;

  constructor(job: RunJob, events: RunEvents, options: InlineOptions) {
    this.job = job;
    this.events = events;
    this.#options = options;
  }

  /** Nothing that the skill still does counts. */
  get over(): boolean {
    return this.#over;
  }

  /** Made when the skill first asks for it: most do not. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#stopped !== null) this.#abort.abort(reasonOf(this.#stopped));
    return this.#abort.signal;
  }

  async start(loading: Skill | Promise<Skill>): Promise<RunOutcome> {
    const begun = this.#begin(loading);
    // A skill that is done when it returns needs neither a timer nor a race.
    const ended = begun instanceof Promise ? await this.#race(begun) : begun;
    this.#over = true;
    const durationMs = Math.round(performance.now() - this.#startedAtMs);
    const artifacts = this.#usedWorkDir ? await this.#keepFiles() : [];
    if (ended !== 'stopped') return { ...ended, durationMs, artifacts };
    return { kind: this.#stopped ?? 'cancelled', durationMs, artifacts };
  }

  stop(kind: StopKind): void {
    this.#stopped ??= kind;
    this.#abort?.abort(reasonOf(kind));
    this.#onStop?.();
  }

  makeWorkDir(): string {
    const workDir = this.#workDir();
    if (!this.#usedWorkDir) mkdirSync(workDir, { recursive: true });
    this.#usedWorkDir = true;
    return workDir;
  }

  #begin(loading: Skill | Promise<Skill>): Ended | Promise<Ended> {
    if (loading instanceof Promise || loading.validate !== undefined) return this.#execute(loading);
    try {
      const result = loading.execute(this.job.params, new InlineContext(this));
      return isThenable(result) ? this.#settle(result) : checked(result, this.job.limits.resultBytes);
    } catch (thrown) {
      return { kind: 'failed', ...thrownBySkill(thrown) };
    }
  }

  async #execute(loading: Skill | Promise<Skill>): Promise<Ended> {
    try {
      const skill = await loading;
      const refusal = skill.validate === undefined ? null : refusalOf(await skill.validate(this.job.params));
      if (refusal !== null) {
        return { kind: 'failed', error: skillError('SKILL_VALIDATION_FAILED', refusal), retryable: false };
      }
      return checked(await skill.execute(this.job.params, new InlineContext(this)), this.job.limits.resultBytes);
    } catch (thrown) {
      return { kind: 'failed', ...thrownBySkill(thrown) };
    }
  }

  async #settle(result: PromiseLike<JsonValue>): Promise<Ended> {
    try {
      return checked(await result, this.job.limits.resultBytes);
    } catch (thrown) {
      return { kind: 'failed', ...thrownBySkill(thrown) };
    }
  }

  #race(ended: Promise<Ended>): Promise<Ended | 'stopped'> {
    const { promise, resolve } = Promise.withResolvers<Ended | 'stopped'>();
    const timer = setTimeout(() => {
      this.stop('timed-out');
    }, this.job.limits.timeoutMs);
    this.#onStop = () => {
      resolve('stopped');
    };
    if (this.#stopped !== null) resolve('stopped');
    void ended.then(resolve);
    return promise.finally(() => {
      clearTimeout(timer);
    });
  }

  #workDir(): string {
    return join(this.#options.scratchDir, `${this.job.executionId}-${String(this.job.attempt)}`);
  }

  async #keepFiles(): Promise<RunOutcome['artifacts']> {
    const { executionId, attempt } = this.job;
    const { artifactsDir } = this.#options;
    return (await keepArtifacts(this.#workDir(), { artifactsDir, executionId, attempt })).artifacts;
  }
}

/** What an inline skill gets to see; it leads back to the run, but to nothing that can be changed by name. */
class InlineContext implements SkillContext {
  readonly #run: InlineRun;

  constructor(run: InlineRun) {
    this.#run = run;
  }

  get executionId(): string {
    return this.#run.job.executionId;
  }

  get attempt(): number {
    return this.#run.job.attempt;
  }

  get idempotencyKey(): string {
    return this.#run.job.executionId;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  get workDir(): string {
    return this.#run.makeWorkDir();
  }

  get log(): SkillLog {
    const line =
      (level: keyof SkillLog) =>
      (message: string): void => {
        if (!this.#run.over) this.#run.events.log(level, String(message), Date.now());
      };
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  }

  progress(percent: number, status?: string): void {
    if (!this.#run.over) this.#run.events.progress(Number(percent), status ?? null);
  }
}

function isThenable(value: JsonValue | PromiseLike<JsonValue>): value is PromiseLike<JsonValue> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

type StopKind = 'timed-out' | 'cancelled';

function reasonOf(kind: StopKind): Error {
  return new Error(kind === 'cancelled' ? 'The execution was cancelled.' : 'The execution ran out of time.');
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
  const result = JSON.parse(text) as JsonValue;
  if (!isTooDeep(result)) return { kind: 'completed', result };
  return {
    kind: 'failed',
    error: skillError('SKILL_RESULT_INVALID', 'The result is nested too deep.'),
    retryable: false,
  };
}
