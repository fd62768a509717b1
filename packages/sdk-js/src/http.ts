import { ConnectionError, errorFrom, IhumanError, ProtocolError, TimeoutError } from './errors.ts';
import { retryDelayMs, type RetryPolicy } from './retry.ts';

/** A token or API key, or what gives the present one: it is asked anew when the server does not take the last one. */
export type TokenSource = string | (() => string | Promise<string>);

/** Beside what a call does. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Limit of one attempt instead of the client's. */
  readonly timeout?: number;
  /** Instead of the key that is made: the same one makes two calls one. */
  readonly idempotencyKey?: string;
}

export interface HttpRequest extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** A call that makes something: gets an `Idempotency-Key`, so that repeating it is safe. */
  readonly creates?: boolean;
  readonly as?: 'json' | 'bytes' | 'text';
}

interface HttpOptions {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly fetch: typeof fetch;
}

const maxAnswerBytes = 256 * 1024 * 1024;

/** Requests with a deadline, repeated where that is safe, answered with JSON or a typed error. */
export class HttpClient {
  readonly baseUrl: string;
  readonly #options: HttpOptions;
  #source: TokenSource | null;
  #token: string | null = null;

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

  /** The next request asks for a new token. */
  forgetToken(): void {
    this.#token = null;
  }

  async token(): Promise<string | null> {
    this.#token ??= typeof this.#source === 'function' ? await this.#source() : this.#source;
    return this.#token;
  }

  async request<T>(request: HttpRequest): Promise<T> {
    const key = request.idempotencyKey ?? (request.creates === true ? randomKey() : null);
    const idempotent = request.method !== 'POST' && request.method !== 'PATCH' ? true : key !== null;
    let refreshed = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt<T>(request, key);
      } catch (error) {
        if (!(error instanceof IhumanError) || request.signal?.aborted === true) throw error;
        if (error.status === 401 && this.canRefresh && !refreshed) {
          refreshed = true;
          this.forgetToken();
        } else await this.#pauseAfter(error, attempt, idempotent, request.signal);
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

  async #attempt<T>(request: HttpRequest, key: string | null): Promise<T> {
    const { path, query, signal, timeout, as = 'json' } = request;
    const limit = AbortSignal.timeout(timeout ?? this.#options.timeoutMs);
    try {
      const init = initOf(request, await this.token(), key);
      const both = AbortSignal.any(signal === undefined ? [limit] : [signal, limit]);
      const response = await this.#options.fetch(this.#url(path, query), { ...init, signal: both });
      const bytes = await readAll(response, maxAnswerBytes);
      if (response.ok && as === 'bytes') return bytes as T;
      const text = new TextDecoder().decode(bytes);
      if (!response.ok) throw errorFrom({ status: response.status, headers: response.headers, text });
      return (as === 'text' ? text : jsonIn(text, response.status)) as T;
    } catch (error) {
      if (error instanceof IhumanError || signal?.aborted === true) throw error;
      if (limit.aborted) throw new TimeoutError('There was no answer in time.', { code: 'TIMEOUT', cause: error });
      const message = `${this.baseUrl} could not be reached, or broke off its answer.`;
      throw new ConnectionError(message, { code: 'CONNECTION_FAILED', cause: error });
    }
  }

  #url(path: string, query: HttpRequest['query'] = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return `${this.baseUrl}${path}${text === '' ? '' : `?${text}`}`;
  }
}

function initOf({ method, body, headers }: HttpRequest, token: string | null, key: string | null): RequestInit {
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

async function readAll(response: Response, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  // Whoever says how much it is cannot go on for ever.
  if (declared <= maxBytes || response.body === null) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw new ProtocolError('The answer is too long.', { code: 'BAD_ANSWER', status: response.status });
    }
    chunks.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function jsonIn(text: string, status: number): unknown {
  if (status === 204 || text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = 'The answer is no JSON: is there an ihuman server at this address?';
    throw new ProtocolError(message, { code: 'BAD_ANSWER', status, cause });
  }
}

/** 128 random bits: works where `crypto.randomUUID` does not, as on pages without TLS. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Rejects with the signal's reason when it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
