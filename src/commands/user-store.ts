import { decideUser, type UserCommand, type UserEvent } from '../domain/user/decide.ts';
import { evolveUser } from '../domain/user/evolve.ts';
import { initialUser, type UserState } from '../domain/user/state.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, isAppError } from '../kernel/errors.ts';

interface LoadedUser {
  readonly state: UserState;
  /** Revision of the last event; -1 when there is none. */
  readonly revision: number;
}

const maxTries = 20;
const pageEvents = 1000;

/** Loads accounts from the log and applies commands to them: load, decide, append, and again when somebody was faster. */
export class UserStore {
  readonly #log: Pick<EventLog, 'append' | 'readStream' | 'sync'>;
  readonly #clock: Clock;

  constructor(log: Pick<EventLog, 'append' | 'readStream' | 'sync'>, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Whether the log knows the account and does not call it erased. Rejects when the log cannot be read. */
  async isRegistered(userId: string): Promise<boolean> {
    const { phase } = (await this.#load(userId)).state;
    if (phase !== 'absent') return phase === 'registered';
    // Another node may have registered it a moment ago.
    await this.#log.sync();
    return (await this.#load(userId)).state.phase === 'registered';
  }

  /** Makes sure that an account that was begun is never registered; false when it is already. */
  async abandon(userId: string): Promise<boolean> {
    try {
      await this.execute(userId, [{ kind: 'abandon' }], 'system');
      return true;
    } catch (error) {
      if (isAppError(error) && error.code === 'MOVE_NOT_ALLOWED') return false;
      throw error;
    }
  }

  /** Applies commands, all or none. Throws what the decider throws, or REVISION_CONFLICT when others kept being faster. */
  async execute(userId: string, commands: readonly UserCommand[], actor: string): Promise<void> {
    for (let tries = 0; tries < maxTries; tries++) {
      const { state, revision } = await this.#load(userId);
      const events = decideAll(commands, state);
      if (events.length === 0) return;
      const expected = revision < 0 ? 'none' : revision;
      const result = await this.#log.append({ stream: userId, events, expected, actor, atMs: this.#clock.now() });
      if (result.outcome === 'accepted') return;
    }
    throw new AppError('REVISION_CONFLICT');
  }

  async #load(userId: string): Promise<LoadedUser> {
    let loaded: LoadedUser = { state: initialUser, revision: -1 };
    for (;;) {
      const events = await this.#log.readStream(userId, { fromRevision: loaded.revision + 1, limit: pageEvents });
      for (const event of events) loaded = { state: evolveUser(loaded.state, event), revision: event.revision };
      // These events are small: only the last page is a short one.
      if (events.length < pageEvents) return loaded;
    }
  }
}

function decideAll(commands: readonly UserCommand[], before: UserState): readonly UserEvent[] {
  const events: UserEvent[] = [];
  let state = before;
  for (const command of commands) {
    const decided = decideUser(command, state);
    events.push(...decided);
    state = decided.reduce(evolveUser, state);
  }
  return events;
}
