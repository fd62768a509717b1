import type { Duplex } from 'node:stream';

import type { WebSocket } from 'ws';

import type { ExecutionRow } from '../../projections/executions/projection.ts';
import type { Credentials } from '../auth/credentials.ts';
import { mayRead, type Principal } from '../auth/principal.ts';
import { isEnding } from '../commands/endings.ts';
import { workflowOfRun } from '../domain/workflow/definition.ts';
import { isCursor, parseCursor, toCursor } from '../event-log/cursor.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { JsonObject, JsonValue } from '../kernel/json.ts';
import { Connection } from './connection.ts';
import { textFrame } from './frame.ts';
import { messageOf } from './messages.ts';
import { type ClientMessage, closeCodes, parseClientMessage, type Since, type Wanted } from './protocol.ts';
import { RunFollowers } from './run-followers.ts';
import { type Delivery, firstRevisionAfter, Subscription } from './subscription.ts';
import { updateMessage } from './update-message.ts';

interface HubDependencies {
  readonly log: EventLog;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly executionById: (id: string) => Promise<ExecutionRow | null>;
  /** Executions of the steps of a workflow's run so far. */
  readonly stepsOf: (run: string) => Promise<readonly ExecutionRow[]>;
  readonly maxSocketsPerUser: number;
  /** Between two pings; a client that has not answered the last one is dropped at the next. */
  readonly heartbeatMs: number;
}

type Subscribe = Extract<ClientMessage, { type: 'subscribe' }>;

const maxSubscriptions = 1000;
/** How long stopping may take for sockets that do not read. */
const stopMs = 2000;
/** Sockets written to before other work gets its turn. */
const fanOutSlice = 2000;

/**
 * All WebSockets of this node. Each tick's new events of an execution become one buffer, which goes to every socket that is
 * subscribed to it and has read everything before.
 */
export class RealtimeHub {
  readonly #deps: HubDependencies;
  readonly #connections = new Set<Connection>();
  readonly #byUser = new Map<string, number>();
  readonly #subscribers = new Map<string, Set<Subscription>>();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #stopListening: readonly (() => void)[];
  readonly #followers = new RunFollowers((connection, executionId, since, message) => {
    this.#subscribe(connection, { executionId, since }, message, null, { ...message, steps: false }).catch(() => {
      connection.refuse('internal', 'Something went wrong inside the server.', null, { executionId });
    });
  });
  #fresh = new Map<string, RecordedEvent[]>();
  #flushDue = false;
  #framesBuilt = 0;
  #framesWritten = 0;

  constructor(deps: HubDependencies) {
    this.#deps = deps;
    this.#heartbeat = setInterval(() => {
      // A vault that cannot be asked now is asked again at the next beat.
      this.#beat().catch(() => undefined);
    }, deps.heartbeatMs).unref();
    this.#stopListening = [
      deps.log.subscribe((events) => {
        this.#take(events);
      }),
      deps.credentials.onRevoked((credentialId) => {
        this.#revoke(credentialId);
      }),
    ];
  }

  /** Takes over an authenticated WebSocket; `executionId` is the subscription from its address. */
  accept(
    webSocket: WebSocket,
    socket: Duplex,
    principal: Principal,
    options: { readonly executionId: string | null; readonly extended: boolean },
  ): void {
    const { clock, log, heartbeatMs } = this.#deps;
    const { extended, executionId } = options;
    // A protocol error closes the socket by itself, with the right code; unheard it would end the process.
    webSocket.on('error', () => undefined);
    const connection = new Connection({
      id: newId('conn', clock),
      webSocket,
      socket,
      principal,
      extended,
      connectedAtMs: clock.now(),
    });
    const open = this.#byUser.get(principal.userId) ?? 0;
    if (open >= this.#deps.maxSocketsPerUser) {
      connection.close(closeCodes.tooManyConnections, 'too many connections of this account');
      return;
    }
    this.#connections.add(connection);
    this.#byUser.set(principal.userId, open + 1);
    this.#listen(connection, webSocket, socket);
    connection.tell({
      type: 'welcome',
      v: 2,
      connectionId: connection.id,
      epoch: log.epoch,
      head: toCursor(log.head()),
      heartbeatMs,
      caps: ['since', 'conflate', 'types', 'steps'],
    });
    if (executionId !== null)
      void this.#subscribe(connection, { executionId, since: { kind: 'start' } }, defaults, null);
  }

  /** Statistics in the shape of the feature list, and what an operator asks next. */
  stats(): JsonObject {
    const connections = [...this.#connections].map((connection) => ({
      connectionId: connection.id,
      userId: connection.principal.userId,
      executions: [...connection.subscriptions.keys()],
      connectedAt: new Date(connection.connectedAtMs).toISOString(),
      messagesSent: connection.messagesSent,
      messagesReceived: connection.messagesReceived,
      pendingBytes: connection.pendingBytes,
    }));
    return {
      totalConnections: this.#connections.size,
      totalUsers: this.#byUser.size,
      totalExecutions: this.#subscribers.size,
      framesBuilt: this.#framesBuilt,
      framesWritten: this.#framesWritten,
      connections,
    };
  }

  /** Sends what is due, tells every client to come back, and closes. Resolves when all sockets are gone. */
  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    const deadline = performance.now() + stopMs;
    await this.#waitUntil(deadline, () => !this.#flushDue && this.#fresh.size === 0 && !this.#anyBusy());
    for (const stop of this.#stopListening) stop();
    for (const connection of this.#connections) {
      connection.tell({ type: 'going-away', reconnectWithinMs: [0, 20_000] });
      connection.close(closeCodes.restarting, 'the server is restarting');
    }
    await this.#waitUntil(deadline, () => this.#connections.size === 0);
    for (const connection of this.#connections) connection.terminate();
  }

  #anyBusy(): boolean {
    for (const subscribers of this.#subscribers.values())
      for (const subscription of subscribers) if (subscription.busy) return true;
    return false;
  }

  async #waitUntil(deadline: number, condition: () => boolean): Promise<void> {
    while (!condition() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  #listen(connection: Connection, webSocket: WebSocket, socket: Duplex): void {
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) connection.refuse('bad-request', 'Messages are text frames.', null);
      else this.#receive(connection, data.toString('utf8'));
    });
    webSocket.on('pong', () => {
      connection.alive = true;
    });
    webSocket.once('close', () => {
      this.#forget(connection);
    });
    socket.on('drain', () => {
      for (const subscription of connection.subscriptions.values()) subscription.wake();
    });
  }

  #receive(connection: Connection, text: string): void {
    connection.alive = true;
    if (!connection.mayReceive()) {
      connection.refuse('rate-limited', 'Too many messages.', null, { retryAfterMs: 1000 });
      return;
    }
    const message = parseClientMessage(text);
    if ('error' in message) {
      connection.refuse(message.error, message.message, message.id);
      return;
    }
    this.#handle(connection, message).catch(() => {
      connection.refuse('internal', 'Something went wrong inside the server.', null);
    });
  }

  async #handle(connection: Connection, message: ClientMessage): Promise<void> {
    switch (message.type) {
      case 'ping':
        connection.send({
          type: 'pong',
          ts: message.ts,
          head: toCursor(this.#deps.log.head()),
          timestamp: new Date(this.#deps.clock.now()).toISOString(),
        });
        return;
      case 'auth':
        await this.#renew(connection, message.token);
        return;
      case 'subscribe':
        if (message.extended) connection.extended = true;
        for (const wanted of message.wanted) await this.#subscribe(connection, wanted, message, message.id, message);
        return;
      case 'unsubscribe':
        this.#unsubscribe(connection, message.executionId);
        connection.tell({
          type: 'unsubscribed',
          id: message.id,
          executionId: message.executionId,
          code: 0,
          resubscribe: false,
        });
        return;
      case 'request-update':
        await this.#update(connection, message.executionId, message.id);
    }
  }

  async #renew(connection: Connection, token: string): Promise<void> {
    const principal = await this.#deps.credentials.authenticate(token);
    if (principal === null || principal.userId !== connection.principal.userId)
      connection.close(closeCodes.unauthorized, 'not your token');
    else connection.principal = principal;
  }

  async #subscribe(
    connection: Connection,
    wanted: Wanted,
    delivery: Delivery,
    id: JsonValue,
    message?: Subscribe,
  ): Promise<void> {
    const { executionId, since } = wanted;
    const row = await this.#visible(connection, executionId, id);
    if (row === null || !connection.open) return;
    // Subscribing again is harmless; only a client that names a place wants to be moved there.
    if (connection.subscriptions.has(executionId) && message?.extended !== true) return;
    if (connection.subscriptions.size >= maxSubscriptions) {
      const sentence = `A connection has at most ${String(maxSubscriptions)} subscriptions.`;
      connection.refuse('limit-exceeded', sentence, id, { executionId });
      return;
    }
    const start = this.#isOtherLog(message) ? null : await this.#startOf(since, row);
    if (start === null && message?.onGap === 'reject') {
      connection.refuse('unrecoverable-position', 'This position is not in the log.', id, { executionId });
      return;
    }
    this.#unsubscribe(connection, executionId);
    this.#announce(connection, row, start, wanted, id);
    this.#add(connection, executionId, delivery, start ?? 0);
    await this.#follow(connection, row, wanted, message);
  }

  async #follow(
    connection: Connection,
    { skill }: ExecutionRow,
    { executionId, since }: Wanted,
    message: Subscribe | undefined,
  ): Promise<void> {
    if (message?.steps !== true || workflowOfRun(skill) === null) return;
    const follower = this.#followers.add(connection, executionId, message, since);
    this.#followers.existing(follower, await this.#deps.stepsOf(executionId));
  }

  #isOtherLog(message: Subscribe | undefined): boolean {
    return message !== undefined && message.epoch !== null && message.epoch !== this.#deps.log.epoch;
  }

  /** Says where the subscription starts, and names what it will not deliver. */
  #announce(connection: Connection, row: ExecutionRow, start: number | null, { since }: Wanted, id: JsonValue): void {
    const { id: executionId } = row;
    const seq = start ?? 0;
    const headSeq = row.revision + 1;
    const { epoch } = this.#deps.log;
    connection.tell({
      type: 'subscribed',
      id,
      executionId,
      epoch,
      seq,
      headSeq,
      recovering: seq < headSeq,
      state: row.status,
    });
    const gap = { type: 'gap', executionId, fromSeq: 1 } as const;
    // Without a usable position everything is told again: nothing is missing, but what the client had is not continued.
    if (start === null) connection.tell({ ...gap, toSeq: 0, reason: 'epoch' });
    const asked = since.kind === 'tail' || since.kind === 'time';
    if (asked && seq > 0) connection.tell({ ...gap, toSeq: seq, reason: 'limit' });
  }

  #add(connection: Connection, executionId: string, { types, conflate }: Delivery, next: number): void {
    const { log } = this.#deps;
    const onEnd = (): void => {
      this.#unsubscribe(connection, executionId);
    };
    const subscription = new Subscription({
      log,
      executionId,
      connection,
      delivery: { types, conflate },
      next,
      onEnd,
    });
    connection.subscriptions.set(executionId, subscription);
    const subscribers = this.#subscribers.get(executionId) ?? new Set<Subscription>();
    this.#subscribers.set(executionId, subscribers);
    subscribers.add(subscription);
    subscription.wake();
  }

  #unsubscribe(connection: Connection, executionId: string): void {
    const subscription = connection.subscriptions.get(executionId);
    if (subscription === undefined) return;
    subscription.stop();
    this.#followers.remove(connection, executionId);
    connection.subscriptions.delete(executionId);
    const subscribers = this.#subscribers.get(executionId);
    subscribers?.delete(subscription);
    if (subscribers?.size === 0) this.#subscribers.delete(executionId);
  }

  /** The first revision to deliver; null when the client's position cannot be in this log. */
  async #startOf(since: Since, row: ExecutionRow): Promise<number | null> {
    const { log } = this.#deps;
    switch (since.kind) {
      case 'start':
        return 0;
      case 'now':
        return row.revision + 1;
      case 'seq':
        return since.seq <= row.revision + 1 ? since.seq : null;
      case 'tail':
        return Math.max(0, row.revision + 1 - since.count);
      case 'pos':
        if (!isCursor(since.pos, log.head())) return null;
        return firstRevisionAfter(log, row, parseCursor(since.pos, log.head()));
      case 'time':
        return firstRevisionAfter(log, row, await log.positionAt(since.atMs));
    }
  }

  /** The state as it is now, as the message that would have announced it. */
  async #update(connection: Connection, executionId: string, id: JsonValue): Promise<void> {
    const row = await this.#visible(connection, executionId, id);
    if (row !== null) connection.send({ ...updateMessage(row, this.#deps.clock.now()), ...(id !== null && { id }) });
  }

  /** The execution, if this client may see it; tells the client when not. */
  async #visible(connection: Connection, executionId: string, id: JsonValue): Promise<ExecutionRow | null> {
    const row = await this.#deps.executionById(executionId);
    if (row !== null && mayRead(connection.principal, row.owner)) return row;
    connection.refuse('unknown-execution', 'There is no such execution.', id, { executionId });
    return null;
  }

  #take(events: readonly RecordedEvent[]): void {
    for (const event of events) {
      this.#followers.hear(event);
      if (!this.#subscribers.has(event.stream)) continue;
      const fresh = this.#fresh.get(event.stream);
      if (fresh === undefined) this.#fresh.set(event.stream, [event]);
      else fresh.push(event);
    }
    if (this.#fresh.size === 0 || this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => {
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    this.#flushDue = false;
    const fresh = this.#fresh;
    this.#fresh = new Map();
    for (const [executionId, events] of fresh) await this.#fanOut(executionId, events);
  }

  async #fanOut(executionId: string, events: readonly RecordedEvent[]): Promise<void> {
    const subscribers = this.#subscribers.get(executionId);
    const first = events[0]?.revision;
    const last = events.at(-1)?.revision;
    if (subscribers === undefined || first === undefined || last === undefined) return;
    const frame = Buffer.concat(
      events.map(messageOf).map((message) => (message === null ? Buffer.alloc(0) : textFrame(message.json))),
    );
    this.#framesBuilt += events.length;
    const ends = events.some(isEnding);
    let written = 0;
    for (const subscription of [...subscribers]) {
      subscription.deliver(events, first, last, frame, ends);
      if (++written % fanOutSlice === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#framesWritten += events.length * written;
  }

  async #beat(): Promise<void> {
    const head = toCursor(this.#deps.log.head());
    for (const connection of this.#connections) {
      if (!connection.alive) {
        connection.terminate();
        continue;
      }
      connection.ping();
      connection.tell({ type: 'heartbeat', head });
    }
    for (const principal of new Map([...this.#connections].map(({ principal: p }) => [p.credentialId, p])).values()) {
      if (!(await this.#deps.credentials.isCurrent(principal)))
        this.#closeAll(principal.credentialId, closeCodes.tokenExpired, 'the token has expired');
    }
  }

  #revoke(credentialId: string): void {
    this.#closeAll(credentialId, closeCodes.revoked, 'signed out');
  }

  #closeAll(credentialId: string, code: number, reason: string): void {
    for (const connection of this.#connections) {
      if (connection.principal.credentialId === credentialId) connection.close(code, reason);
    }
  }

  #forget(connection: Connection): void {
    for (const executionId of [...connection.subscriptions.keys()]) this.#unsubscribe(connection, executionId);
    if (!this.#connections.delete(connection)) return;
    const { userId } = connection.principal;
    const left = (this.#byUser.get(userId) ?? 1) - 1;
    if (left > 0) this.#byUser.set(userId, left);
    else this.#byUser.delete(userId);
  }
}

const defaults: Delivery = { types: null, conflate: 'auto' };
