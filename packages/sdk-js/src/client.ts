import type { ClientEvents, ClientOptions, FeedOptions, RunOptions } from './client-options.ts';
import { Emitter } from './emitter.ts';
import { ConnectionError, ExecutionFailedError, type IhumanError } from './errors.ts';
import type { CompleteEvent, ExecutionEvent } from './frames.ts';
import { type CallOptions, HttpClient, type HttpRequest, sleep, type TokenSource } from './http.ts';
import type { FollowOptions } from './link.ts';
import { Realtime, type SocketClass } from './realtime.ts';
import { at, Resource } from './resource.ts';
import { apiKeysOf, artifactsOf, schedulesOf, webhooksOf, workflowsOf } from './resources.ts';
import { defaultRetry } from './retry.ts';
import { type Send, sendBy } from './send.ts';
import { Subscriptions } from './subscriptions.ts';
import type {
  Answer,
  ExecuteOptions,
  Execution,
  ExecutionsQuery,
  ExecutionSummary,
  LogEventRecord,
  Page,
  PageQuery,
  Skill,
  SkillsQuery,
  SkillSummary,
  Started,
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

/** What a kind of program offers. */
interface Platform {
  readonly send: Send;
  readonly socketClass: () => Promise<SocketClass>;
}

const defaultBaseUrl = 'http://localhost:5173';
const defaultTimeoutMs = 30_000;
const waitS = 30;
const feedPage = 500;
const feedWaitMs = 20_000;
const feedPauseMs = 250;

/** A client of one ihuman server. All its methods reject with an {@link IhumanError} that has a stable `code`. */
export class IhumanClientBase extends Emitter<ClientEvents> {
  readonly webhooks: ReturnType<typeof webhooksOf>;
  readonly schedules: ReturnType<typeof schedulesOf>;
  readonly workflows: ReturnType<typeof workflowsOf>;
  readonly apiKeys: ReturnType<typeof apiKeysOf>;
  readonly artifacts: ReturnType<typeof artifactsOf>;
  readonly #http: HttpClient;
  readonly #api: Resource;
  readonly #executions: Resource;
  readonly #timeoutMs: number;
  readonly #realtimeOptions: ConstructorParameters<typeof Realtime>[0];
  #realtime: Realtime;
  readonly #subscriptions: Subscriptions;
  #wasConnected = false;

  protected constructor(options: ClientOptions, platform: Platform) {
    super(options.onListenerError ?? ((error) => console.error(error)));
    const { baseUrl = defaultBaseUrl, timeout = defaultTimeoutMs, token, apiKey, retry } = options;
    const { fetch, WebSocket: own } = options;
    this.#timeoutMs = timeout;
    this.#http = new HttpClient(
      {
        baseUrl,
        timeoutMs: timeout,
        retry: { ...defaultRetry, ...retry },
        send: fetch === undefined ? platform.send : sendBy(fetch),
      },
      token ?? apiKey ?? null,
    );
    this.#realtimeOptions = {
      http: this.#http,
      socketClass: own === undefined ? platform.socketClass : () => Promise.resolve(own),
      onConnected: () => {
        this.emit('connected', { reconnected: this.#wasConnected });
        this.#wasConnected = true;
      },
      onDisconnected: (event) => {
        this.emit('disconnected', event);
      },
    };
    this.#realtime = new Realtime(this.#realtimeOptions);
    this.#subscriptions = new Subscriptions({
      realtime: () => this.#realtime,
      tell: (event) => {
        this.emit(event.type, event);
      },
      timeoutMs: timeout,
    });
    this.#api = new Resource(this.#http, '/api');
    this.#executions = new Resource(this.#http, '/api/executions');
    this.webhooks = webhooksOf(this.#http);
    this.schedules = schedulesOf(this.#http);
    this.workflows = workflowsOf(this.#http);
    this.apiKeys = apiKeysOf(this.#http);
    this.artifacts = artifactsOf(this.#http);
  }

  /** Signs in; the client uses the session from now on. */
  authenticate(email: string, password: string, call: CallOptions = {}): Promise<User> {
    return this.#signIn('login', { email, password }, call);
  }

  /** Makes an account and signs in. */
  register(email: string, username: string, password: string, call: CallOptions = {}): Promise<User> {
    return this.#signIn('register', { email, username, password }, call);
  }

  /** Ends the session that `authenticate` began. */
  async logout(call: CallOptions = {}): Promise<void> {
    await this.#api.settle('/auth/logout', undefined, call);
    this.setToken(null);
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
    return this.#api.get('/auth/me', call);
  }

  /** A page of skills: an array that also has `total`, `limit` and `offset`. */
  listSkills(query: SkillsQuery = {}, call: CallOptions = {}): Promise<Page<SkillSummary>> {
    return this.#api.list('skills', '/skills', query, call);
  }

  searchSkills(text: string, query: PageQuery = {}, call: CallOptions = {}): Promise<Page<SkillSummary>> {
    return this.#api.list('skills', '/skills/search', { q: text, ...query }, call);
  }

  getSkill(skillId: string, call: CallOptions = {}): Promise<Skill> {
    return this.#api.get(`/skills${at(skillId)}`, call);
  }

  /**
   * Requests a run; resolves when that is durable. Repeating it after an error of the network runs it once all the same.
   * `Result` is what {@link waitFor} gives for it.
   */
  executeSkill<Params extends object = Record<string, unknown>, Result = unknown>(
    skillId: string,
    params?: Params,
    options: ExecuteOptions & CallOptions = {},
  ): Promise<Started<Result>> {
    return this.#execute(skillId, params, options);
  }

  /**
   * Runs a skill and waits for its result. Rejects with ExecutionFailedError when it does not complete. Aborting the signal stops the
   * waiting, not the execution: {@link cancelExecution} does that.
   */
  async run<Result = unknown, Params extends object = Record<string, unknown>>(
    skillId: string,
    params?: Params,
    { onProgress, onLog, ...options }: RunOptions = {},
  ): Promise<Result> {
    const { signal, timeout = this.#timeoutMs } = options;
    if (onProgress !== undefined || onLog !== undefined) {
      const { executionId } = await this.executeSkill(skillId, params, options);
      return this.#watch<Result>(executionId, { onProgress, onLog, signal });
    }
    const waiting = { timeout: timeout + waitS * 1000, headers: { prefer: `wait=${String(waitS)}` } };
    const outcome = await this.#execute<Outcome>(skillId, params, { ...options, ...waiting });
    if (outcome.status === 'completed') return outcome.result as Result;
    if (outcome.error !== undefined && outcome.error !== null) throw failureOf(outcome);
    return (await this.waitFor<Result>(outcome.executionId, { signal })).result;
  }

  getExecution(executionId: string, call: CallOptions = {}): Promise<Execution> {
    return this.#executions.get(at(executionId), call);
  }

  /** A page of executions, newest first: an array that also has `total`, `limit`, `offset` and `nextCursor`. */
  getExecutionHistory(query: ExecutionsQuery = {}, call: CallOptions = {}): Promise<Page<ExecutionSummary>> {
    return this.#executions.list('executions', '', query, call);
  }

  /** Asks an execution to stop. */
  cancelExecution(executionId: string, reason?: string, call: CallOptions = {}): Promise<Execution> {
    return this.#executions.send(at(executionId, '/cancel'), { reason }, call);
  }

  /** Runs again what has ended; a run of a workflow goes on from the steps that failed. */
  retryExecution(
    executionId: string,
    call: CallOptions = {},
  ): Promise<Answer<'/api/executions/{id}/retry', 'post', 202>> {
    return this.#executions.create(at(executionId, '/retry'), undefined, call);
  }

  /** What led to an execution, and what came of it. */
  getTree(executionId: string, call: CallOptions = {}): Promise<Answer<'/api/executions/{id}/tree', 'get'>> {
    return this.#executions.get(at(executionId, '/tree'), call);
  }

  getSystemStatus(call: CallOptions = {}): Promise<Answer<'/api/system/status', 'get'>> {
    return this.#api.get('/system/status', call);
  }

  /** Tells of an event of your own: it goes into the log, and to the webhooks that want it. */
  emitEvent(
    event: string,
    data: object = {},
    { key, ...call }: CallOptions & { readonly key?: string | undefined } = {},
  ): Promise<Answer<'/api/events', 'post', 202>> {
    return this.#api.create('/events', { event, data, key }, call);
  }

  /**
   * The log from a cursor on (default: its beginning), for ever or, with `follow: false`, to its present end. At least once and in
   * order; after a lost connection it goes on where it was.
   */
  async *feed(options: FeedOptions = {}): AsyncGenerator<LogEventRecord, void, void> {
    const { after, types, stream, follow = true, signal } = options;
    let last = after;
    for (;;) {
      const before = last;
      const records = await this.#http.request<readonly LogEventRecord[]>({
        ...{ path: '/api/events', headers: { accept: 'application/cloudevents-batch+json' } },
        signal,
        query: { after: last, limit: feedPage, types: types?.join(), stream, waitMs: follow ? feedWaitMs : 0 },
        onHeaders: (headers) => {
          last = headers.get('position-next') ?? last;
        },
      });
      yield* records;
      // An empty page may stand for much that is not wanted: the end is where the place stays the same.
      if (last !== before) continue;
      if (!follow) return;
      // A server that answers at once without news must not be asked without a pause.
      await sleep(feedPauseMs, signal);
    }
  }

  /** The whole log as JSON lines that prove themselves; for administrators. */
  exportLog(call: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return this.#http.request({ ...call, path: '/api/events/export', as: 'stream' });
  }

  /** The events of one execution until it ends, from the beginning unless `since` says otherwise; over lost connections. */
  events<Result = unknown>(
    execution: string | Started<Result>,
    options: FollowOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ExecutionEvent<Result>, void, void> {
    return this.#realtime.events<Result>(idOf(execution), options);
  }

  /** Resolves with the ending of an execution; rejects with ExecutionFailedError when it does not complete. */
  waitFor<Result = unknown>(
    execution: string | Started<Result>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<CompleteEvent<Result>> {
    return this.#realtime.ending<Result>(idOf(execution), signal);
  }

  /**
   * Follows an execution: its events come to what `on` has registered, those of the past first. Resolves when the server has taken
   * the subscription, rejects when it has not within the client's `timeout`; then lost connections are made again for as long as
   * it takes. What is registered right after it has resolved hears everything too.
   */
  connect(
    executionId: string,
    options: FollowOptions & { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { signal, ...follow } = options;
    return this.#subscriptions.start(executionId, follow, signal);
  }

  /** The same without waiting: where it cannot be followed, `error` says so, with the status `not-followed`. */
  subscribe(executionId: string, options: FollowOptions = {}): void {
    this.connect(executionId, options).catch((refusal: unknown) => {
      const { code, message: error } = refusal as IhumanError;
      // Whoever disconnects knows it.
      if (code === 'DISCONNECTED') return;
      this.emit('error', {
        type: 'error',
        executionId,
        code,
        error,
        status: 'not-followed',
        durationMs: null,
      });
    });
  }

  unsubscribe(executionId: string): void {
    this.#subscriptions.stop(executionId);
  }

  /** Has the present state sent as a `progress` event with `snapshot`. False when the execution is not followed. */
  requestUpdate(executionId: string): boolean {
    return this.#realtime.requestUpdate(executionId);
  }

  /** Ends all connections. The client can be used again. */
  disconnect(): void {
    this.#subscriptions.clear();
    this.#realtime.close(new ConnectionError('Disconnected.', { code: 'DISCONNECTED' }));
    this.#realtime = new Realtime(this.#realtimeOptions);
    this.#wasConnected = false;
  }

  get isConnected(): boolean {
    return this.#realtime.isConnected;
  }

  #execute<T>(
    skillId: string,
    params: object | undefined,
    {
      signal,
      timeout,
      idempotencyKey,
      headers,
      ...options
    }: ExecuteOptions & Pick<HttpRequest, keyof CallOptions | 'headers'>,
  ): Promise<T> {
    const call = { signal, timeout, idempotencyKey, headers };
    return this.#api.create(`/skills${at(skillId, '/execute')}`, { params: params ?? {}, ...options }, call);
  }

  async #signIn(way: string, body: object, call: CallOptions): Promise<User> {
    const request = { ...call, method: 'POST', path: `/api/auth/${way}`, body, anonymous: true } as const;
    const { token, user } = await this.#http.request<Answer<'/api/auth/login', 'post'>>(request);
    this.setToken(token);
    this.emit('authenticated', user);
    return user;
  }

  async #watch<Result>(
    executionId: string,
    { onProgress, onLog, signal }: { [K in 'onProgress' | 'onLog' | 'signal']: RunOptions[K] | undefined },
  ): Promise<Result> {
    for await (const event of this.#realtime.events<Result>(executionId, { signal })) {
      if (event.type === 'progress') onProgress?.(event);
      else if (event.type === 'log') onLog?.(event);
      else if (event.type === 'complete') return event.result;
      else if (event.type === 'error') throw new ExecutionFailedError(event);
    }
    throw new ConnectionError('The stream ended before the execution did.', { code: 'DISCONNECTED' });
  }
}

function failureOf({ executionId, status, error, durationMs }: Outcome): ExecutionFailedError {
  const { message = 'It failed.', code = 'FAILED' } = typeof error === 'string' ? { message: error } : (error ?? {});
  return new ExecutionFailedError({ executionId, status, error: message, code, durationMs: durationMs ?? null });
}

function idOf(execution: string | Started): string {
  return typeof execution === 'string' ? execution : execution.executionId;
}
