import type { EventLog, NewEvent, Position, RecordedEvent } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

/** What an aggregate is: how events make its state, and which events a command leads to. */
export interface Decider<State, Command> {
  readonly initial: State;
  readonly evolve: (state: State, event: RecordedEvent) => State;
  readonly decide: (command: Command, state: State) => readonly NewEvent[];
}

/** An aggregate as the log has it. */
export interface Loaded<State> {
  readonly state: State;
  /** Revision of the last event; -1 when there is none. */
  readonly revision: number;
}

/** What a command led to. */
export interface Executed<State> extends Loaded<State> {
  /** Position of the append; null when the command changed nothing. */
  readonly position: Position | null;
}

const maxTries = 20;
const pageEvents = 1000;

/** Loads the aggregates of one kind from the log and applies commands to them: load, decide, append, and again on a conflict. */
export class DeciderStore<State, Command> {
  readonly #log: Pick<EventLog, 'append' | 'readStream'>;
  readonly #clock: Clock;
  readonly #decider: Decider<State, Command>;

  constructor(log: Pick<EventLog, 'append' | 'readStream'>, clock: Clock, decider: Decider<State, Command>) {
    this.#log = log;
    this.#clock = clock;
    this.#decider = decider;
  }

  async load(id: string, from?: Loaded<State>): Promise<Loaded<State>> {
    let loaded: Loaded<State> = from ?? { state: this.#decider.initial, revision: -1 };
    for (;;) {
      const events = await this.#log.readStream(id, { fromRevision: loaded.revision + 1, limit: pageEvents });
      for (const event of events)
        loaded = { state: this.#decider.evolve(loaded.state, event), revision: event.revision };
      if (events.length < pageEvents) return loaded;
    }
  }

  /**
   * Applies a command. `guard` sees the state before and may throw. Throws what the decider throws, or REVISION_CONFLICT when
   * others kept being faster.
   */
  async execute(
    id: string,
    command: Command,
    actor: string,
    guard: (state: State) => void = () => undefined,
  ): Promise<Executed<State>> {
    let loaded = await this.load(id);
    for (let tries = 0; tries < maxTries; tries++) {
      guard(loaded.state);
      const events = this.#decider.decide(command, loaded.state);
      if (events.length === 0) return { ...loaded, position: null };
      const expected = loaded.revision < 0 ? 'none' : loaded.revision;
      const result = await this.#log.append({ stream: id, events, expected, actor, atMs: this.#clock.now() });
      loaded = await this.load(id, loaded);
      if (result.outcome === 'accepted') return { ...loaded, position: result.position };
    }
    throw new AppError('REVISION_CONFLICT');
  }
}
