import type { ExecutionRequested, RunLimits } from '../../schemas/generated/events.ts';
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
import { TimerQueue } from '../kernel/timer-queue.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Vault } from '../vault/vault.ts';
import { ActiveRun, type ActiveRunDependencies } from './active-run.ts';
import { ReadyQueue } from './ready-queue.ts';
import type { RunHandle, RunOutcome, SkillRunner } from './run-outcome.ts';
import { failedRun, notStarted } from './skill-errors.ts';
import { startAttempt } from './start-attempt.ts';
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
  /** A skill that this node has; executions of others wait until it has them. */
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
    this.#ready = new ReadyQueue((skill) => {
      const known = deps.skillOf(skill);
      return known === undefined ? 0 : (known.metadata.concurrency ?? Infinity);
    });
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

  /** Skills came, went or have other limits: what waited for them is looked at again. */
  skillsChanged(): void {
    this.#ready.reconsider();
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
      start: this.#startCommand(timeoutMs, null),
      begin: (executionId) => {
        void this.#beginAt(executionId, skill);
      },
      giveBack: () => {
        this.#giveBack(name);
      },
    };
  }

  async #beginAt(executionId: string, skill: LoadedSkill): Promise<void> {
    const execution = this.#tracked.get(executionId);
    try {
      if (execution?.loaded === null) await this.#reload(execution);
    } catch (error) {
      this.#deps.onError(error, executionId);
      // The log says that it runs here, and it does not.
      if (execution !== undefined) this.#command(execution, { kind: 'lose-attempt', nowMs: this.#deps.clock.now() });
    }
    if (execution?.loaded?.state.phase === 'running') this.#begin(execution, skill);
    else this.#giveBack(skill.metadata.name);
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
      void this.#claim(execution, definitely(this.#deps.skillOf(execution.skill), 'what is ready has its skill here'));
    }
  }

  /** Short runs are claimed ahead, or each would wait for two flushes of the disk; long ones only when a slot is free. */
  #capacity(): number {
    const { slots } = this.#deps.skillRunner;
    return slots + Math.min(maxAhead, Math.floor((slots * aheadMs) / Math.max(1, this.#runMs)));
  }

  async #claim(execution: TrackedExecution, skill: LoadedSkill): Promise<void> {
    let started = false;
    try {
      started = await this.#appendStart(execution, skill);
    } catch (error) {
      this.#deps.onError(error, execution.id);
      // The log still says that it waits; it is tried again when the log may be writable again.
      execution.dueAtMs = this.#deps.clock.now() + claimRetryMs;
      execution.loaded = null;
      this.#enqueue(execution);
    }
    if (started) this.#begin(execution, skill);
    else this.#giveBack(execution.skill);
  }

  async #appendStart(execution: TrackedExecution, skill: LoadedSkill): Promise<boolean> {
    const { log, clock, node } = this.#deps;
    if (execution.loaded === null) await this.#reload(execution);
    const loaded = execution.loaded;
    if (loaded?.state.phase !== 'queued') return false;
    const { timeoutMs, skillDigest } = loaded.request;
    const changedDigest = skill.digest === skillDigest ? null : skill.digest;
    const events = decideExecution(this.#startCommand(timeoutMs, changedDigest), loaded.state);
    const result = await log.append({
      stream: execution.id,
      events,
      expected: loaded.revision,
      actor: node,
      atMs: clock.now(),
    });
    return result.outcome === 'accepted';
  }

  #startCommand(timeoutMs: number, skillDigest: string | null): ExecutionCommand {
    const { node, skillRunner } = this.#deps;
    const limits = skillRunner.mode === 'process' ? this.#limitsOf(timeoutMs) : null;
    return { kind: 'start', node, mode: skillRunner.mode, limits, skillDigest };
  }

  /** A claim becomes a run. */
  #begin(execution: TrackedExecution, skill: LoadedSkill): void {
    const run = new ActiveRun(execution, this.#runDeps);
    const { state, request } = definitely(execution.loaded, 'a started execution is loaded');
    const handle = this.#run(execution, skill, run, state.phase === 'running' ? state.attempts : 1, request);
    this.#claims--;
    this.#runs++;
    this.#active.set(execution.id, { execution, handle, done: this.#finish(execution, run, handle) });
    if (state.phase === 'running' && state.cancellation !== null) handle.cancel();
  }

  #run(
    { id, owner }: TrackedExecution,
    skill: LoadedSkill,
    run: ActiveRun,
    attempt: number,
    request: ExecutionRequested,
  ): RunHandle {
    const job = { executionId: id, attempt, owner, skill, limits: this.#limitsOf(request.timeoutMs) };
    try {
      return startAttempt(job, request, run, this.#deps);
    } catch (error) {
      return { outcome: Promise.resolve(this.#notStarted(error, id)), cancel: () => undefined };
    }
  }

  async #finish(execution: TrackedExecution, run: ActiveRun, handle: RunHandle): Promise<void> {
    const ended = await this.#outcome(execution, handle);
    this.#runs--;
    this.#runMs += (ended.durationMs - this.#runMs) / 16;
    this.#pump();
    await this.#record(execution, run, ended);
    this.#active.delete(execution.id);
    this.#ready.ended(execution.skill);
    this.#pump();
  }

  async #outcome(execution: TrackedExecution, { outcome }: RunHandle): Promise<RunOutcome> {
    try {
      return await outcome;
    } catch (error) {
      return this.#notStarted(error, execution.id);
    }
  }

  #notStarted(error: unknown, executionId: string): RunOutcome {
    this.#deps.onError(error, executionId);
    return failedRun('SKILL_START_FAILED', notStarted(error), true);
  }

  async #record(execution: TrackedExecution, run: ActiveRun, ended: RunOutcome): Promise<void> {
    // A run that was ended to be handed back has no outcome: its attempt is lost, now or at the next start.
    if (this.#givesUp && ended.kind !== 'completed') {
      run.abandon();
      return;
    }
    try {
      await run.finish(commandOf(ended, this.#deps.clock.now()));
    } catch (error) {
      this.#deps.onError(error, execution.id);
      if (!this.#givesUp) this.#command(execution, commandOf(notRecorded(error), this.#deps.clock.now()));
    }
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

/** An outcome that the log refused, whatever it was, must not leave its execution running for ever. */
function notRecorded(error: unknown): RunOutcome {
  const reason = isAppError(error) ? error.message : 'an error inside the server';
  return failedRun('OUTCOME_NOT_RECORDED', `The outcome could not be recorded: ${reason}`, false);
}
