import type { ExecutionRequested } from '../../schemas/generated/events.ts';
import { decideExecution, type ExecutionCommand, type ExecutionEvent } from '../domain/execution/decide.ts';
import { evolveExecution } from '../domain/execution/evolve.ts';
import { type ExecutionState, initialExecution } from '../domain/execution/state.ts';
import { workflowOfRun } from '../domain/workflow/definition.ts';
import type { EventLog, Position, RecordedEvent } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { definitely } from '../kernel/assert.ts';
import { AppError } from '../kernel/errors.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';

/** An execution as the log has it at a revision. */
export interface LoadedExecution {
  readonly state: ExecutionState;
  /** Revision of the last event; -1 when there is none. */
  readonly revision: number;
  /** What was asked for; null while there is nothing. */
  readonly request: ExecutionRequested | null;
}

/** What a command led to. */
export interface CommandResult {
  readonly events: readonly ExecutionEvent[];
  /** Position of the append; null when the command changed nothing. */
  readonly position: Position | null;
}

/** A command that was recorded earlier. */
export interface FoundCommand {
  readonly position: Position;
  /** The first event that it led to. */
  readonly event: RecordedEvent;
  readonly before: ExecutionState;
}

const maxTries = 20;
const maxCached = 1000;
const pageEvents = 1000;

/** Loads executions from the log and applies commands to them: load, decide, append, and again when somebody was faster. */
export class ExecutionStore {
  readonly #log: EventLog;
  readonly #clock: Clock;
  /** Recently used executions, kept current by the log's own events: a long history is not folded for each report. */
  readonly #cache = new FleetingMap<string, LoadedExecution>();
  /** Streams that are being read, with the newest revision that the log has told of meanwhile. */
  readonly #reading = new Map<string, { readers: number; newest: number }>();

  constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    log.subscribe((events) => {
      for (const event of events) this.#follow(event);
    });
  }

  /** The execution as far as it is in memory. */
  known(executionId: string): LoadedExecution | undefined {
    return this.#cache.get(executionId);
  }

  /** The execution as the log has it. What comes from memory may be a moment old; an append finds out. */
  async load(executionId: string): Promise<LoadedExecution> {
    const cached = this.#cache.get(executionId);
    return cached ?? this.reload(executionId);
  }

  /** Folds the stream of an execution: what the log told of while it was being read is in it. */
  async reload(executionId: string): Promise<LoadedExecution> {
    const loaded = await this.#foldToEnd(executionId);
    if (loaded.state.phase !== 'absent') this.#remember(executionId, loaded);
    return loaded;
  }

  #remember(executionId: string, loaded: LoadedExecution): void {
    this.#cache.set(executionId, loaded);
    if (this.#cache.size <= maxCached) return;
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest);
      return;
    }
  }

  async #foldToEnd(executionId: string): Promise<LoadedExecution> {
    const reading = this.#reading.get(executionId) ?? { readers: 0, newest: -1 };
    this.#reading.set(executionId, reading);
    reading.readers++;
    try {
      for (;;) {
        const loaded = await this.#fold(executionId);
        if (loaded.revision >= reading.newest) return loaded;
      }
    } finally {
      if (--reading.readers === 0) this.#reading.delete(executionId);
    }
  }

  #follow(event: RecordedEvent): void {
    const reading = this.#reading.get(event.stream);
    if (reading !== undefined) reading.newest = event.revision;
    const cached = this.#cache.get(event.stream) ?? runJustRequested(event);
    if (cached === undefined) return;
    const state = evolveExecution(cached.state, event);
    if (event.revision === cached.revision + 1 && state.phase !== 'ended') {
      this.#remember(event.stream, { ...cached, state, revision: event.revision });
    } else {
      this.#cache.delete(event.stream);
    }
  }

  async #fold(executionId: string, beforeRevision = Infinity): Promise<LoadedExecution> {
    let loaded: LoadedExecution = { state: initialExecution, revision: -1, request: null };
    for (;;) {
      const events = await this.#log.readStream(executionId, { fromRevision: loaded.revision + 1, limit: pageEvents });
      for (const event of events) {
        if (event.revision >= beforeRevision) return loaded;
        const request = event.type === 'ExecutionRequested' ? event.data : loaded.request;
        loaded = { state: evolveExecution(loaded.state, event), revision: event.revision, request };
      }
      if (events.length < pageEvents) return loaded;
    }
  }

  /**
   * Applies a command. `guard` sees the loaded execution first and may throw. Under a `name`, a command is found again by
   * {@link find}. Throws what the decider throws, or REVISION_CONFLICT when others kept being faster.
   */
  async execute(
    executionId: string,
    command: ExecutionCommand,
    actor: string,
    guard: (loaded: LoadedExecution) => void = () => undefined,
    name: string | null = null,
  ): Promise<CommandResult> {
    for (let tries = 0; tries < maxTries; tries++) {
      const loaded = tries === 0 ? await this.load(executionId) : await this.reload(executionId);
      guard(loaded);
      const events = decideExecution(command, loaded.state);
      if (events.length === 0) return { events, position: null };
      const expected = loaded.revision < 0 ? 'none' : loaded.revision;
      const appendId = name === null ? {} : { appendId: appendIdOf(name, tries) };
      const atMs = this.#clock.now();
      const result = await this.#log.append({ stream: executionId, events, expected, actor, atMs, ...appendId });
      if (result.outcome === 'accepted') return { events, position: result.position };
    }
    throw new AppError('REVISION_CONFLICT');
  }

  /** Where the command of that name was recorded, and the execution as it was before; null when it never was. */
  async find(executionId: string, name: string): Promise<FoundCommand | null> {
    for (let tries = 0; tries < maxTries; tries++) {
      const outcome = await this.#log.outcomeOf(executionId, appendIdOf(name, tries));
      if (outcome === null) return null;
      if (outcome.outcome === 'conflict') continue;
      const { position, firstRevision } = outcome;
      const [event] = await this.#log.readStream(executionId, { fromRevision: firstRevision, limit: 1 });
      const { state } = await this.#fold(executionId, firstRevision);
      return { position, event: definitely(event, 'an accepted append is in the log'), before: state };
    }
    return null;
  }
}

/** The run of a workflow before its request: it is going to be asked for when it ends, and need not be read for that. */
function runJustRequested(event: RecordedEvent): LoadedExecution | undefined {
  if (event.type !== 'ExecutionRequested' || event.revision !== 0) return undefined;
  if (workflowOfRun(event.data.skill) === null) return undefined;
  return { state: initialExecution, revision: -1, request: event.data };
}

/** A refused append is remembered under its id: each try needs one of its own. */
function appendIdOf(name: string, tries: number): string {
  return `${name}.${String(tries)}`;
}
