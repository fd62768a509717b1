import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { JsonObject } from '../../src/kernel/json.ts';
import { ProcessRunner, type ProcessRunnerOptions } from '../../src/runner/process/process-runner.ts';
import type { RunEvents, RunHandle, RunJob, RunOutcome } from '../../src/runner/run-outcome.ts';
import type { LoadedSkill } from '../../src/skills/skill.ts';

/** A run under way, and what it has told. */
export interface WatchedRun extends RunHandle {
  readonly id: string;
  readonly lines: string[];
  readonly progress: number[];
}

/** A pool of child processes of a test's own, and the skills that it writes for it. */
export class RunnerBench {
  readonly runner: ProcessRunner;
  readonly artifactsDir: string;
  readonly scratchDir: string;
  readonly #skillsDir: string;
  #runs = 0;

  constructor(dir: string, options: Partial<ProcessRunnerOptions> = {}) {
    this.#skillsDir = join(dir, 'skills');
    this.artifactsDir = join(dir, 'artifacts');
    this.scratchDir = join(dir, 'work');
    mkdirSync(this.#skillsDir, { recursive: true });
    this.runner = new ProcessRunner({
      readable: () => [this.#skillsDir],
      scratchDir: this.scratchDir,
      artifactsDir: this.artifactsDir,
      slots: 2,
      heapMb: 64,
      maxRunsPerChild: 1000,
      idleMs: 600_000,
      compileCache: null,
      ...options,
    });
  }

  /** A skill whose `execute(params, context)` has this body. */
  skill(name: string, execute: string, digest = `digest of ${name}`): LoadedSkill {
    const entry = join(this.#skillsDir, `${name}.cjs`);
    writeFileSync(
      entry,
      `const fs = require('node:fs');
       const { join } = require('node:path');
       const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
       exports.execute = async (params, context) => { ${execute} };`,
    );
    const texts = { description: 'A skill of a test', category: 'test', author: 'test' };
    const metadata = { name, version: '1.0.0', difficulty: 'beginner', parameters: {}, ...texts };
    return { metadata, digest, folder: this.#skillsDir, entry, format: 'commonjs' } as unknown as LoadedSkill;
  }

  run(skill: LoadedSkill, part: Partial<RunJob> = {}): WatchedRun {
    const id = `exec_r${String(this.#runs++)}`;
    const lines: string[] = [];
    const progress: number[] = [];
    const events: RunEvents = {
      progress: (percent) => progress.push(percent),
      log: (level, message) => lines.push(`${level}: ${message}`),
    };
    const limits = { timeoutMs: 600_000, heapMb: 64, rssMb: 1024, outputBytes: 1_000_000, resultBytes: 100_000 };
    const job = { executionId: id, attempt: 1, owner: 'user_a', skill, params: {}, ...part };
    const handle = this.runner.run({ ...job, limits: { ...limits, ...part.limits } }, events);
    return { ...handle, id, lines, progress };
  }

  /** Runs a skill to its end. */
  async outcome(skill: LoadedSkill, part: Partial<RunJob> = {}): Promise<RunOutcome> {
    return this.run(skill, part).outcome;
  }

  /** What a skill returned; fails when it did not. */
  async result(skill: LoadedSkill, params: JsonObject = {}, owner = 'user_a'): Promise<unknown> {
    const outcome = await this.outcome(skill, { params, owner });
    if (outcome.kind !== 'completed') throw new Error(`it did not complete: ${JSON.stringify(outcome)}`);
    return outcome.result;
  }
}

/** True while there is a process with this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
