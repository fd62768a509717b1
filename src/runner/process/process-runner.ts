import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { randomText } from '../../kernel/ids.ts';
import type { RunEvents, RunHandle, RunJob, SkillRunner } from '../run-outcome.ts';
import { ChildRun } from './child-run.ts';
import { SkillChild } from './child-process.ts';

export interface ProcessRunnerOptions {
  /** Folders that skill code may read, as they are by now. */
  readonly readable: () => readonly string[];
  /** Each child gets a folder of its own below this one. */
  readonly scratchDir: string;
  readonly artifactsDir: string;
  /** Children that run at once. */
  readonly slots: number;
  readonly heapMb: number;
  /** A child is replaced after this many runs. */
  readonly maxRunsPerChild: number;
  /** An idle child of an owner is ended after this long. */
  readonly idleMs: number;
  readonly compileCache: string | null;
}

interface PooledChild {
  readonly child: SkillChild;
  readonly scratchDir: string;
  /** The folders that it may read: those that were there when it was started. */
  readonly readable: string;
  /** Owner, skill and digest that it serves; null while it is a spare that has run nothing. */
  key: string | null;
  runs: number;
  idleSinceMs: number;
}

interface QueuedRun {
  readonly job: RunJob;
  readonly run: ChildRun;
}

const sweepMs = 5000;
const memoryPollMs = 250;
const maxFrameBytes = 16 * 1024 * 1024;

/**
 * A warm pool of child processes. A child serves one owner and one version of one skill for all its life and runs one
 * execution at a time; spares that have seen no skill yet wait, so that a first run does not pay for a process start.
 * It contains faults and accidental access. It is no boundary against a hostile author.
 */
export class ProcessRunner implements SkillRunner {
  readonly mode = 'process';
  readonly slots: number;
  readonly #options: ProcessRunnerOptions;
  readonly #idle = new Set<PooledChild>();
  readonly #busy = new Map<PooledChild, ChildRun>();
  readonly #queue: QueuedRun[] = [];
  readonly #sweeper: NodeJS.Timeout;
  readonly #memoryPoll: NodeJS.Timeout;
  #stopped = false;

  constructor(options: ProcessRunnerOptions) {
    this.#options = options;
    this.slots = options.slots;
    rmSync(options.scratchDir, { recursive: true, force: true });
    mkdirSync(options.scratchDir, { recursive: true });
    this.#sweeper = setInterval(() => {
      this.#endIdle();
    }, sweepMs).unref();
    this.#memoryPoll = setInterval(() => {
      this.#checkMemory();
    }, memoryPollMs).unref();
  }

  /** Starts one spare child ahead of the next first run. */
  prewarm(): void {
    if (this.#idle.size > 0 || this.#stopped) return;
    try {
      this.#idle.add(this.#spawn());
    } catch {
      // The run that needs a child tries again, and says why there is none.
    }
  }

  run(job: RunJob, events: RunEvents): RunHandle {
    const run = new ChildRun(job, events, { nonce: randomText(16), artifactsDir: this.#options.artifactsDir });
    this.#queue.push({ job, run });
    this.#dispatch();
    return {
      outcome: run.outcome,
      cancel: () => {
        this.#cancel(run);
      },
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweeper);
    clearInterval(this.#memoryPoll);
    for (const { run } of this.#queue.splice(0)) run.abandon();
    const outcomes = [...this.#busy.values()].map((run) => run.outcome);
    for (const pooled of [...this.#idle, ...this.#busy.keys()]) this.#discard(pooled);
    await Promise.all(outcomes);
  }

  #cancel(run: ChildRun): void {
    const at = this.#queue.findIndex((queued) => queued.run === run);
    if (at >= 0) {
      this.#queue.splice(at, 1);
      run.abandon();
    } else {
      run.stop('cancelled');
    }
  }

  #dispatch(): void {
    while (!this.#stopped && this.#queue.length > 0 && this.#busy.size < this.#options.slots) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#assign(next);
    }
  }

  #assign({ job, run }: QueuedRun): void {
    const key = `${job.owner} ${job.skill.metadata.name} ${job.skill.digest}`;
    let pooled: PooledChild;
    try {
      pooled = this.#childFor(key);
    } catch (error) {
      run.refuse(error);
      return;
    }
    pooled.key = key;
    pooled.runs++;
    this.#idle.delete(pooled);
    this.#busy.set(pooled, run);
    const workDir = join(pooled.scratchDir, `${job.executionId}-${String(job.attempt)}`);
    run.begin(pooled.child, workDir, (reusable) => {
      this.#release(pooled, reusable);
    });
    // The next first run of somebody finds a spare instead of waiting for a process to start.
    if (this.#idle.size === 0)
      setImmediate(() => {
        this.prewarm();
      });
  }

  #childFor(key: string): PooledChild {
    let spare: PooledChild | undefined;
    for (const pooled of this.#idle) {
      if (pooled.key === key) return pooled;
      if (pooled.key === null) spare = pooled;
    }
    if (spare !== undefined) {
      if (spare.readable === readableText(this.#options.readable())) return spare;
      // It was started before a folder of skills was there.
      this.#discard(spare);
    }
    // Idle children of others hold memory for nothing while somebody waits.
    const surplus = this.#idle.size + this.#busy.size - this.#options.slots;
    if (surplus >= 0) for (const pooled of [...this.#idle].slice(0, surplus + 1)) this.#discard(pooled);
    return this.#spawn();
  }

  #release(pooled: PooledChild, reusable: boolean): void {
    this.#busy.delete(pooled);
    if (reusable && !pooled.child.gone && pooled.runs < this.#options.maxRunsPerChild && !this.#stopped) {
      pooled.idleSinceMs = performance.now();
      this.#idle.add(pooled);
      this.#watchIdle(pooled);
    } else {
      this.#discard(pooled);
    }
    this.#dispatch();
  }

  #spawn(): PooledChild {
    const scratchDir = join(this.#options.scratchDir, randomText(12));
    mkdirSync(scratchDir, { recursive: true });
    const { heapMb, compileCache } = this.#options;
    const readable = this.#options.readable();
    const child = new SkillChild({ readable, scratchDir, heapMb, maxFrameBytes, compileCache });
    const pooled: PooledChild = {
      ...{ child, scratchDir, readable: readableText(readable), key: null, runs: 0 },
      idleSinceMs: performance.now(),
    };
    this.#watchIdle(pooled);
    return pooled;
  }

  /** A child that ends while it waits must not be given a run: nobody would ever hear of that run again. */
  #watchIdle(pooled: PooledChild): void {
    const gone = (): void => {
      if (this.#idle.has(pooled)) this.#discard(pooled);
    };
    pooled.child.listen({ message: () => undefined, violation: gone, exited: gone });
  }

  #discard(pooled: PooledChild): void {
    this.#idle.delete(pooled);
    pooled.child.destroy();
    try {
      rmSync(pooled.scratchDir, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // What cannot be removed now goes at the next start.
    }
  }

  #endIdle(): void {
    const now = performance.now();
    for (const pooled of this.#idle) {
      if (pooled.key !== null && now - pooled.idleSinceMs > this.#options.idleMs) this.#discard(pooled);
    }
  }

  #checkMemory(): void {
    for (const [pooled, run] of this.#busy) run.checkMemory(pooled.child.residentBytes());
  }
}

function readableText(folders: readonly string[]): string {
  return folders.join('\n');
}
