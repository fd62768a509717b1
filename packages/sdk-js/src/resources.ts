import type { CallOptions, HttpClient, HttpRequest } from './http.ts';
import type {
  Answer,
  Body,
  Page,
  Query,
  ScheduleChanges,
  ScheduleOptions,
  WebhookChanges,
  WebhookOptions,
  WorkflowDefinition,
} from './types.ts';
import { verifyWebhook } from './webhooks.ts';

const place = encodeURIComponent;

/** A list that knows where it is from. */
export async function pageOf<T>(
  http: HttpClient,
  name: string,
  request: Omit<HttpRequest, 'method'>,
): Promise<Page<T>> {
  const { [name]: list, ...about } = await http.request<Record<string, unknown>>({ ...request, method: 'GET' });
  const items = Array.isArray(list) ? (list as T[]) : [];
  for (const [key, value] of Object.entries(about)) Object.defineProperty(items, key, { value, enumerable: false });
  return items as unknown as Page<T>;
}

type Changed = Answer<'/api/webhooks/{id}', 'delete'>;
type WebhookRecord = Answer<'/api/webhooks/{id}', 'get'>;
type Deliveries = Answer<'/api/webhooks/{id}/deliveries', 'get'>['deliveries'][number];
type ScheduleRecord = Answer<'/api/schedules/{id}', 'get'>;
type Firing = Answer<'/api/schedules/{id}/executions', 'get'>['executions'][number];

/** Webhooks of the account. */
export function webhooksOf(http: HttpClient) {
  const at = (id: string, rest = ''): string => `/api/webhooks/${place(id)}${rest}`;
  return {
    /** The answer has the secret when none was given, this once. */
    create: (options: WebhookOptions, call: CallOptions = {}) =>
      http.request<Answer<'/api/webhooks', 'post', 201> & { readonly secret?: string }>({
        ...{ ...call, method: 'POST', path: '/api/webhooks', body: options, creates: true },
      }),
    list: (query: Query<'/api/webhooks', 'get'> = {}, call: CallOptions = {}) =>
      pageOf<WebhookRecord>(http, 'webhooks', { ...call, path: '/api/webhooks', query }),
    get: (id: string, call: CallOptions = {}) => http.request<WebhookRecord>({ ...call, method: 'GET', path: at(id) }),
    update: (id: string, changes: WebhookChanges, call: CallOptions = {}) =>
      http.request<WebhookRecord>({ ...call, method: 'PATCH', path: at(id), body: changes }),
    delete: (id: string, call: CallOptions = {}) => http.request<Changed>({ ...call, method: 'DELETE', path: at(id) }),
    disable: (id: string, note = '', call: CallOptions = {}) =>
      http.request<Changed>({ ...call, method: 'POST', path: at(id, '/disable'), body: { note } }),
    enable: (id: string, backlog: 'deliver' | 'skip' = 'deliver', call: CallOptions = {}) =>
      http.request<Changed>({ ...call, method: 'POST', path: at(id, '/enable'), body: { backlog } }),
    rotateSecret: (
      id: string,
      options: Body<'/api/webhooks/{id}/rotate-secret', 'post'> = {},
      call: CallOptions = {},
    ) =>
      http.request<Answer<'/api/webhooks/{id}/rotate-secret', 'post'>>({
        ...{ ...call, method: 'POST', path: at(id, '/rotate-secret'), body: options },
      }),
    test: (id: string, call: CallOptions = {}) =>
      http.request<Changed>({ ...call, method: 'POST', path: at(id, '/test') }),
    deliveries: (id: string, query: Query<'/api/webhooks/{id}/deliveries', 'get'> = {}, call: CallOptions = {}) =>
      pageOf<Deliveries>(http, 'deliveries', { ...call, path: at(id, '/deliveries'), query }),
    retryDelivery: (id: string, delivery: string, call: CallOptions = {}) =>
      http.request<Changed>({ ...call, method: 'POST', path: at(id, `/deliveries/${place(delivery)}/retry`) }),
    replay: (id: string, options: Body<'/api/webhooks/{id}/replays', 'post'> = {}, call: CallOptions = {}) =>
      http.request<Answer<'/api/webhooks/{id}/replays', 'post', 202>>({
        ...{ ...call, method: 'POST', path: at(id, '/replays'), body: options },
      }),
    replays: async (id: string, call: CallOptions = {}) =>
      (
        await http.request<Answer<'/api/webhooks/{id}/replays', 'get'>>({
          ...call,
          method: 'GET',
          path: at(id, '/replays'),
        })
      ).replays,
    preview: (options: Body<'/api/webhooks/preview', 'post'>, call: CallOptions = {}) =>
      http.request<Answer<'/api/webhooks/preview', 'post'>>({
        ...{ ...call, method: 'POST', path: '/api/webhooks/preview', body: options },
      }),
    stats: (call: CallOptions = {}) =>
      http.request<Answer<'/api/webhooks/stats', 'get'>>({ ...call, method: 'GET', path: '/api/webhooks/stats' }),
    verify: verifyWebhook,
  };
}

/** Schedules of the account. */
export function schedulesOf(http: HttpClient) {
  const at = (id: string, rest = ''): string => `/api/schedules/${place(id)}${rest}`;
  return {
    create: (options: ScheduleOptions, call: CallOptions = {}) =>
      http.request<Answer<'/api/schedules', 'post', 201>>({
        ...{ ...call, method: 'POST', path: '/api/schedules', body: options, creates: true },
      }),
    list: (query: Query<'/api/schedules', 'get'> = {}, call: CallOptions = {}) =>
      pageOf<ScheduleRecord>(http, 'schedules', { ...call, path: '/api/schedules', query }),
    get: (id: string, call: CallOptions = {}) => http.request<ScheduleRecord>({ ...call, method: 'GET', path: at(id) }),
    update: (id: string, changes: ScheduleChanges, call: CallOptions = {}) =>
      http.request<ScheduleRecord>({ ...call, method: 'PATCH', path: at(id), body: changes }),
    delete: (id: string, call: CallOptions = {}) => http.request<Changed>({ ...call, method: 'DELETE', path: at(id) }),
    pause: (id: string, options: Body<'/api/schedules/{id}/pause', 'post'> = {}, call: CallOptions = {}) =>
      http.request<ScheduleRecord>({ ...call, method: 'POST', path: at(id, '/pause'), body: options }),
    resume: (id: string, note = '', call: CallOptions = {}) =>
      http.request<ScheduleRecord>({ ...call, method: 'POST', path: at(id, '/resume'), body: { note } }),
    trigger: (id: string, call: CallOptions = {}) =>
      http.request<Answer<'/api/schedules/{id}/trigger', 'post', 202>>({
        ...call,
        method: 'POST',
        path: at(id, '/trigger'),
      }),
    backfill: (id: string, range: Body<'/api/schedules/{id}/backfill', 'post'>, call: CallOptions = {}) =>
      http.request<Answer<'/api/schedules/{id}/backfill', 'post', 202>>({
        ...{ ...call, method: 'POST', path: at(id, '/backfill'), body: range },
      }),
    upcoming: async (id: string, count = 5, call: CallOptions = {}) =>
      (
        await http.request<Answer<'/api/schedules/{id}/upcoming', 'get'>>({
          ...{ ...call, method: 'GET', path: at(id, '/upcoming'), query: { count } },
        })
      ).upcoming,
    executions: (id: string, query: Query<'/api/schedules/{id}/executions', 'get'> = {}, call: CallOptions = {}) =>
      pageOf<Firing>(http, 'executions', { ...call, path: at(id, '/executions'), query }),
    preview: async (options: Body<'/api/schedules/preview', 'post'>, call: CallOptions = {}) =>
      (
        await http.request<Answer<'/api/schedules/preview', 'post'>>({
          ...{ ...call, method: 'POST', path: '/api/schedules/preview', body: options },
        })
      ).upcoming,
    stats: (call: CallOptions = {}) =>
      http.request<Answer<'/api/schedules/stats', 'get'>>({ ...call, method: 'GET', path: '/api/schedules/stats' }),
  };
}

/** Workflows of the account. */
export function workflowsOf(http: HttpClient) {
  type Workflow = Answer<'/api/workflows/{name}', 'get'>;
  const at = (name: string, rest = ''): string => `/api/workflows/${place(name)}${rest}`;
  // Text is YAML.
  const headersFor = (definition: WorkflowDefinition | string): Record<string, string> =>
    typeof definition === 'string' ? { 'content-type': 'application/yaml' } : {};
  return {
    /** Defines a workflow, or its next version: an object, or YAML as text. */
    define: (definition: WorkflowDefinition | string, call: CallOptions = {}) =>
      http.request<Workflow>({
        ...{ ...call, method: 'POST', path: '/api/workflows', body: definition, headers: headersFor(definition) },
      }),
    check: (definition: WorkflowDefinition | string, call: CallOptions = {}) =>
      http.request<Record<string, unknown>>({
        ...{ ...call, method: 'POST', path: '/api/workflows/check', body: definition, headers: headersFor(definition) },
      }),
    list: (query: Query<'/api/workflows', 'get'> = {}, call: CallOptions = {}) =>
      pageOf<Workflow>(http, 'workflows', { ...call, path: '/api/workflows', query }),
    get: (name: string, call: CallOptions = {}) => http.request<Workflow>({ ...call, method: 'GET', path: at(name) }),
    versions: async (name: string, call: CallOptions = {}) =>
      (
        await http.request<Answer<'/api/workflows/{name}/versions', 'get'>>({
          ...{ ...call, method: 'GET', path: at(name, '/versions') },
        })
      ).versions,
    version: (name: string, version: number, call: CallOptions = {}) =>
      http.request<Workflow>({ ...call, method: 'GET', path: at(name, `/versions/${String(version)}`) }),
    delete: (name: string, call: CallOptions = {}) =>
      http.request<Answer<'/api/workflows/{name}', 'delete'>>({ ...call, method: 'DELETE', path: at(name) }),
    run: (name: string, params: object = {}, options: CallOptions & { readonly version?: number } = {}) => {
      const { version, ...call } = options;
      const body = { params, ...(version !== undefined && { version }) };
      return http.request<Answer<'/api/workflows/{name}/run', 'post', 202>>({
        ...{ ...call, method: 'POST', path: at(name, '/run'), body, creates: true },
      });
    },
    runs: (name: string, query: Query<'/api/workflows/{name}/runs', 'get'> = {}, call: CallOptions = {}) =>
      pageOf<Answer<'/api/workflows/{name}/runs', 'get'>['executions'][number]>(http, 'executions', {
        ...{ ...call, path: at(name, '/runs'), query },
      }),
    /** The steps of a run. */
    steps: async (executionId: string, call: CallOptions = {}) =>
      (
        await http.request<Answer<'/api/executions/{id}/steps', 'get'>>({
          ...{ ...call, method: 'GET', path: `/api/executions/${place(executionId)}/steps` },
        })
      ).steps,
  };
}

/** API keys of the account. */
export function apiKeysOf(http: HttpClient) {
  return {
    /** The answer has the key, this once. */
    create: (options: Body<'/api/auth/keys', 'post'>, call: CallOptions = {}) =>
      http.request<Answer<'/api/auth/keys', 'post', 201>>({
        ...call,
        method: 'POST',
        path: '/api/auth/keys',
        body: options,
      }),
    list: async (call: CallOptions = {}) =>
      (await http.request<Answer<'/api/auth/keys', 'get'>>({ ...call, method: 'GET', path: '/api/auth/keys' })).keys,
    revoke: (keyId: string, call: CallOptions = {}) =>
      http.request<null>({ ...call, method: 'DELETE', path: `/api/auth/keys/${place(keyId)}` }),
  };
}

/** Files that executions left. */
export function artifactsOf(http: HttpClient) {
  const at = (id: string): string => `/api/executions/${place(id)}/artifacts`;
  return {
    list: async (executionId: string, call: CallOptions = {}) =>
      (
        await http.request<Answer<'/api/executions/{id}/artifacts', 'get'>>({
          ...{ ...call, method: 'GET', path: at(executionId) },
        })
      ).artifacts,
    download: (executionId: string, path: string, call: CallOptions = {}): Promise<Uint8Array> =>
      http.request<Uint8Array>({
        ...{ ...call, method: 'GET', path: `${at(executionId)}/${path.split('/').map(place).join('/')}`, as: 'bytes' },
        headers: { accept: '*/*' },
      }),
  };
}
