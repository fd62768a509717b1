import type { ExecutionRequested, RunLimits } from '../../schemas/generated/events.ts';
import type { ExecutionStore, LoadedExecution } from '../commands/execution-store.ts';
import { decideExecution, type ExecutionCommand } from '../domain/execution/decide.ts';
import type { Membership } from '../event-log/membership.ts';
import type { Place } from '../commands/request-execution.ts';
import type { EventLog } from '../event-log/event-log.ts';
import { definitely } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, isAppError } from '../kernel/errors.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';
import { TimerQueue } from '../kernel/timer-queue.ts';
import type { LoadedSkill } from '../skills/skill.ts';
import type { Vault } from '../vault/vault.ts';
import { ActiveRun, type ActiveRunDependencies } from './active-run.ts';
import { ReadyQueue } from './ready-queue.ts';
import type { RunHandle, RunOutcome, SkillRunner } from './run-outcome.ts';
import { failedRun, notStarted } from './skill-errors.ts';
import { startAttempt } from './start-attempt.ts';
import { type TodoItem, TodoList } from './todo-list.ts';
import type { TrackedExecution } from './tracked-execution.ts';

interface RunnerDependencies {
  readonly log: EventLog;
  readonly executions: ExecutionStore;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly skillRunner: SkillRunner;
  readonly node: string;
  readonly membership: Membership;
  readonly limits: Omit<RunLimits, 'timeoutMs'>;
  /** A skill that this node has; executions of others wait until it has them. */
  readonly skillOf: (name: string) => LoadedSkill | undefined;
  /** What is to be appended right behind the end of an execution. */
  readonly followUpOf?: ActiveRunDependencies['followUpOf'];
  /** The to-do list after a position of the log. */
  readonly todo: (after: number, limit: number) => Promise<readonly TodoItem[]>;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, executionId: string) => void;
}

interface Active {
  readonly execution: TrackedExecution;
  readonly run: ActiveRun;
  readonly handle: RunHandle;
  done: Promise<void>;
}

/** Claims that may be ahead of the runs: so many short runs fit into the time that a claim takes to become durable. */
const aheadMs = 20;
const claimRetryMs = 1000;
const maxAhead = 64;
/** How often this node looks at what others should be doing. */
const sweepMs = 2000;
/** What has waited for its owner this long is taken up by any node that has room. */
const overdueMs = 5000;

/**
 * Runs what the to-do list says: claims a due execution by appending ExecutionStarted, runs an attempt, appends the outcome.
 * The list is the fold of the log. Two runners that claim the same execution append the same revision, so one of them learns
 * that it was not first; membership says who tries, so that this is rare.
 * INV-8: an execution has one ending, and only the node of its present attempt reports on it.
 */
export class Runner {
  readonly #deps: RunnerDependencies;
  readonly #todo: TodoList;
  readonly #active = new FleetingMap<string, Active>();
  /** What waits for other nodes to take it up. */
  readonly #leftToOthers = new Set<TrackedExecution>();
  readonly #ready: ReadyQueue;
  readonly #timers: TimerQueue<TrackedExecution>;
  #sweeper: NodeJS.Timeout | null = null;
  /** What the log said ran here at the last sweep, while nothing of it did. */
  #strays: ReadonlySet<TrackedExecution> = new Set();
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
    this.#ready = new ReadyQueue((skill) => this.#roomFor(skill));
    this.#timers = new TimerQueue(deps.clock, (execution) => {
      this.#due(execution);
    });
    this.#todo = new TodoList(deps, {
      waits: (execution) => {
        this.#enqueue(execution);
      },
      started: (execution) => {
        execution.queued = false;
        execution.overdue = false;
        this.#leftToOthers.delete(execution);
      },
      attemptEnded: (execution, node) => {
        this.#attemptEnded(execution, node);
      },
      cancels: (execution) => {
        this.#active.get(execution.id)?.handle.cancel();
      },
      ended: (execution) => {
        this.#ended(execution);
      },
    });
    this.#runDeps = { ...deps, reload: (tracked) => this.#todo.reload(tracked), givesUp: () => this.#givesUp };
    deps.membership.onChange(() => {
      this.ownershipChanged();
    });
  }

  /** Executions that wait or run. */
  get open(): number {
    return this.#todo.size;
  }

  /** Executions that run on this node. */
  get running(): number {
    return this.#active.size;
  }

  /** Executions that wait. */
  get waiting(): number {
    return this.#todo.waiting;
  }

  /** Takes up the to-do list as the log has it: attempts of nodes that are gone are lost, the rest is queued. */
  async start(): Promise<void> {
    await this.#todo.load();
    await this.#loseGone();
    this.#sweeper = setInterval(() => {
      this.#sweep();
    }, sweepMs).unref();
    this.#accepting = true;
    this.#pump();
  }

  /** Skills came, went or have other limits, or other nodes own other things now: what waits is looked at again. */
  ownershipChanged(): void {
    for (const execution of this.#leftToOthers) this.#enqueue(execution);
    this.#ready.reconsider();
    this.#pump();
    this.#sweep();
  }

  /**
   * Claims nothing more, waits up to `graceMs` for what runs, and hands the rest back: those attempts are lost and run
   * again elsewhere, or after the next start.
   */
  async stop(graceMs: number): Promise<void> {
    this.#accepting = false;
    this.#timers.stop();
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    const grace = setTimeout(() => {
      this.#handBack();
    }, graceMs);
    while (this.#active.size > 0 || this.#claims > 0) {
      const runs = [...this.#active.values()].map((active) => active.done);
      await Promise.all(runs.length > 0 ? runs : [new Promise((resolve) => setTimeout(resolve, 5))]);
    }
    clearTimeout(grace);
    await this.#deps.skillRunner.stop();
    this.#todo.close();
  }

  #handBack(): void {
    this.#givesUp = true;
    for (const { execution } of this.#active.values()) void this.#loseAttempt(execution, this.#deps.node);
    void this.#deps.skillRunner.stop();
  }

  /** Whoever has a limit is started by one node only, or two nodes could go over it together. */
  #owns({ id, skill }: Pick<TrackedExecution, 'id' | 'skill'>): boolean {
    return this.#deps.membership.owns(this.#isLimited(skill) ? skill : id);
  }

  #isLimited(skill: string): boolean {
    return this.#deps.skillOf(skill)?.metadata.concurrency !== undefined;
  }

  /** Runs of a skill that this node may have at once. */
  #roomFor(skill: string): number {
    const known = this.#deps.skillOf(skill);
    if (known === undefined) return 0;
    const { concurrency } = known.metadata;
    return concurrency === undefined ? Infinity : concurrency - this.#todo.elsewhereOf(skill);
  }

  #attemptEnded(execution: TrackedExecution, node: string | null): void {
    const active = this.#active.get(execution.id);
    // Somebody else has ended the attempt: what the run here still says is not wanted any more.
    if (active?.run.ending === false) active.handle.cancel();
    if (node !== this.#deps.node && this.#isLimited(execution.skill)) {
      this.#ready.reconsider();
      this.#pump();
    }
  }

  #ended(execution: TrackedExecution): void {
    this.#leftToOthers.delete(execution);
    if (execution.loaded !== null && execution.loaded.request.secretParams.length === 0) return;
    this.#deps.vault.take('params', execution.id).catch((error: unknown) => {
      this.#deps.onError(error, execution.id);
    });
  }

  #enqueue(execution: TrackedExecution): void {
    if (execution.queued) return;
    if (!execution.overdue && !this.#owns(execution)) {
      this.#leftToOthers.add(execution);
      return;
    }
    this.#leftToOthers.delete(execution);
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
    if (!execution.queued || !this.#todo.has(execution)) return;
    const now = this.#deps.clock.now();
    if (execution.expiresAtMs !== null && execution.expiresAtMs <= now) {
      execution.queued = false;
      void this.#command(execution, { kind: 'expire', nowMs: now });
    } else if (execution.dueAtMs !== null && execution.dueAtMs <= now) {
      execution.dueAtMs = null;
      this.#makeReady(execution);
    }
  }

  /** Looks after what other nodes should be doing: their attempts are lost when they are gone, and nothing waits for ever. */
  #sweep(): void {
    if (!this.#accepting) return;
    this.#loseGone().catch((error: unknown) => {
      this.#deps.onError(error, 'the attempts of other nodes');
    });
    this.#loseStrays();
    const latest = this.#deps.clock.now() - overdueMs;
    for (const execution of this.#leftToOthers) {
      if (this.#isFull() || this.#ready.size > 0) return;
      const { skill, waitsSinceMs, dueAtMs } = execution;
      if (Math.max(waitsSinceMs, dueAtMs ?? 0) > latest || this.#isLimited(skill)) continue;
      execution.overdue = true;
      this.#enqueue(execution);
    }
  }

  async #loseGone(): Promise<void> {
    const { elsewhere } = this.#todo;
    if (elsewhere.size === 0) return;
    const gone = await this.#deps.membership.goneOf(elsewhere.keys());
    const lost = [...gone].flatMap((node) =>
      [...(elsewhere.get(node) ?? [])].map((execution) => ({ node, execution })),
    );
    await Promise.all(
      lost
        .filter(({ execution }) => this.#owns(execution))
        .map(({ node, execution }) => this.#loseAttempt(execution, node)),
    );
  }

  /**
   * A start whose outcome was unknown may reach the log after it was given up: it says that the attempt runs here, and nobody
   * runs it. What is found so twice is not just about to begin.
   */
  #loseStrays(): void {
    const strays = new Set([...this.#todo.here].filter(({ id }) => !this.#active.has(id)));
    for (const execution of strays) if (this.#strays.has(execution)) void this.#loseAttempt(execution, this.#deps.node);
    this.#strays = strays;
  }

  /** Records that an attempt of `node` is lost, when it is still the one that runs. */
  #loseAttempt(execution: TrackedExecution, node: string): Promise<void> {
    return this.#command(execution, { kind: 'lose-attempt', nowMs: this.#deps.clock.now() }, ({ state }) => {
      if (state.phase !== 'running' || state.node !== node) throw new AppError('MOVE_NOT_ALLOWED');
    });
  }

  async #command(
    execution: TrackedExecution,
    command: ExecutionCommand,
    guard?: (loaded: LoadedExecution) => void,
  ): Promise<void> {
    try {
      await this.#deps.executions.execute(execution.id, command, this.#deps.node, guard);
    } catch (error) {
      if (!isAppError(error)) this.#deps.onError(error, execution.id);
    }
  }

  /**
   * Holds a place for an execution that is just being requested, when it could start at once and nothing waits in front of it:
   * request and start then share one append, and one flush. Any node may do so, whoever owns the execution.
   */
  placeFor(skill: LoadedSkill, timeoutMs: number): Place | null {
    if (!this.#accepting || this.#isFull()) return null;
    const { name, concurrency } = skill.metadata;
    if (concurrency !== undefined && !this.#deps.membership.owns(name)) return null;
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
    const execution = this.#todo.get(executionId);
    try {
      if (execution?.loaded === null) await this.#todo.reload(execution);
    } catch (error) {
      this.#deps.onError(error, executionId);
      // The log says that it runs here, and it does not.
      if (execution !== undefined) void this.#loseAttempt(execution, this.#deps.node);
    }
    if (execution?.loaded?.state.phase === 'running') this.#begin(execution, skill);
    else this.#giveBack(skill.metadata.name);
  }

  #giveBack(skill: string): void {
    this.#claims--;
    this.#ready.ended(skill);
    this.#pump();
  }

  #isFull(): boolean {
    return this.#claims + this.#runs >= this.#capacity();
  }

  #pump(): void {
    while (this.#accepting && !this.#isFull()) {
      const execution = this.#ready.take();
      if (execution === undefined) return;
      if (!execution.queued || !this.#todo.has(execution)) {
        this.#ready.ended(execution.skill);
        continue;
      }
      execution.queued = false;
      if (!execution.overdue && !this.#owns(execution)) {
        this.#leftToOthers.add(execution);
        this.#ready.ended(execution.skill);
        continue;
      }
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
    if (execution.loaded === null) await this.#todo.reload(execution);
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
    const { state, request } = definitely(execution.loaded, 'a started execution is loaded');
    const attempt = state.phase === 'running' ? state.attempts : 1;
    const run = new ActiveRun(execution, attempt, this.#runDeps);
    const handle = this.#run(execution, skill, run, attempt, request);
    this.#claims--;
    this.#runs++;
    const active: Active = { execution, run, handle, done: Promise.resolve() };
    this.#active.set(execution.id, active);
    active.done = this.#finish(active);
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

  async #finish(active: Active): Promise<void> {
    const { execution, handle, run } = active;
    const ended = await this.#outcome(execution, handle);
    this.#runs--;
    this.#runMs += (ended.durationMs - this.#runMs) / 16;
    this.#pump();
    await this.#record(execution, run, ended);
    // The next attempt may run here already, when this one was lost to others.
    if (this.#active.get(execution.id) === active) this.#active.delete(execution.id);
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
      if (!this.#givesUp) await this.#command(execution, commandOf(notRecorded(error), this.#deps.clock.now()));
    }
  }

  #limitsOf(timeoutMs: number): RunLimits {
    return { timeoutMs, ...this.#deps.limits };
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
