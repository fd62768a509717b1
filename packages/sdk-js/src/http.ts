import { ConnectionError, errorFrom, IhumanError, ProtocolError, TimeoutError } from './errors.ts';
import { retryDelayMs, type RetryPolicy } from './retry.ts';
import { type Message, type Send, type SentAnswer, Stopper } from './send.ts';

/** A token or API key, or what gives the present one: it is asked anew when the server does not take the last one. */
export type TokenSource = string | (() => string | Promise<string>);

/** Beside what a call does. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Limit of one attempt in milliseconds, instead of the client's. */
  readonly timeout?: number | undefined;
  /** Instead of the key that is made: the same one makes two calls one. */
  readonly idempotencyKey?: string | undefined;
}

/** A request as the resources make it. */
export interface HttpRequest extends CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  readonly path: string;
  readonly query?: object | undefined;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A POST that makes something: gets an `Idempotency-Key`, so that repeating it is safe. */
  readonly creates?: boolean | undefined;
  /** Says nothing of who asks. */
  readonly anonymous?: boolean | undefined;
  /** A POST that may be repeated as it is. */
  readonly harmless?: boolean | undefined;
  /** Default JSON. A `stream` has no deadline once it has begun. */
  readonly as?: 'bytes' | 'stream' | undefined;
  /** Told of the answer's headers. */
  readonly onHeaders?: ((headers: SentAnswer['headers']) => void) | undefined;
}

interface HttpOptions {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly send: Send;
}

/** What of an answer is read at most: no server has to be believed. */
const maxAnswerBytes = 2 ** 28;

/** Requests with a deadline, repeated where that is safe, answered with JSON or a typed error. */
export class HttpClient {
  readonly baseUrl: string;
  readonly #options: HttpOptions;
  #source: TokenSource | null;
  /** The one in use, or on its way: however many requests wait for it, it is asked for once. */
  #token: Promise<string | null> | null = null;

  constructor(options: HttpOptions, token: TokenSource | null) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#options = options;
    this.#source = token;
  }

  /** From now on. */
  setToken(token: TokenSource | null): void {
    this.#source = token;
    this.#token = null;
  }

  /** True when a new token can be had where the last one was not taken. */
  get canRefresh(): boolean {
    return typeof this.#source === 'function';
  }

  /** The next request asks for a new token, unless `used` is not the present one any more. */
  forgetToken(used = this.#token): void {
    if (used === this.#token) this.#token = null;
  }

  token(): Promise<string | null> {
    this.#token ??= this.#ask();
    return this.#token;
  }

  async #ask(): Promise<string | null> {
    try {
      return typeof this.#source === 'function' ? await this.#source() : this.#source;
    } catch (error) {
      this.#token = null;
      throw error;
    }
  }

  async request<T>(request: HttpRequest): Promise<T> {
    const key = request.idempotencyKey ?? (request.creates === true ? randomKey() : null);
    let refreshed = request.anonymous === true;
    for (let attempt = 1; ; attempt++) {
      const used = request.anonymous === true ? null : this.token();
      try {
        return await this.#attempt<T>(request, key, await used);
      } catch (error) {
        if (!(error instanceof IhumanError) || request.signal?.aborted === true) throw error;
        if (error.status === 401 && this.canRefresh && !refreshed) {
          refreshed = true;
          this.forgetToken(used);
        } else await this.#pauseAfter(error, attempt, key !== null || isRepeatable(request), request.signal);
      }
    }
  }

  /** Waits until it is worth trying again; throws the error when it is not. */
  async #pauseAfter(error: IhumanError, attempt: number, idempotent: boolean, signal?: AbortSignal): Promise<void> {
    const { status, retryAfterMs } = error;
    const failed = { attempt, status, retryAfterMs, idempotent };
    const delayMs = error instanceof ProtocolError ? null : retryDelayMs(failed, this.#options.retry, Math.random());
    if (delayMs === null) throw error;
    await sleep(delayMs, signal);
  }

  async #attempt<T>(request: HttpRequest, key: string | null, token: string | null): Promise<T> {
    const { path, query, signal, timeout = this.#options.timeoutMs } = request;
    const stopper = new Stopper();
    const stop = (): void => {
      stopper.stop();
    };
    const stopListening = onAbort(signal, stop);
    const timer = setTimeout(stop, timeout);
    try {
      const message = messageOf(request, token, key);
      const answer = await this.#options.send(this.baseUrl + path + queryOf(query), message, stopper);
      return (await contentOf(answer, request)) as T;
    } catch (cause) {
      if (cause instanceof IhumanError) throw cause;
      signal?.throwIfAborted();
      if (stopper.stopped) throw new TimeoutError('There was no answer in time.', { code: 'TIMEOUT', cause });
      const message = `${this.baseUrl} cannot be reached, or broke off its answer.`;
      throw new ConnectionError(message, { code: 'CONNECTION_FAILED', cause });
    } finally {
      clearTimeout(timer);
      // A stream goes on, and is ended by the signal too.
      if (request.as !== 'stream') stopListening();
    }
  }
}

function isRepeatable({ method = 'GET', harmless }: HttpRequest): boolean {
  return harmless === true || (method !== 'POST' && method !== 'PATCH');
}

async function contentOf(answer: SentAnswer, { as, onHeaders }: HttpRequest): Promise<unknown> {
  const { ok, status, headers } = answer;
  onHeaders?.(headers);
  if (ok && as === 'stream') return answer.body;
  const bytes = await readAll(answer);
  if (ok && as === 'bytes') return bytes;
  const text = decoder.decode(bytes);
  if (!ok) throw errorFrom({ status, headers, text });
  return jsonIn(text, status);
}

const decoder = new TextDecoder();

function queryOf(query: object = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = String(new URLSearchParams(given.map(([name, value]) => [name, String(value)])));
  return text === '' ? '' : `?${text}`;
}

function messageOf({ method = 'GET', body, headers }: HttpRequest, token: string | null, key: string | null): Message {
  return {
    method,
    headers: {
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(key !== null && { 'idempotency-key': key }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}

async function readAll(answer: SentAnswer): Promise<Uint8Array> {
  const { headers, status } = answer;
  // Whoever says how much it is cannot go on for ever.
  if (Number(headers.get('content-length') ?? NaN) <= maxAnswerBytes) return answer.bytes();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (const reader = answer.body?.getReader(); reader !== undefined;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxAnswerBytes) {
      await reader.cancel();
      throw new ProtocolError('The answer is too long.', { code: 'BAD_ANSWER', status });
    }
    chunks.push(value as Uint8Array<ArrayBuffer>);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function jsonIn(text: string, status: number): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = 'The answer is no JSON: is this an ihuman server?';
    throw new ProtocolError(message, { code: 'BAD_ANSWER', status, cause });
  }
}

/** 122 random bits or more. Pages without TLS have no `randomUUID`. */
function randomKey(): string {
  const { randomUUID } = crypto as { randomUUID?: () => string };
  return randomUUID?.call(crypto) ?? crypto.getRandomValues(new Uint8Array(16)).join('-');
}

/** Rejects with the signal's reason when it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopListening();
      resolve();
    }, ms);
    const stopListening = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
}

/** Acts when the signal is aborted, at once when it has been; returns how to stop listening. */
export function onAbort(signal: AbortSignal | undefined, act: (reason: Error) => void): () => void {
  const listener = (): void => {
    act(signal?.reason as Error);
  };
  if (signal?.aborted === true) listener();
  else signal?.addEventListener('abort', listener);
  return () => signal?.removeEventListener('abort', listener);
}
