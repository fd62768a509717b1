import type { JsonObject } from '../kernel/json.ts';
import type { EventOf, RunLimits } from '../../schemas/generated/events.ts';
import type { ExecutionStore } from '../commands/execution-store.ts';
import { decideExecution, type ExecutionCommand } from '../domain/execution/decide.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import { initialExecution } from '../domain/execution/state.ts';
import { isEnding } from '../commands/endings.ts';
import type { Place } from '../commands/request-execution.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import { definitely } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { isAppError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { TimerQueue } from '../kernel/timer-queue.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Vault } from '../vault/vault.ts';
import { ActiveRun, type ActiveRunDependencies } from './active-run.ts';
import { ReadyQueue } from './ready-queue.ts';
import type { RunHandle, RunOutcome, SkillRunner } from './run-outcome.ts';
import type { TrackedExecution } from './tracked-execution.ts';

/** A row of the runner's to-do list. */
export interface TodoItem {
  readonly id: string;
  readonly status: string;
  readonly skill: string;
  readonly owner: string;
  readonly priority: number;
  readonly dueAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly mode: string | null;
  readonly position: number;
}

interface RunnerDependencies {
  readonly log: EventLog;
  readonly executions: ExecutionStore;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly skillRunner: SkillRunner;
  readonly node: string;
  readonly limits: Omit<RunLimits, 'timeoutMs'>;
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  /** The to-do list after a position of the log. */
  readonly todo: (after: number, limit: number) => Promise<readonly TodoItem[]>;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, executionId: string) => void;
}

interface Active {
  readonly execution: TrackedExecution;
  readonly handle: RunHandle;
  readonly done: Promise<void>;
}

const todoPage = 5000;
/** Claims that may be ahead of the runs: so many short runs fit into the time that a claim takes to become durable. */
const aheadMs = 20;
const claimRetryMs = 1000;
const maxAhead = 64;
/** Above this many waiting executions their parameters are not kept in memory but read again when they start. */
const maxRemembered = 20_000;

/**
 * Runs what the to-do list says: claims a due execution by appending ExecutionStarted, runs an attempt, appends the outcome.
 * The list is the fold of the log; memory holds a copy of it, kept current by the log's own events. Two runners that claim
 * the same execution append the same revision, so one of them learns that it was not first.
 */
export class Runner {
  readonly #deps: RunnerDependencies;
  readonly #tracked = new Map<string, TrackedExecution>();
  readonly #active = new Map<string, Active>();
  readonly #ready: ReadyQueue;
  readonly #timers: TimerQueue<TrackedExecution>;
  readonly #unsubscribe: () => void;
  #claims = 0;
  /** Attempts that run or wait for a process; the outcome of those that are over may still be on its way to the log. */
  #runs = 0;
  /** Moving average of how long a run takes. */
  #runMs = 1000;
  #pumpDue = false;
  #accepting = false;
  #givesUp = false;
  readonly #runDeps: ActiveRunDependencies;

  constructor(deps: RunnerDependencies) {
    this.#deps = deps;
    this.#runDeps = { ...deps, reload: (tracked) => this.#reload(tracked), givesUp: () => this.#givesUp };
    this.#ready = new ReadyQueue((skill) => deps.skillOf(skill)?.metadata.concurrency ?? Infinity);
    this.#timers = new TimerQueue(deps.clock, (execution) => {
      this.#due(execution);
    });
    this.#unsubscribe = deps.log.subscribe((events) => {
      this.#fold(events);
    });
  }

  /** Executions that wait or run. */
  get open(): number {
    return this.#tracked.size;
  }

  get running(): number {
    return this.#active.size;
  }

  /** Executions that wait. */
  get waiting(): number {
    return this.#tracked.size - this.#active.size;
  }

  /** Takes up the to-do list as the last process left it: attempts it was running are lost, the rest is queued. */
  async start(): Promise<void> {
    let after = 0;
    for (;;) {
      const items = await this.#deps.todo(after, todoPage);
      for (const item of items) await this.#takeUp(item);
      after = items.at(-1)?.position ?? after;
      if (items.length < todoPage) break;
    }
    this.#accepting = true;
    this.#pump();
  }

  /**
   * Claims nothing more, waits up to `graceMs` for what runs, and hands the rest back: those attempts are lost and run
   * again after the next start.
   */
  async stop(graceMs: number): Promise<void> {
    this.#accepting = false;
    this.#timers.stop();
    const grace = setTimeout(() => {
      this.#handBack();
    }, graceMs);
    while (this.#active.size > 0 || this.#claims > 0) {
      const runs = [...this.#active.values()].map((active) => active.done);
      await Promise.all(runs.length > 0 ? runs : [new Promise((resolve) => setTimeout(resolve, 5))]);
    }
    clearTimeout(grace);
    await this.#deps.skillRunner.stop();
    this.#unsubscribe();
  }

  #handBack(): void {
    this.#givesUp = true;
    for (const { execution } of this.#active.values()) {
      this.#command(execution, { kind: 'lose-attempt', nowMs: this.#deps.clock.now() });
    }
    void this.#deps.skillRunner.stop();
  }

  async #takeUp(item: TodoItem): Promise<void> {
    if (item.mode === 'external' || this.#tracked.has(item.id)) return;
    const { id, skill, owner, priority, position, dueAtMs } = item;
    // Only the wait for the first start has a limit.
    const expiresAtMs = item.status === 'queued' ? item.expiresAtMs : null;
    const execution: TrackedExecution = {
      id,
      skill,
      owner,
      priority,
      position,
      dueAtMs,
      expiresAtMs,
      loaded: null,
      queued: false,
    };
    this.#tracked.set(item.id, execution);
    if (item.status === 'queued' || item.status === 'retrying') {
      this.#enqueue(execution);
      return;
    }
    const command: ExecutionCommand = { kind: 'lose-attempt', nowMs: this.#deps.clock.now() };
    await this.#deps.executions.execute(item.id, command, this.#deps.node).catch((error: unknown) => {
      if (!isAppError(error)) throw error;
    });
  }

  #fold(events: readonly RecordedEvent[]): void {
    for (const event of events) this.#foldOne(event);
    const [first] = events;
    if (first?.type !== 'ExecutionRequested') return;
    // Queued only when the same append did not start it as well.
    const execution = this.#tracked.get(first.stream);
    if (execution !== undefined && events.length === 1) this.#enqueue(execution);
  }

  #foldOne(event: RecordedEvent): void {
    if (event.type === 'ExecutionRequested') {
      if (event.revision === 0 && event.data.cause !== 'external') this.#track(event);
      return;
    }
    const execution = this.#tracked.get(event.stream);
    if (execution === undefined) return;
    const { loaded } = execution;
    if (loaded !== null && event.revision === loaded.revision + 1) {
      loaded.state = evolveExecution(loaded.state, event);
      loaded.revision = event.revision;
    } else if (loaded !== null && event.revision > loaded.revision) {
      execution.loaded = null;
    }
    this.#react(execution, event);
  }

  #react(execution: TrackedExecution, event: RecordedEvent): void {
    if (event.type === 'ExecutionCancellationRequested') this.#active.get(execution.id)?.handle.cancel();
    else if (event.type === 'ExecutionAttemptFailed' || event.type === 'ExecutionAttemptLost') {
      execution.dueAtMs = event.data.retryAtMs;
      execution.expiresAtMs = null;
      this.#enqueue(execution);
    } else if (isEnding(event)) {
      this.#tracked.delete(execution.id);
      if (execution.loaded === null || execution.loaded.request.secretParams.length > 0) {
        this.#deps.vault.take('params', execution.id).catch((error: unknown) => {
          this.#deps.onError(error, execution.id);
        });
      }
    }
  }

  #track(event: RecordedEvent<'ExecutionRequested'>): void {
    const { skill, owner, priority, dueAtMs, expiresAtMs } = event.data;
    const remember = this.#tracked.size < maxRemembered;
    const state = evolveExecution(initialExecution, event);
    const execution: TrackedExecution = {
      id: event.stream,
      skill,
      owner,
      priority,
      position: event.position,
      dueAtMs,
      expiresAtMs,
      loaded: remember ? { state, revision: 0, request: event.data } : null,
      queued: false,
    };
    this.#tracked.set(execution.id, execution);
  }

  #enqueue(execution: TrackedExecution): void {
    if (execution.queued) return;
    const { dueAtMs, expiresAtMs } = execution;
    if (expiresAtMs !== null) this.#timers.add(expiresAtMs, execution);
    execution.queued = true;
    if (dueAtMs !== null && dueAtMs > this.#deps.clock.now()) this.#timers.add(dueAtMs, execution);
    else this.#makeReady(execution);
  }

  #makeReady(execution: TrackedExecution): void {
    this.#ready.push(execution);
    if (this.#pumpDue || !this.#accepting) return;
    this.#pumpDue = true;
    queueMicrotask(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  /** A time of the execution has come: it is due, or it has waited too long. */
  #due(execution: TrackedExecution): void {
    if (!execution.queued || this.#tracked.get(execution.id) !== execution) return;
    const now = this.#deps.clock.now();
    if (execution.expiresAtMs !== null && execution.expiresAtMs <= now) {
      execution.queued = false;
      this.#command(execution, { kind: 'expire', nowMs: now });
    } else if (execution.dueAtMs !== null && execution.dueAtMs <= now) {
      execution.dueAtMs = null;
      this.#makeReady(execution);
    }
  }

  #command(execution: TrackedExecution, command: ExecutionCommand): void {
    this.#deps.executions.execute(execution.id, command, this.#deps.node).catch((error: unknown) => {
      if (!isAppError(error)) this.#deps.onError(error, execution.id);
    });
  }

  /**
   * Holds a place for an execution that is just being requested, when it could start at once and nothing waits in front of it:
   * request and start then share one append, and one flush.
   */
  placeFor(skill: LoadedSkill, timeoutMs: number): Place | null {
    if (!this.#accepting || this.#claims + this.#runs >= this.#capacity()) return null;
    const { name } = skill.metadata;
    if (!this.#ready.overtake(name)) return null;
    this.#claims++;
    return {
      start: this.#startCommand(timeoutMs),
      begin: (executionId) => {
        this.#beginAt(executionId, name).catch((error: unknown) => {
          this.#deps.onError(error, executionId);
          this.#giveBack(name);
        });
      },
      giveBack: () => {
        this.#giveBack(name);
      },
    };
  }

  async #beginAt(executionId: string, skill: string): Promise<void> {
    const execution = this.#tracked.get(executionId);
    if (execution !== undefined && execution.loaded === null) await this.#reload(execution);
    if (execution?.loaded?.state.phase === 'running') {
      this.#claims--;
      this.#begin(execution);
    } else this.#giveBack(skill);
  }

  #giveBack(skill: string): void {
    this.#claims--;
    this.#ready.ended(skill);
    this.#pump();
  }

  #pump(): void {
    while (this.#accepting && this.#claims + this.#runs < this.#capacity()) {
      const execution = this.#ready.take();
      if (execution === undefined) return;
      if (!execution.queued || this.#tracked.get(execution.id) !== execution) {
        this.#ready.ended(execution.skill);
        continue;
      }
      execution.queued = false;
      this.#claims++;
      void this.#claim(execution);
    }
  }

  /** Short runs are claimed ahead, or each would wait for two flushes of the disk; long ones only when a slot is free. */
  #capacity(): number {
    const { slots } = this.#deps.skillRunner;
    return slots + Math.min(maxAhead, Math.floor((slots * aheadMs) / Math.max(1, this.#runMs)));
  }

  async #claim(execution: TrackedExecution): Promise<void> {
    let started = false;
    try {
      started = await this.#appendStart(execution);
    } catch (error) {
      this.#deps.onError(error, execution.id);
      // The log still says that it waits; it is tried again when the log may be writable again.
      execution.dueAtMs = this.#deps.clock.now() + claimRetryMs;
      execution.loaded = null;
      this.#enqueue(execution);
    }
    if (started) {
      this.#claims--;
      this.#begin(execution);
    } else this.#giveBack(execution.skill);
  }

  async #appendStart(execution: TrackedExecution): Promise<boolean> {
    const { log, clock, node } = this.#deps;
    if (execution.loaded === null) await this.#reload(execution);
    const loaded = execution.loaded;
    if (loaded?.state.phase !== 'queued') return false;
    const events = decideExecution(this.#startCommand(loaded.request.timeoutMs), loaded.state);
    const result = await log.append({
      stream: execution.id,
      events,
      expected: loaded.revision,
      actor: node,
      atMs: clock.now(),
    });
    return result.outcome === 'accepted';
  }

  #startCommand(timeoutMs: number): ExecutionCommand {
    const { node, skillRunner } = this.#deps;
    const limits = skillRunner.mode === 'process' ? this.#limitsOf(timeoutMs) : null;
    return { kind: 'start', node, mode: skillRunner.mode, limits };
  }

  #begin(execution: TrackedExecution): void {
    const run = new ActiveRun(execution, this.#runDeps);
    const { handle, outcome } = this.#run(execution, run);
    this.#runs++;
    this.#active.set(execution.id, { execution, handle, done: this.#finish(execution, run, outcome) });
    const state = execution.loaded?.state;
    if (state?.phase === 'running' && state.cancellationRequested) handle.cancel();
  }

  async #finish(execution: TrackedExecution, run: ActiveRun, outcome: Promise<RunOutcome>): Promise<void> {
    try {
      const ended = await outcome.finally(() => this.#runs--);
      this.#runMs += (ended.durationMs - this.#runMs) / 16;
      this.#pump();
      // A run that was ended to be handed back has no outcome: its attempt is lost, now or at the next start.
      if (this.#givesUp && ended.kind !== 'completed') run.abandon();
      else await run.finish(commandOf(ended, this.#deps.clock.now()));
    } catch (error) {
      this.#deps.onError(error, execution.id);
    }
    this.#active.delete(execution.id);
    this.#ready.ended(execution.skill);
    this.#pump();
  }

  #run(
    execution: TrackedExecution,
    run: ActiveRun,
  ): { readonly handle: RunHandle; readonly outcome: Promise<RunOutcome> } {
    const loaded = definitely(execution.loaded, 'a started execution is loaded');
    const { request, state } = loaded;
    const skill = this.#deps.skillOf(execution.skill);
    if (skill === undefined) {
      const outcome = Promise.resolve(skillMissing(execution.skill));
      return { handle: { outcome, cancel: () => undefined }, outcome };
    }
    const attempt = state.phase === 'running' ? state.attempts : 1;
    const start = (params: JsonObject): RunHandle =>
      this.#deps.skillRunner.run(
        {
          executionId: execution.id,
          attempt,
          owner: execution.owner,
          skill,
          params,
          limits: this.#limitsOf(request.timeoutMs),
        },
        {
          progress: (percent, status) => {
            run.progress(percent, status);
          },
          log: (level, message, loggedAtMs) => {
            run.log({ level, message, loggedAtMs });
          },
        },
      );
    const open = isJsonObject(request.params) ? request.params : {};
    if (request.secretParams.length === 0) {
      const handle = start(open);
      return { handle, outcome: handle.outcome };
    }
    return this.#withSecrets(execution.id, open, start);
  }

  /** Secret parameters come from the vault at the last moment. */
  #withSecrets(
    executionId: string,
    open: JsonObject,
    start: (params: JsonObject) => RunHandle,
  ): { readonly handle: RunHandle; readonly outcome: Promise<RunOutcome> } {
    let cancelled = false;
    const started = this.#deps.vault.get('params', executionId).then((secret) => {
      const handle = start({ ...open, ...(isJsonObject(secret) ? secret : {}) });
      if (cancelled) handle.cancel();
      return handle;
    });
    const outcome = started.then((handle) => handle.outcome);
    const cancel = (): void => {
      cancelled = true;
      void started.then((handle) => {
        handle.cancel();
      });
    };
    return { handle: { outcome, cancel }, outcome };
  }

  #limitsOf(timeoutMs: number): RunLimits {
    return { timeoutMs, ...this.#deps.limits };
  }

  async #reload(execution: TrackedExecution): Promise<void> {
    const { state, revision, request } = await this.#deps.executions.reload(execution.id);
    execution.loaded = request === null ? null : { state, revision, request };
  }
}

/** The command that records how an attempt ended. */
function commandOf(outcome: RunOutcome, nowMs: number): ExecutionCommand {
  const { durationMs, artifacts } = outcome;
  switch (outcome.kind) {
    case 'completed':
      return { kind: 'complete', result: outcome.result, durationMs, artifacts };
    case 'failed':
      return { kind: 'fail-attempt', error: outcome.error, retryable: outcome.retryable, nowMs, durationMs, artifacts };
    case 'timed-out':
      return { kind: 'time-out', nowMs, durationMs, artifacts };
    case 'cancelled':
      return { kind: 'confirm-cancellation', reason: null, durationMs, artifacts };
  }
}

function skillMissing(name: string): RunOutcome {
  const message = `The skill ${name} is in no folder of this node any more.`;
  const error: EventOf<'ExecutionFailed'>['data']['error'] = { code: 'SKILL_NOT_FOUND', message, stack: null };
  return { kind: 'failed', error, retryable: false, durationMs: 0, artifacts: [] };
}
