import { partOf } from '../domain/workflow/definition.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';
import type { Connection } from './connection.ts';
import type { ClientMessage, Since } from './protocol.ts';

type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>;

/** A connection that hears of a run's steps too. */
interface Follower {
  readonly connection: Connection;
  readonly message: Subscribe;
  readonly since: Since;
  /** Executions that it was subscribed to already. */
  readonly told: Set<string>;
}

/** Subscribes a connection to the execution of a step. */
type OnStep = (connection: Connection, executionId: string, since: Since, message: Subscribe) => void;

/** Who follows the runs of workflows with all their steps. */
export class RunFollowers {
  readonly #byRun = new Map<string, Map<Connection, Follower>>();
  readonly #onStep: OnStep;

  constructor(onStep: OnStep) {
    this.#onStep = onStep;
  }

  /** From now on it hears of every step that is requested; `existing` is to be told of those before. */
  add(connection: Connection, run: string, message: Subscribe, since: Since): Follower {
    const followers = this.#byRun.get(run) ?? new Map<Connection, Follower>();
    this.#byRun.set(run, followers);
    // A place in the run's own stream says nothing of the streams of its steps.
    const isGeneral = since.kind === 'pos' || since.kind === 'time' || since.kind === 'now';
    const ofSteps: Since = isGeneral ? since : { kind: 'start' };
    const follower = { connection, message, since: ofSteps, told: new Set<string>() };
    followers.set(connection, follower);
    return follower;
  }

  remove(connection: Connection, run: string): void {
    const followers = this.#byRun.get(run);
    followers?.delete(connection);
    if (followers?.size === 0) this.#byRun.delete(run);
  }

  /** What there is of a run already; the run itself may have ended, and its follower be forgotten, meanwhile. */
  existing(follower: Follower, steps: readonly { readonly id: string; readonly causeId: string | null }[]): void {
    for (const { id, causeId } of steps) this.#tell(follower, id, causeId, follower.since);
  }

  hear(event: RecordedEvent): void {
    if (this.#byRun.size === 0 || event.type !== 'ExecutionRequested' || event.data.cause !== 'workflow') return;
    const { causeId } = event.data;
    const followers = this.#byRun.get(partOf(causeId)?.run ?? '');
    for (const follower of followers?.values() ?? []) this.#tell(follower, event.stream, causeId, { kind: 'start' });
  }

  #tell({ connection, message, told }: Follower, id: string, causeId: string | null, since: Since): void {
    const part = partOf(causeId);
    if (part === null || told.has(id)) return;
    told.add(id);
    connection.tell({ type: 'step', executionId: part.run, stepExecutionId: id, step: part.step, index: part.index });
    this.#onStep(connection, id, since, message);
  }
}
