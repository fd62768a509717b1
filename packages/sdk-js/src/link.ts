import { Cursor, type Since } from './cursor.ts';
import { AuthenticationError, ConnectionError, IhumanError, NotFoundError, ProtocolError } from './errors.ts';
import { type ExecutionEvent, type Frame, frameIn, isEnding } from './frames.ts';
import { backOffMs } from './retry.ts';

/** As much of a WebSocket as is needed: the browser's, Node's and that of `ws` all have it. */
export interface Socket {
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Who follows an execution. */
export interface Follower {
  onEvent(event: ExecutionEvent): void;
  /** The server takes the subscription. */
  onReady?(): void;
  /** Nothing more will come: it has ended (null), or why it cannot be followed any further. */
  onEnd(error: Error | null): void;
}

/** How an execution is followed. */
export interface FollowOptions {
  /** Default `start`. */
  readonly since?: Since | undefined;
  /** Only these; default all. */
  readonly types?: readonly ('progress' | 'log' | 'complete' | 'error')[] | undefined;
}

/** A connection was lost. */
export interface Disconnected {
  /** The WebSocket's close code; 1006 when there was none. */
  readonly code: number;
  readonly reason: string;
  /** Until the next attempt; null when there will be none. */
  readonly retryInMs: number | null;
}

interface LinkOptions {
  /** Opens a socket with fresh credentials. */
  readonly open: (signal: AbortSignal) => Promise<Socket>;
  /** Makes the next socket use new credentials; false when there can be none. */
  readonly refresh: () => boolean;
  readonly onConnected: () => void;
  readonly onDisconnected: (event: Disconnected) => void;
  /** Nothing is followed any more. */
  readonly onUnused: () => void;
}

interface Following {
  readonly cursor: Cursor;
  readonly follower: Follower;
  readonly types: FollowOptions['types'];
  /** The server has taken the subscription on this connection. */
  ready: boolean;
  /** The message that asked for it, by its number. */
  asked: number;
}

interface Subscribe {
  readonly type: 'subscribe';
  readonly id: number;
  readonly epoch: string | null;
  readonly types: FollowOptions['types'];
  readonly executions: { readonly id: string; readonly since: Since }[];
}

/** Subscriptions that a server takes on one connection, and in one message. */
const maxFollowings = 1000;
const maxPerMessage = 128;
/** Messages a second that can be left out; a server takes 50. */
const maxAside = 40;
const maxIdChars = 80;
const openState = 1;
const backOff = { baseDelayMs: 200, maxDelayMs: 15_000 };
/** Looks, two for each heartbeat, at which nothing has been heard since the one before. */
const maxSilentLooks = 4;
/** Until the server has said how often it is heard of. */
const firstHeartbeatMs = 30_000;
const tokenExpired = 4001;
const firstFinalCode = 4500;
const unknownExecution = 102;

/** One connection, kept up for as long as something is followed over it. After a cut, each subscription goes on where it was. */
export class Link {
  readonly #options: LinkOptions;
  readonly #followings = new Map<string, Following>();
  /** Subscriptions to ask for at the end of this turn, in few messages. */
  readonly #wanted = new Set<string>();
  readonly #stopper = new AbortController();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #socket: Socket | null = null;
  #epoch: string | null = null;
  #attempt = 0;
  #messages = 0;
  #connecting = false;
  #watch: ReturnType<typeof setInterval> | null = null;
  /** Looks since something was heard. */
  #silentLooks = 0;
  #aside = { sinceMs: 0, sent: 0 };

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get hasRoom(): boolean {
    return !this.#closed && this.#followings.size < maxFollowings;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === openState;
  }

  get #closed(): boolean {
    return this.#stopper.signal.aborted;
  }

  follows(executionId: string): boolean {
    return this.#followings.has(executionId);
  }

  follow(executionId: string, follower: Follower, { since, types }: FollowOptions = {}): void {
    this.#followings.set(executionId, { cursor: new Cursor(since), follower, types, ready: false, asked: 0 });
    if (executionId === '' || executionId.length > maxIdChars) this.#end(executionId, unknown(executionId));
    else if (this.isOpen) this.#want(executionId);
    else this.#connect();
  }

  /** Nothing more is told to its follower. */
  unfollow(executionId: string): void {
    if (!this.#followings.delete(executionId)) return;
    // Where it is left out, the server says more than is heard: no harm.
    this.sayAside({ type: 'unsubscribe', executionId });
    if (this.#followings.size === 0) this.#options.onUnused();
  }

  /** Sends a message that can be left out; false where it is, because there is no connection or there were too many. */
  sayAside(message: object): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#aside.sinceMs > 1000) this.#aside = { sinceMs: nowMs, sent: 0 };
    if (!this.isOpen || this.#aside.sent++ >= maxAside) return false;
    this.#say(message);
    return true;
  }

  /** Ends the connection; followers are told. */
  close(error: Error): void {
    if (this.#closed) return;
    this.#stopper.abort(error);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#drop();
    for (const id of [...this.#followings.keys()]) this.#end(id, error);
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #connect(): void {
    if (this.#connecting || this.#closed || this.#socket !== null) return;
    this.#connecting = true;
    this.#options.open(this.#stopper.signal).then(
      (socket) => {
        this.#connecting = false;
        this.#use(socket);
      },
      (error: unknown) => {
        this.#connecting = false;
        if (error instanceof IhumanError && isFinal(error)) this.#give(error);
        else this.#again(1006, error instanceof Error ? error.message : '');
      },
    );
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    this.#listenEvery(firstHeartbeatMs);
    socket.onopen = () => {
      for (const following of this.#followings.values()) following.ready = false;
      this.#wantAll();
      this.#options.onConnected();
    };
    socket.onmessage = ({ data }) => {
      this.#silentLooks = 0;
      const frame = frameIn(data);
      if (frame !== null) this.#take(frame);
    };
    // What is wrong is told by onclose, which comes after it.
    socket.onerror = () => undefined;
    socket.onclose = ({ code, reason }) => {
      this.#lost(code, reason);
    };
    if (this.#closed) this.#drop();
  }

  /** A connection on which nothing was heard for two heartbeats is dead, whatever the network says. */
  #listenEvery(heartbeatMs: number): void {
    this.#silentLooks = 0;
    clearInterval(this.#watch ?? undefined);
    this.#watch = setInterval(() => {
      if (this.#silentLooks++ >= maxSilentLooks) this.#lost(1006, 'silence');
    }, heartbeatMs / 2);
  }

  #lost(code: number, reason: string): void {
    this.#drop();
    const message = `The server ended the connection (${String(code)} ${reason}).`;
    if (code === tokenExpired && !this.#options.refresh())
      this.#give(new AuthenticationError(message, { code: 'UNAUTHENTICATED' }));
    else if (code >= firstFinalCode) this.#give(new ConnectionError(message, { code: 'DISCONNECTED' }));
    else this.#again(code, reason);
  }

  #drop(): void {
    clearInterval(this.#watch ?? undefined);
    this.#wanted.clear();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState <= openState) socket.close();
  }

  #again(code: number, reason: string): void {
    if (this.#closed) return;
    if (this.#followings.size === 0) {
      this.#options.onUnused();
      return;
    }
    const retryInMs = backOffMs(++this.#attempt, backOff, Math.random());
    this.#options.onDisconnected({ code, reason, retryInMs });
    this.#later(retryInMs, () => {
      this.#connect();
    });
  }

  #give(error: IhumanError): void {
    if (this.#closed) return;
    this.#options.onDisconnected({ code: 1006, reason: error.message, retryInMs: null });
    this.close(error);
    this.#options.onUnused();
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #wantAll(): void {
    for (const [id, { ready }] of this.#followings) if (!ready) this.#want(id);
  }

  #want(executionId: string): void {
    if (!this.isOpen || this.#wanted.add(executionId).size > 1) return;
    queueMicrotask(() => {
      this.#subscribe([...this.#wanted]);
      this.#wanted.clear();
    });
  }

  #subscribe(ids: readonly string[]): void {
    const all: Subscribe[] = [];
    const messages = new Map<string | undefined, Subscribe>();
    for (const id of ids) {
      const following = this.#followings.get(id);
      if (following === undefined) continue;
      const types = JSON.stringify(following.types);
      let message = messages.get(types);
      if (message === undefined || message.executions.length === maxPerMessage) {
        message = {
          type: 'subscribe',
          id: ++this.#messages,
          epoch: this.#epoch,
          types: following.types,
          executions: [],
        };
        messages.set(types, message);
        all.push(message);
      }
      message.executions.push({ id, since: following.cursor.since });
      following.asked = message.id;
    }
    for (const message of all) this.#say(message);
  }

  #take(frame: Frame): void {
    const { type, executionId } = frame;
    if (type === 'welcome') this.#welcome(frame);
    else if (type === 'error') this.#refused(frame);
    const following = this.#followings.get(executionId as string);
    if (following === undefined) return;
    const isTaken = type === 'subscribed' && frame.id === following.asked;
    following.ready ||= isTaken;
    // What comes before is of an earlier subscription to the same execution.
    if (following.ready) this.#pass(frame, following, isTaken);
  }

  #pass(frame: Frame, { cursor, follower }: Following, isTaken: boolean): void {
    const event = cursor.take(frame);
    if (isTaken) {
      this.#attempt = 0;
      follower.onReady?.();
    }
    if (event !== null) follower.onEvent(event);
    // What had ended before the connection was cut, and whose ending was taken, ends here. A snapshot ends nothing.
    const isEnd = event !== null && isEnding(event) && event.seq !== undefined;
    if (isEnd || frame.type === 'stream-end') this.#end(frame.executionId as string, null);
  }

  #welcome({ epoch, heartbeatMs }: Frame): void {
    if (typeof heartbeatMs === 'number' && heartbeatMs > 0) this.#listenEvery(heartbeatMs);
    // What was asked for on the way here named the log that was known before.
    if (typeof epoch === 'string') this.#epoch = epoch;
  }

  #refused({ id, executionId, code, name, message, temporary, retryAfterMs }: Frame): void {
    if (temporary === true) {
      this.#later(typeof retryAfterMs === 'number' ? retryAfterMs : backOff.baseDelayMs, () => {
        this.#wantAll();
      });
      return;
    }
    const error = new ProtocolError(message as string, { code: name as string });
    // A message that is refused as a whole names no execution.
    for (const [each, { asked }] of this.#followings)
      if (each === executionId || (executionId === undefined && asked === id))
        this.#end(each, code === unknownExecution ? unknown(each) : error);
  }

  #end(executionId: string, error: Error | null): void {
    const following = this.#followings.get(executionId);
    if (following === undefined) return;
    this.#followings.delete(executionId);
    following.follower.onEnd(error);
    if (this.#followings.size === 0) this.#options.onUnused();
  }
}

function unknown(executionId: string): NotFoundError {
  return new NotFoundError(`There is no execution ${executionId}.`, { code: 'EXECUTION_NOT_FOUND' });
}

/** What another attempt cannot change. */
function isFinal({ status }: IhumanError): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 429;
}
