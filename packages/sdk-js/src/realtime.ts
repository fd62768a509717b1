import { ConnectionError, ExecutionFailedError } from './errors.ts';
import { type CompleteEvent, type ExecutionEvent, isEnding } from './frames.ts';
import { type HttpClient, onAbort } from './http.ts';
import { type Disconnected, type Follower, type FollowOptions, Link, type Socket } from './link.ts';

/** A WebSocket class: the platform's own, or that of `ws`. */
export type SocketClass = new (url: string) => Socket;

interface RealtimeOptions {
  readonly http: HttpClient;
  readonly socketClass: () => Promise<SocketClass>;
  readonly onConnected: () => void;
  readonly onDisconnected: (event: Disconnected) => void;
}

/** An unused connection is kept for so long, as the next execution is often not far. */
const lingerMs = 1000;

/** Everything that this client follows, over as few connections as it takes. */
export class Realtime {
  readonly #options: RealtimeOptions;
  readonly #links = new Set<Link>();
  readonly #timers = new Map<Link, ReturnType<typeof setTimeout>>();

  constructor(options: RealtimeOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return [...this.#links].some(({ isOpen }) => isOpen);
  }

  /** Returns how to stop. */
  follow(executionId: string, follower: Follower, options: FollowOptions = {}): () => void {
    // A server has one subscription for each connection and execution; who comes second wants another beginning.
    const link = [...this.#links].find((each) => each.hasRoom && !each.follows(executionId)) ?? this.#open();
    const timer = this.#timers.get(link);
    if (timer !== undefined) clearTimeout(timer);
    let active = true;
    const own: Follower = {
      onEvent: (event) => {
        if (active) follower.onEvent(event);
      },
      onReady: () => follower.onReady?.(),
      onEnd: (error) => {
        active = false;
        follower.onEnd(error);
      },
    };
    link.follow(executionId, own, options);
    return () => {
      if (!active) return;
      active = false;
      link.unfollow(executionId);
    };
  }

  /** The events of an execution until it ends. Leaving the loop stops it; an abort rejects with the signal's reason. */
  async *events<Result = unknown>(
    executionId: string,
    { signal, ...options }: FollowOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ExecutionEvent<Result>, void, void> {
    signal?.throwIfAborted();
    let waiting: ExecutionEvent<Result>[] = [];
    let end: { readonly error: Error | null } | null = null;
    let wake: () => void = () => undefined;
    const finish = (error: Error | null): void => {
      end ??= { error };
      wake();
    };
    const stopListening = onAbort(signal, finish);
    const stop = this.follow(
      executionId,
      {
        onEvent: (event) => {
          if (waiting.push(event as ExecutionEvent<Result>) === 1) wake();
        },
        onEnd: finish,
      },
      options,
    );
    try {
      for (;;) {
        const events = waiting;
        waiting = [];
        for (const event of events) {
          signal?.throwIfAborted();
          yield event;
        }
        if (waiting.length > 0) continue;
        if (end !== null) {
          const { error } = end as { readonly error: Error | null };
          if (error !== null) throw error;
          return;
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      stopListening();
      stop();
    }
  }

  /** Resolves with the ending of an execution that completes; rejects with ExecutionFailedError when it does not. */
  async ending<Result>(executionId: string, signal?: AbortSignal): Promise<CompleteEvent<Result>> {
    const options = { types: ['complete', 'error'], signal } as const;
    for await (const event of this.events<Result>(executionId, options)) {
      if (!isEnding(event)) continue;
      if (event.type === 'complete') return event;
      throw new ExecutionFailedError(event);
    }
    throw new ConnectionError('The stream ended before the execution did.', { code: 'DISCONNECTED' });
  }

  /** Asks for the present state of an execution that is followed. */
  requestUpdate(executionId: string): boolean {
    const link = [...this.#links].find((each) => each.follows(executionId));
    return link?.sayAside({ type: 'request-update', executionId }) ?? false;
  }

  close(error: Error): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const link of this.#links) {
      this.#links.delete(link);
      link.close(error);
    }
  }

  #open(): Link {
    const { http, onConnected, onDisconnected } = this.#options;
    const link: Link = new Link({
      open: (signal) => this.#socket(signal),
      refresh: () => {
        http.forgetToken();
        return http.canRefresh;
      },
      onConnected,
      onDisconnected,
      onUnused: () => {
        this.#closeSoon(link);
      },
    });
    this.#links.add(link);
    return link;
  }

  #closeSoon(link: Link): void {
    if (!link.hasRoom || !link.isOpen) {
      this.#close(link);
      return;
    }
    const timer = setTimeout(() => {
      this.#close(link);
    }, lingerMs);
    // It must not keep a program alive that is done.
    (timer as { unref?: () => void }).unref?.();
    this.#timers.set(link, timer);
  }

  #close(link: Link): void {
    this.#timers.delete(link);
    this.#links.delete(link);
    link.close(new ConnectionError('Unused.', { code: 'DISCONNECTED' }));
  }

  /** Credentials go into a ticket that is good for one use, never into the address. */
  async #socket(signal: AbortSignal): Promise<Socket> {
    const { http, socketClass } = this.#options;
    const ticketRequest = { method: 'POST', path: '/api/auth/ticket', harmless: true, signal } as const;
    const [{ ticket }, WebSocketClass] = await Promise.all([
      http.request<{ ticket: string }>(ticketRequest),
      socketClass(),
    ]);
    return new WebSocketClass(`${http.baseUrl.replace(/^http/, 'ws')}/ws?v=2&ticket=${encodeURIComponent(ticket)}`);
  }
}
