import type { CompleteEvent, ErrorEvent, GapEvent, LogEvent, ProgressEvent } from './frames.ts';
import type { CallOptions, TokenSource } from './http.ts';
import type { SocketClass } from './realtime.ts';
import type { RetryPolicy } from './retry.ts';
import type { ExecuteOptions, User } from './types.ts';

/** What a client can be told when it is made. */
export interface ClientOptions {
  /** Default `http://localhost:5173`. */
  readonly baseUrl?: string | undefined;
  /** Limit of one attempt of a request in milliseconds; default 30,000. */
  readonly timeout?: number | undefined;
  /** A token or API key, or what gives the present one (asked again when the last one is not taken any more). */
  readonly token?: TokenSource | undefined;
  /** The same as `token`. */
  readonly apiKey?: string | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Instead of the platform's own; in Node instead of node:http, which is faster. */
  readonly fetch?: typeof fetch | undefined;
  /** Default the platform's; in Node 20 that of `ws`. */
  readonly WebSocket?: SocketClass | undefined;
  /** Told what listeners throw; default: written to the console. */
  readonly onListenerError?: ((error: unknown) => void) | undefined;
}

/** What `on` can listen to. */
export interface ClientEvents {
  authenticated: User;
  /** A connection is there, for the first time or again. */
  connected: { readonly reconnected: boolean };
  /** It was lost; `retryInMs` null: for good. */
  disconnected: { readonly code: number; readonly reason: string; readonly retryInMs: number | null };
  progress: ProgressEvent;
  log: LogEvent;
  complete: CompleteEvent;
  /** An execution failed. A lost connection is `disconnected`. */
  error: ErrorEvent;
  gap: GapEvent;
}

/** What of the log is read. */
export interface FeedOptions {
  /** A `position` or `sequence` that the server gave: strictly after it. */
  readonly after?: string | undefined;
  /** Types of events, such as `ExecutionCompleted`. */
  readonly types?: readonly string[] | undefined;
  /** Only what happened to one thing: the id of an execution, webhook, schedule … */
  readonly stream?: string | undefined;
  /** Default true: waits for what comes. */
  readonly follow?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `run` may be told. */
export interface RunOptions extends CallOptions, ExecuteOptions {
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  readonly onLog?: ((event: LogEvent) => void) | undefined;
}
