import type { ExecutionStore } from '../commands/execution-store.ts';
import { isEnding } from '../commands/endings.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import { initialExecution } from '../domain/execution/state.ts';
import { workflowOfRun } from '../domain/workflow/definition.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';
import type { TrackedExecution } from './tracked-execution.ts';

/** A row of the to-do list: an execution that has not ended. */
export interface TodoItem {
  readonly id: string;
  readonly status: string;
  readonly skill: string;
  readonly owner: string;
  readonly priority: number;
  readonly dueAtMs: number | null;
  readonly expiresAtMs: number | null;
  readonly mode: string | null;
  readonly node: string | null;
  readonly position: number;
}

/** Who is told what the log says of executions. */
export interface TodoListener {
  /** It is to be started, at once or when it is due: requested, or to be repeated. */
  waits(execution: TrackedExecution): void;
  /** An attempt of it began, here or elsewhere. */
  started(execution: TrackedExecution): void;
  /** Its attempt is over, whatever its run still does: `node` was running it. */
  attemptEnded(execution: TrackedExecution, node: string | null): void;
  /** Somebody wants it to stop. */
  cancels(execution: TrackedExecution): void;
  /** Nothing more happens to it. */
  ended(execution: TrackedExecution): void;
}

interface TodoDependencies {
  readonly log: EventLog;
  readonly executions: ExecutionStore;
  readonly clock: Clock;
  readonly node: string;
  /** The to-do list after a position of the log. */
  readonly todo: (after: number, limit: number) => Promise<readonly TodoItem[]>;
}

const pageItems = 5000;
/** Above this many open executions their parameters are not kept in memory but read again when they start. */
const maxRemembered = 20_000;

/** The open executions of the whole cell: the fold of the log, kept in memory and kept current by the log's own events. */
export class TodoList {
  readonly #deps: TodoDependencies;
  readonly #listener: TodoListener;
  readonly #tracked = new FleetingMap<string, TrackedExecution>();
  /** What the log says runs on this node. */
  readonly #here = new FleetingMap<string, TrackedExecution>();
  /** What runs on other nodes, by node. */
  readonly #elsewhere = new Map<string, Set<TrackedExecution>>();
  readonly #elsewhereOf = new Map<string, number>();
  readonly #unsubscribe: () => void;
  #running = 0;
  /** Streams with news that came while the list was being read. */
  #news: Set<string> | null = new Set();

  constructor(deps: TodoDependencies, listener: TodoListener) {
    this.#deps = deps;
    this.#listener = listener;
    this.#unsubscribe = deps.log.subscribe((events) => {
      this.#fold(events);
    });
  }

  /** Executions that wait or run, on any node. */
  get size(): number {
    return this.#tracked.size;
  }

  /** Executions that wait. */
  get waiting(): number {
    return this.#tracked.size - this.#running;
  }

  /** What the log says runs on this node. */
  get here(): Iterable<TrackedExecution> {
    return this.#here.values();
  }

  /** What runs on other nodes, by node. */
  get elsewhere(): ReadonlyMap<string, ReadonlySet<TrackedExecution>> {
    return this.#elsewhere;
  }

  /** How many executions of a skill run on other nodes. */
  elsewhereOf(skill: string): number {
    return this.#elsewhereOf.get(skill) ?? 0;
  }

  get(executionId: string): TrackedExecution | undefined {
    return this.#tracked.get(executionId);
  }

  values(): Iterable<TrackedExecution> {
    return this.#tracked.values();
  }

  /** True while the list holds this very execution. */
  has(execution: TrackedExecution): boolean {
    return this.#tracked.get(execution.id) === execution;
  }

  /** Reads the list as the log has it by now. */
  async load(): Promise<void> {
    let after = 0;
    for (;;) {
      const items = await this.#deps.todo(after, pageItems);
      for (const item of items) this.#takeUp(item);
      after = items.at(-1)?.position ?? after;
      if (items.length < pageItems) break;
    }
    const news = this.#news ?? [];
    this.#news = null;
    for (const id of news) await this.#correct(id);
  }

  /** Folds the stream of an execution anew. */
  async reload(execution: TrackedExecution): Promise<void> {
    for (;;) {
      const { state, revision, request } = await this.#deps.executions.reload(execution.id);
      // The log may have told more than was there to be read.
      if (revision < Math.max(execution.revision, execution.loaded?.revision ?? 0)) continue;
      execution.loaded = request === null ? null : { state, revision, request };
      return;
    }
  }

  close(): void {
    this.#unsubscribe();
  }

  #takeUp(item: TodoItem): void {
    if (item.mode === 'external' || workflowOfRun(item.skill) !== null || this.#tracked.has(item.id)) return;
    const { id, status, skill, owner, priority, position, dueAtMs } = item;
    const waits = status === 'queued' || status === 'retrying';
    // Only the wait for the first start has a limit.
    const expiresAtMs = status === 'queued' ? item.expiresAtMs : null;
    const execution = this.#track({ id, skill, owner, priority, position, dueAtMs, expiresAtMs, loaded: null });
    if (waits) this.#listener.waits(execution);
    else this.#setRunning(execution, item.node);
  }

  /** What the list said of an execution was read before what the log said of it since. */
  async #correct(id: string): Promise<void> {
    const execution = this.#tracked.get(id);
    if (execution === undefined) return;
    await this.reload(execution);
    const state = execution.loaded?.state;
    if (state?.phase === 'running') {
      this.#setRunning(execution, state.node);
      this.#listener.started(execution);
    } else if (state?.phase === 'queued') {
      this.#setRunning(execution, null);
      execution.dueAtMs = state.dueAtMs;
      this.#listener.waits(execution);
    } else this.#end(execution);
  }

  #fold(events: readonly RecordedEvent[]): void {
    for (const event of events) this.#foldOne(event);
    const [first] = events;
    if (first?.type !== 'ExecutionRequested') return;
    const execution = this.#tracked.get(first.stream);
    // It waits only when the same append did not start it as well.
    if (execution !== undefined && events.length === 1) this.#listener.waits(execution);
  }

  #foldOne(event: RecordedEvent): void {
    if (event.type === 'ExecutionRequested') {
      const { cause, skill } = event.data;
      // Other programs and the workflows run their own.
      if (event.revision === 0 && cause !== 'external' && workflowOfRun(skill) === null) this.#request(event);
      return;
    }
    const execution = this.#tracked.get(event.stream);
    if (execution === undefined) {
      this.#news?.add(event.stream);
      return;
    }
    const { loaded } = execution;
    execution.revision = event.revision;
    if (loaded !== null && event.revision === loaded.revision + 1) {
      loaded.state = evolveExecution(loaded.state, event);
      loaded.revision = event.revision;
    } else if (loaded !== null && event.revision > loaded.revision) {
      execution.loaded = null;
    }
    this.#react(execution, event);
  }

  #react(execution: TrackedExecution, event: RecordedEvent): void {
    if (event.type === 'ExecutionStarted') {
      this.#setRunning(execution, event.data.node);
      this.#listener.started(execution);
    } else if (event.type === 'ExecutionCancellationRequested') this.#listener.cancels(execution);
    else if (event.type === 'ExecutionAttemptFailed' || event.type === 'ExecutionAttemptLost') {
      const node = execution.runningOn;
      execution.dueAtMs = event.data.retryAtMs;
      execution.expiresAtMs = null;
      execution.waitsSinceMs = this.#deps.clock.now();
      this.#setRunning(execution, null);
      this.#listener.attemptEnded(execution, node);
      this.#listener.waits(execution);
    } else if (isEnding(event)) this.#end(execution);
  }

  #end(execution: TrackedExecution): void {
    const node = execution.runningOn;
    this.#setRunning(execution, null);
    this.#tracked.delete(execution.id);
    this.#listener.attemptEnded(execution, node);
    this.#listener.ended(execution);
  }

  #request({ stream: id, position, data, ...event }: RecordedEvent<'ExecutionRequested'>): void {
    const { skill, owner, priority, dueAtMs, expiresAtMs } = data;
    const remember = this.#tracked.size < maxRemembered;
    const state = evolveExecution(initialExecution, { ...event, data });
    const loaded = remember ? { state, revision: 0, request: data } : null;
    this.#track({ id, skill, owner, priority, position, dueAtMs, expiresAtMs, loaded });
  }

  #track(
    execution: Omit<TrackedExecution, 'revision' | 'runningOn' | 'waitsSinceMs' | 'queued' | 'overdue'>,
  ): TrackedExecution {
    const waitsSinceMs = this.#deps.clock.now();
    const tracked = { ...execution, revision: 0, runningOn: null, waitsSinceMs, queued: false, overdue: false };
    this.#tracked.set(execution.id, tracked);
    return tracked;
  }

  #setRunning(execution: TrackedExecution, node: string | null): void {
    const before = execution.runningOn;
    if (before === node) return;
    execution.runningOn = node;
    this.#running += (node === null ? 0 : 1) - (before === null ? 0 : 1);
    if (node === this.#deps.node) this.#here.set(execution.id, execution);
    else this.#here.delete(execution.id);
    if (before !== null && before !== this.#deps.node) this.#countElsewhere(execution, before, -1);
    if (node !== null && node !== this.#deps.node) this.#countElsewhere(execution, node, 1);
  }

  #countElsewhere(execution: TrackedExecution, node: string, change: 1 | -1): void {
    const there = this.#elsewhere.get(node) ?? new Set();
    if (change === 1) there.add(execution);
    else there.delete(execution);
    if (there.size > 0) this.#elsewhere.set(node, there);
    else this.#elsewhere.delete(node);
    const ofSkill = this.elsewhereOf(execution.skill) + change;
    if (ofSkill > 0) this.#elsewhereOf.set(execution.skill, ofSkill);
    else this.#elsewhereOf.delete(execution.skill);
  }
}
