import type { ClientEvents, ClientOptions, RunOptions } from './client-options.ts';
import { Emitter } from './emitter.ts';
import { ConnectionError, ExecutionFailedError } from './errors.ts';
import type { CompleteEvent, ExecutionEvent } from './frames.ts';
import { type CallOptions, HttpClient, sleep, type TokenSource } from './http.ts';
import type { FollowOptions } from './link.ts';
import { Realtime, type SocketClass } from './realtime.ts';
import { apiKeysOf, artifactsOf, pageOf, schedulesOf, webhooksOf, workflowsOf } from './resources.ts';
import { defaultRetry } from './retry.ts';
import type {
  Answer,
  ExecuteOptions,
  Execution,
  ExecutionsQuery,
  ExecutionSummary,
  LogEventRecord,
  Page,
  Skill,
  SkillsQuery,
  SkillSummary,
  User,
} from './types.ts';

/** An outcome as `Prefer: wait` answers it. */
interface Outcome {
  readonly executionId: string;
  readonly status: string;
  readonly result?: unknown;
  readonly error?: { readonly code?: string; readonly message?: string } | string | null;
  readonly durationMs?: number | null;
}

const defaultBaseUrl = 'http://localhost:5173';
const defaultTimeoutMs = 30_000;
const waitS = 30;
const feedPage = 500;
const place = encodeURIComponent;

/** A client of one ihuman server. All its methods reject with an {@link IhumanError} that has a stable `code`. */
export class IhumanClientBase {
  readonly webhooks: ReturnType<typeof webhooksOf>;
  readonly schedules: ReturnType<typeof schedulesOf>;
  readonly workflows: ReturnType<typeof workflowsOf>;
  readonly apiKeys: ReturnType<typeof apiKeysOf>;
  readonly artifacts: ReturnType<typeof artifactsOf>;
  readonly #http: HttpClient;
  readonly #timeoutMs: number;
  readonly #emitter: Emitter<ClientEvents>;
  readonly #realtimeOptions: ConstructorParameters<typeof Realtime>[0];
  #realtime: Realtime;
  /** What `connect` and `subscribe` follow, with how to stop. */
  readonly #followed = new Map<string, () => void>();
  #wasConnected = false;

  protected constructor(options: ClientOptions, socketClass: () => Promise<SocketClass>) {
    const { baseUrl = defaultBaseUrl, timeout = defaultTimeoutMs, token, apiKey, retry } = options;
    const { fetch: ownFetch = globalThis.fetch.bind(globalThis), WebSocket: own } = options;
    this.#timeoutMs = timeout;
    this.#http = new HttpClient(
      { baseUrl, timeoutMs: timeout, retry: { ...defaultRetry, ...retry }, fetch: ownFetch },
      token ?? apiKey ?? null,
    );
    this.#emitter = new Emitter<ClientEvents>(options.onListenerError ?? ((error) => console.error(error)));
    this.#realtimeOptions = {
      http: this.#http,
      socketClass: own === undefined ? socketClass : () => Promise.resolve(own),
      onConnected: () => {
        this.#emitter.emit('connected', { reconnected: this.#wasConnected });
        this.#wasConnected = true;
      },
      onDisconnected: (event) => {
        this.#emitter.emit('disconnected', event);
      },
    };
    this.#realtime = new Realtime(this.#realtimeOptions);
    this.webhooks = webhooksOf(this.#http);
    this.schedules = schedulesOf(this.#http);
    this.workflows = workflowsOf(this.#http);
    this.apiKeys = apiKeysOf(this.#http);
    this.artifacts = artifactsOf(this.#http);
  }

  /** Signs in; the client uses the session from now on. */
  async authenticate(email: string, password: string, call: CallOptions = {}): Promise<User> {
    const body = { email, password };
    return this.#signedIn(await this.#http.request({ ...call, method: 'POST', path: '/api/auth/login', body }));
  }

  /** Makes an account and signs in. */
  async register(email: string, username: string, password: string, call: CallOptions = {}): Promise<User> {
    const body = { email, username, password };
    return this.#signedIn(await this.#http.request({ ...call, method: 'POST', path: '/api/auth/register', body }));
  }

  /** Ends the session that `authenticate` began. */
  async logout(call: CallOptions = {}): Promise<void> {
    await this.#http.request({ ...call, method: 'POST', path: '/api/auth/logout' });
    this.#http.setToken(null);
  }

  /** From now on. */
  setToken(token: TokenSource | null): void {
    this.#http.setToken(token);
  }

  /** The token in use. */
  getToken(): Promise<string | null> {
    return this.#http.token();
  }

  getCurrentUser(call: CallOptions = {}): Promise<User> {
    return this.#http.request({ ...call, method: 'GET', path: '/api/auth/me' });
  }

  /** A page of skills: an array that also has `total`, `limit` and `offset`. */
  listSkills(query: SkillsQuery = {}, call: CallOptions = {}): Promise<Page<SkillSummary>> {
    return pageOf(this.#http, 'skills', { ...call, path: '/api/skills', query });
  }

  searchSkills(
    text: string,
    query: { readonly limit?: number; readonly offset?: number } = {},
    call: CallOptions = {},
  ): Promise<Page<SkillSummary>> {
    return pageOf(this.#http, 'skills', { ...call, path: '/api/skills/search', query: { q: text, ...query } });
  }

  getSkill(skillId: string, call: CallOptions = {}): Promise<Skill> {
    return this.#http.request({ ...call, method: 'GET', path: `/api/skills/${place(skillId)}` });
  }

  /** Requests a run; resolves when that is durable. Repeating it after an error of the network runs it once all the same. */
  executeSkill<Params extends object = Record<string, unknown>>(
    skillId: string,
    params?: Params,
    { signal, timeout, idempotencyKey, ...options }: ExecuteOptions & CallOptions = {},
  ): Promise<Answer<'/api/skills/{id}/execute', 'post', 202>> {
    const call = callOf({ signal, timeout, idempotencyKey });
    const path = `/api/skills/${place(skillId)}/execute`;
    return this.#http.request({
      ...call,
      method: 'POST',
      path,
      body: { params: params ?? {}, ...options },
      creates: true,
    });
  }

  /**
   * Runs a skill and waits for its result. Rejects with ExecutionFailedError when it does not complete. Aborting the signal stops the
   * waiting, not the execution: {@link cancelExecution} does that.
   */
  async run<Result = unknown, Params extends object = Record<string, unknown>>(
    skillId: string,
    params?: Params,
    { onProgress, onLog, signal, timeout, idempotencyKey, ...options }: RunOptions = {},
  ): Promise<Result> {
    const call = callOf({ signal, timeout, idempotencyKey });
    if (onProgress !== undefined || onLog !== undefined) {
      const { executionId } = await this.executeSkill(skillId, params, { ...options, ...call });
      return this.#watch<Result>(executionId, { onProgress, onLog, signal });
    }
    const outcome = await this.#http.request<Outcome>({
      ...{ ...call, method: 'POST', path: `/api/skills/${place(skillId)}/execute`, creates: true },
      body: { params: params ?? {}, ...options },
      headers: { prefer: `wait=${String(waitS)}` },
      timeout: (timeout ?? this.#timeoutMs) + waitS * 1000,
    });
    if (outcome.status === 'completed') return outcome.result as Result;
    if (outcome.error !== undefined && outcome.error !== null) throw failureOf(outcome);
    return (await this.waitFor<Result>(outcome.executionId, call)).result;
  }

  getExecution(executionId: string, call: CallOptions = {}): Promise<Execution> {
    return this.#http.request({ ...call, method: 'GET', path: `/api/executions/${place(executionId)}` });
  }

  /** A page of executions, newest first: an array that also has `total`, `limit`, `offset` and `nextCursor`. */
  getExecutionHistory(query: ExecutionsQuery = {}, call: CallOptions = {}): Promise<Page<ExecutionSummary>> {
    return pageOf(this.#http, 'executions', { ...call, path: '/api/executions', query });
  }

  /** Asks an execution to stop. */
  cancelExecution(executionId: string, reason?: string, call: CallOptions = {}): Promise<Execution> {
    const body = reason === undefined ? {} : { reason };
    return this.#http.request({ ...call, method: 'POST', path: `/api/executions/${place(executionId)}/cancel`, body });
  }

  /** Runs again what has ended; a run of a workflow goes on from the steps that failed. */
  retryExecution(
    executionId: string,
    call: CallOptions = {},
  ): Promise<Answer<'/api/executions/{id}/retry', 'post', 202>> {
    const path = `/api/executions/${place(executionId)}/retry`;
    return this.#http.request({ ...call, method: 'POST', path, creates: true });
  }

  /** What led to an execution, and what came of it. */
  getTree(executionId: string, call: CallOptions = {}): Promise<Answer<'/api/executions/{id}/tree', 'get'>> {
    return this.#http.request({ ...call, method: 'GET', path: `/api/executions/${place(executionId)}/tree` });
  }

  getSystemStatus(call: CallOptions = {}): Promise<Answer<'/api/system/status', 'get'>> {
    return this.#http.request({ ...call, method: 'GET', path: '/api/system/status' });
  }

  /** Tells of an event of your own: it goes into the log, and to the webhooks that want it. */
  emitEvent(
    event: string,
    data: object = {},
    { key, ...call }: CallOptions & { readonly key?: string } = {},
  ): Promise<Answer<'/api/events', 'post', 202>> {
    const body = { event, data, ...(key !== undefined && { key }) };
    return this.#http.request({ ...call, method: 'POST', path: '/api/events', body });
  }

  /** The log from a place on, for ever (or to its present end with `follow: false`). Survives lost connections. */
  async *feed({
    after,
    types,
    follow = true,
    signal,
  }: {
    readonly after?: string;
    readonly types?: readonly string[];
    readonly follow?: boolean;
    readonly signal?: AbortSignal;
  } = {}): AsyncGenerator<LogEventRecord, void, void> {
    let last = after;
    for (;;) {
      const records = await this.#http.request<readonly LogEventRecord[]>({
        ...{ method: 'GET', path: '/api/events', ...callOf({ signal }) },
        query: { after: last, limit: feedPage, types: types?.join(','), waitMs: follow ? 20_000 : 0 },
        headers: { accept: 'application/cloudevents-batch+json' },
      });
      yield* records;
      last = records.at(-1)?.position ?? last;
      if (records.length > 0) continue;
      if (!follow) return;
      // A server that answers at once without news must not be asked without a pause.
      await sleep(250, signal);
    }
  }

  /** The events of one execution until it ends, from the beginning unless `since` says otherwise. */
  events(
    executionId: string,
    options: FollowOptions & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ExecutionEvent, void, void> {
    return this.#realtime.events(executionId, options);
  }

  /** Resolves with the ending of an execution; rejects with ExecutionFailedError when it does not complete. */
  async waitFor<Result = unknown>(
    executionId: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<CompleteEvent<Result>> {
    return this.#realtime.ending<Result>(executionId, signal);
  }

  /** Follows an execution: its events come to what `on` has registered. Resolves when the server has taken the subscription. */
  connect(executionId: string, options: FollowOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#followed.has(executionId)) {
        resolve();
        return;
      }
      const stop = this.#realtime.follow(
        executionId,
        {
          onEvent: (event) => {
            this.#tell(event);
          },
          onReady: resolve,
          onEnd: (error) => {
            this.#followed.delete(executionId);
            if (error === null) resolve();
            else reject(error);
          },
        },
        options,
      );
      this.#followed.set(executionId, stop);
    });
  }

  /** The same without waiting; what goes wrong is told by `disconnected`. */
  subscribe(executionId: string, options: FollowOptions = {}): void {
    this.connect(executionId, options).catch(() => undefined);
  }

  unsubscribe(executionId: string): void {
    this.#followed.get(executionId)?.();
    this.#followed.delete(executionId);
  }

  /** Has the present state sent as a `progress` event with `snapshot`. False when the execution is not followed. */
  requestUpdate(executionId: string): boolean {
    return this.#realtime.requestUpdate(executionId);
  }

  /** Ends all connections. The client can be used again. */
  disconnect(): void {
    this.#followed.clear();
    this.#realtime.close(new ConnectionError('The client was disconnected.', { code: 'DISCONNECTED' }));
    this.#realtime = new Realtime(this.#realtimeOptions);
    this.#wasConnected = false;
  }

  get isConnected(): boolean {
    return this.#realtime.isConnected;
  }

  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): this {
    this.#emitter.on(name, listener);
    return this;
  }

  off<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): this {
    this.#emitter.off(name, listener);
    return this;
  }

  once<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): this {
    const first = (event: ClientEvents[Name]): void => {
      this.#emitter.off(name, first);
      listener(event);
    };
    return this.on(name, first);
  }

  #signedIn({ token, user }: Answer<'/api/auth/login', 'post'>): User {
    this.#http.setToken(token);
    this.#emitter.emit('authenticated', user);
    return user;
  }

  #tell(event: ExecutionEvent): void {
    this.#emitter.emit(event.type, event);
  }

  async #watch<Result>(
    executionId: string,
    { onProgress, onLog, signal }: { [K in 'onProgress' | 'onLog' | 'signal']: RunOptions[K] | undefined },
  ): Promise<Result> {
    for await (const event of this.#realtime.events(executionId, callOf({ signal }))) {
      if (event.type === 'progress') onProgress?.(event);
      else if (event.type === 'log') onLog?.(event);
      else if (event.type === 'complete') return event.result as Result;
      else if (event.type === 'error') throw new ExecutionFailedError(event);
    }
    throw new ConnectionError('The stream ended before the execution did.', { code: 'DISCONNECTED' });
  }
}

function failureOf({ executionId, status, error, durationMs }: Outcome): ExecutionFailedError {
  const { message = 'It failed.', code = 'FAILED' } = typeof error === 'string' ? { message: error } : (error ?? {});
  return new ExecutionFailedError({ executionId, status, error: message, code, durationMs: durationMs ?? null });
}

/** Only what was given. */
function callOf(options: { readonly [K in keyof CallOptions]: CallOptions[K] | undefined }): CallOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
