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
  onEnd(error: IhumanError | null): void;
}

export interface FollowOptions {
  readonly since?: Since;
  /** Only these; default all. */
  readonly types?: readonly ('progress' | 'log' | 'complete' | 'error')[];
}

interface LinkOptions {
  /** Opens a socket with fresh credentials. */
  readonly open: () => Promise<Socket>;
  /** True when new credentials can be had where the last ones were not taken. */
  readonly canRefresh: () => boolean;
  readonly refresh: () => void;
  readonly onConnected: () => void;
  readonly onDisconnected: (event: {
    readonly code: number;
    readonly reason: string;
    readonly retryInMs: number | null;
  }) => void;
  /** Messages that belong to no execution. */
  readonly onUnused: () => void;
}

interface Following {
  readonly cursor: Cursor;
  readonly follower: Follower;
  readonly types: FollowOptions['types'];
}

const maxPerMessage = 128;
const openState = 1;
const backOff = { baseDelayMs: 200, maxDelayMs: 15_000 };
const connectLimitMs = 15_000;
/** Until the server has said how often it is heard of. */
const firstHeartbeatMs = 30_000;
/** Subscriptions that a server takes on one connection. */
export const maxFollowings = 1000;

/** One connection, kept up for as long as something is followed over it. After a cut, each subscription goes on where it was. */
export class Link {
  readonly #options: LinkOptions;
  readonly #followings = new Map<string, Following>();
  #socket: Socket | null = null;
  #epoch: string | null = null;
  #attempt = 0;
  #closed = false;
  #connecting = false;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #silenceTimer: ReturnType<typeof setTimeout> | null = null;
  #heartbeatMs = firstHeartbeatMs;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get hasRoom(): boolean {
    return !this.#closed && this.#followings.size < maxFollowings;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === openState;
  }

  follows(executionId: string): boolean {
    return this.#followings.has(executionId);
  }

  follow(executionId: string, follower: Follower, { since = 'start', types }: FollowOptions = {}): void {
    this.#followings.set(executionId, { cursor: new Cursor(executionId, since), follower, types });
    if (this.isOpen) this.#subscribe([executionId]);
    else this.#connect();
  }

  /** Nothing more is told to its follower. */
  unfollow(executionId: string): void {
    if (!this.#followings.delete(executionId)) return;
    this.say({ type: 'unsubscribe', executionId });
    if (this.#followings.size === 0) this.#options.onUnused();
  }

  /** Sends a message, if there is a connection. */
  say(message: object): boolean {
    if (!this.isOpen) return false;
    this.#socket?.send(JSON.stringify(message));
    return true;
  }

  /** Ends the connection; followers are told. */
  close(error: IhumanError): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#drop(1000, 'done');
    for (const [id, { follower }] of this.#followings) {
      this.#followings.delete(id);
      follower.onEnd(error);
    }
  }

  #connect(): void {
    if (this.#connecting || this.#closed || this.#socket !== null || this.#retryTimer !== null) return;
    this.#connecting = true;
    this.#options
      .open()
      .then((socket) => {
        this.#connecting = false;
        this.#use(socket);
      })
      .catch((error: unknown) => {
        this.#connecting = false;
        if (error instanceof IhumanError && isFinal(error)) this.#give(error);
        else this.#again(1006, error instanceof Error ? error.message : 'no connection');
      });
  }

  #use(socket: Socket): void {
    if (this.#closed) {
      socket.onerror = () => undefined;
      socket.close();
      return;
    }
    this.#socket = socket;
    this.#listenFor(connectLimitMs);
    socket.onopen = () => {
      this.#listenFor(2 * this.#heartbeatMs);
      this.#subscribe([...this.#followings.keys()]);
      this.#options.onConnected();
    };
    socket.onmessage = ({ data }) => {
      this.#listenFor(2 * this.#heartbeatMs);
      const frame = frameIn(data);
      if (frame !== null) this.#take(frame);
    };
    // What is wrong is told by onclose, which comes after it.
    socket.onerror = () => undefined;
    socket.onclose = ({ code, reason }) => {
      this.#lost(code, reason);
    };
  }

  /** A connection that is silent for longer than two heartbeats is dead, whatever the network says. */
  #listenFor(ms: number): void {
    if (this.#silenceTimer !== null) clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      this.#drop(4000, 'silent');
      this.#again(1006, 'nothing was heard for too long');
    }, ms);
  }

  #lost(code: number, reason: string): void {
    this.#drop(code, reason);
    if (code === 4001 && this.#options.canRefresh()) this.#options.refresh();
    const message = reason === '' ? 'The server ended the connection.' : `The server ended the connection: ${reason}.`;
    if (code === 4001 && !this.#options.canRefresh())
      this.#give(new AuthenticationError(message, { code: 'UNAUTHENTICATED' }));
    else if (code >= 4500) this.#give(new ConnectionError(message, { code: `CLOSED_${String(code)}` }));
    else this.#again(code, reason);
  }

  #drop(code: number, reason: string): void {
    if (this.#silenceTimer !== null) clearTimeout(this.#silenceTimer);
    this.#silenceTimer = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    if (socket.readyState <= openState) socket.close(code === 1000 || code >= 3000 ? code : 1000, reason.slice(0, 100));
  }

  #again(code: number, reason: string): void {
    if (this.#closed) return;
    if (this.#followings.size === 0) {
      this.#options.onUnused();
      return;
    }
    const retryInMs = backOffMs(++this.#attempt, backOff, Math.random());
    this.#options.onDisconnected({ code, reason, retryInMs });
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      this.#connect();
    }, retryInMs);
  }

  #give(error: IhumanError): void {
    this.#options.onDisconnected({ code: 1006, reason: error.message, retryInMs: null });
    this.close(error);
    this.#options.onUnused();
  }

  #subscribe(ids: readonly string[]): void {
    const byTypes = new Map<string, { readonly types: FollowOptions['types']; readonly executions: object[] }>();
    for (const id of ids) {
      const following = this.#followings.get(id);
      if (following === undefined) continue;
      const { types, cursor } = following;
      const key = types?.join() ?? '';
      const group = byTypes.get(key) ?? { types, executions: [] };
      byTypes.set(key, group);
      group.executions.push({ id, since: cursor.since });
    }
    for (const { types, executions } of byTypes.values()) {
      for (let i = 0; i < executions.length; i += maxPerMessage) {
        const some = executions.slice(i, i + maxPerMessage);
        this.say({ type: 'subscribe', executions: some, epoch: this.#epoch, ...(types !== undefined && { types }) });
      }
    }
  }

  #take(frame: Frame): void {
    if (frame.type === 'welcome') this.#welcome(frame);
    else if (frame.type === 'error') this.#refused(frame);
    const following = typeof frame.executionId === 'string' ? this.#followings.get(frame.executionId) : undefined;
    if (following === undefined) return;
    const { cursor, follower } = following;
    const event = cursor.take(frame);
    if (frame.type === 'subscribed') follower.onReady?.();
    // An execution that had ended before the connection was cut, and whose ending was taken, ends here.
    if (event === null && frame.type !== 'stream-end') return;
    if (event !== null) follower.onEvent(event);
    if ((event !== null && isEnding(event)) || frame.type === 'stream-end') this.#end(cursor.executionId, null);
  }

  #welcome({ epoch, heartbeatMs }: Frame): void {
    this.#attempt = 0;
    if (typeof heartbeatMs === 'number' && heartbeatMs > 0) this.#heartbeatMs = heartbeatMs;
    // What was asked for on the way here named the log that was known before.
    if (typeof epoch === 'string') this.#epoch = epoch;
  }

  #refused({ executionId, code, name, message, temporary }: Frame): void {
    if (typeof executionId !== 'string') return;
    const text = typeof message === 'string' ? message : 'The server refused the subscription.';
    if (temporary === true) {
      setTimeout(() => {
        this.#subscribe([executionId]);
      }, backOff.baseDelayMs);
    } else if (code === 102) this.#end(executionId, new NotFoundError(text, { code: 'EXECUTION_NOT_FOUND' }));
    else this.#end(executionId, new ProtocolError(text, { code: String(name ?? code) }));
  }

  #end(executionId: string, error: IhumanError | null): void {
    const following = this.#followings.get(executionId);
    if (following === undefined) return;
    this.#followings.delete(executionId);
    following.follower.onEnd(error);
    if (this.#followings.size === 0) this.#options.onUnused();
  }
}

/** What another attempt cannot change. */
function isFinal({ status }: IhumanError): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 429 && status !== 408;
}
