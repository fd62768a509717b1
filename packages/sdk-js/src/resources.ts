import type { CallOptions, HttpClient } from './http.ts';
import { at, Resource } from './resource.ts';
import type {
  Answer,
  Body,
  Query,
  ScheduleChanges,
  ScheduleOptions,
  WebhookChanges,
  WebhookOptions,
  WorkflowDefinition,
} from './types.ts';
import { verifyWebhook } from './webhooks.ts';

type Changed = Answer<'/api/webhooks/{id}', 'delete'>;
type WebhookRecord = Answer<'/api/webhooks/{id}', 'get'>;
type Delivery = Answer<'/api/webhooks/{id}/deliveries', 'get'>['deliveries'][number];
type ScheduleRecord = Answer<'/api/schedules/{id}', 'get'>;
type Firing = Answer<'/api/schedules/{id}/executions', 'get'>['executions'][number];
type Workflow = Answer<'/api/workflows/{name}', 'get'>;
type Run = Answer<'/api/workflows/{name}/runs', 'get'>['executions'][number];

/** Webhooks of the account. */
export function webhooksOf(http: HttpClient) {
  const api = new Resource(http, '/api/webhooks');
  return {
    /** The answer has the secret when none was given, this once. */
    create: (options: WebhookOptions, call: CallOptions = {}) =>
      api.create<Answer<'/api/webhooks', 'post', 201> & { readonly secret?: string }>('', options, call),
    list: (query: Query<'/api/webhooks', 'get'> = {}, call: CallOptions = {}) =>
      api.list<WebhookRecord>('webhooks', '', query, call),
    get: (id: string, call: CallOptions = {}) => api.get<WebhookRecord>(at(id), call),
    update: (id: string, changes: WebhookChanges, call: CallOptions = {}) =>
      api.send<WebhookRecord>(at(id), changes, call, 'PATCH'),
    delete: (id: string, call: CallOptions = {}) => api.send<Changed>(at(id), undefined, call, 'DELETE'),
    disable: (id: string, note = '', call: CallOptions = {}) => api.settle<Changed>(at(id, '/disable'), { note }, call),
    /** What waited while it was disabled is delivered, or recorded as skipped. */
    enable: (id: string, backlog: 'deliver' | 'skip' = 'deliver', call: CallOptions = {}) =>
      api.settle<Changed>(at(id, '/enable'), { backlog }, call),
    /** The answer has the new secret, this once. */
    rotateSecret: (
      id: string,
      options: Body<'/api/webhooks/{id}/rotate-secret', 'post'> = {},
      call: CallOptions = {},
    ) => api.send<Answer<'/api/webhooks/{id}/rotate-secret', 'post'>>(at(id, '/rotate-secret'), options, call),
    /** Has an event sent that says it is a test. */
    test: (id: string, call: CallOptions = {}) => api.send<Changed>(at(id, '/test'), undefined, call),
    deliveries: (id: string, query: Query<'/api/webhooks/{id}/deliveries', 'get'> = {}, call: CallOptions = {}) =>
      api.list<Delivery>('deliveries', at(id, '/deliveries'), query, call),
    retryDelivery: (id: string, delivery: string, call: CallOptions = {}) =>
      api.send<Changed>(at(id, `/deliveries${at(delivery, '/retry')}`), undefined, call),
    replay: (id: string, options: Body<'/api/webhooks/{id}/replays', 'post'> = {}, call: CallOptions = {}) =>
      api.send<Answer<'/api/webhooks/{id}/replays', 'post', 202>>(at(id, '/replays'), options, call),
    replays: async (id: string, call: CallOptions = {}) =>
      (await api.get<Answer<'/api/webhooks/{id}/replays', 'get'>>(at(id, '/replays'), call)).replays,
    /** What a filter would have matched. */
    preview: (options: Body<'/api/webhooks/preview', 'post'>, call: CallOptions = {}) =>
      api.settle<Answer<'/api/webhooks/preview', 'post'>>('/preview', options, call),
    stats: (call: CallOptions = {}) => api.get<Answer<'/api/webhooks/stats', 'get'>>('/stats', call),
    verify: verifyWebhook,
  };
}

/** Schedules of the account. */
export function schedulesOf(http: HttpClient) {
  const api = new Resource(http, '/api/schedules');
  return {
    create: (options: ScheduleOptions, call: CallOptions = {}) =>
      api.create<Answer<'/api/schedules', 'post', 201>>('', options, call),
    list: (query: Query<'/api/schedules', 'get'> = {}, call: CallOptions = {}) =>
      api.list<ScheduleRecord>('schedules', '', query, call),
    get: (id: string, call: CallOptions = {}) => api.get<ScheduleRecord>(at(id), call),
    update: (id: string, changes: ScheduleChanges, call: CallOptions = {}) =>
      api.send<ScheduleRecord>(at(id), changes, call, 'PATCH'),
    delete: (id: string, call: CallOptions = {}) => api.send<Changed>(at(id), undefined, call, 'DELETE'),
    pause: (id: string, options: Body<'/api/schedules/{id}/pause', 'post'> = {}, call: CallOptions = {}) =>
      api.settle<ScheduleRecord>(at(id, '/pause'), options, call),
    resume: (id: string, note = '', call: CallOptions = {}) =>
      api.settle<ScheduleRecord>(at(id, '/resume'), { note }, call),
    /** Runs it now, beside its times. */
    trigger: (id: string, call: CallOptions = {}) =>
      api.send<Answer<'/api/schedules/{id}/trigger', 'post', 202>>(at(id, '/trigger'), undefined, call),
    /** Runs it for the times of a range that has passed. */
    backfill: (id: string, range: Body<'/api/schedules/{id}/backfill', 'post'>, call: CallOptions = {}) =>
      api.send<Answer<'/api/schedules/{id}/backfill', 'post', 202>>(at(id, '/backfill'), range, call),
    upcoming: async (id: string, count = 5, call: CallOptions = {}) =>
      (await api.get<Answer<'/api/schedules/{id}/upcoming', 'get'>>(at(id, '/upcoming'), call, { count })).upcoming,
    /** What became of each time. */
    executions: (id: string, query: Query<'/api/schedules/{id}/executions', 'get'> = {}, call: CallOptions = {}) =>
      api.list<Firing>('executions', at(id, '/executions'), query, call),
    /** The next times of an expression that nobody has stored. */
    preview: async (options: Body<'/api/schedules/preview', 'post'>, call: CallOptions = {}) =>
      (await api.settle<Answer<'/api/schedules/preview', 'post'>>('/preview', options, call)).upcoming,
    stats: (call: CallOptions = {}) => api.get<Answer<'/api/schedules/stats', 'get'>>('/stats', call),
  };
}

/** Workflows of the account. */
export function workflowsOf(http: HttpClient) {
  const api = new Resource(http, '/api/workflows');
  const send = <T>(rest: string, definition: WorkflowDefinition | string, call: CallOptions): Promise<T> =>
    http.request<T>({
      ...{ ...call, method: 'POST', path: `/api/workflows${rest}`, body: definition, harmless: true },
      ...(typeof definition === 'string' && { headers: { 'content-type': 'application/yaml' } }),
    });
  return {
    /** Defines a workflow, or its next version: an object, or YAML as text. */
    define: (definition: WorkflowDefinition | string, call: CallOptions = {}) => send<Workflow>('', definition, call),
    /** Everything that is wrong with a definition, without keeping it. */
    check: (definition: WorkflowDefinition | string, call: CallOptions = {}) =>
      send<Answer<'/api/workflows/check', 'post'>>('/check', definition, call),
    list: (query: Query<'/api/workflows', 'get'> = {}, call: CallOptions = {}) =>
      api.list<Workflow>('workflows', '', query, call),
    get: (name: string, call: CallOptions = {}) => api.get<Workflow>(at(name), call),
    versions: async (name: string, call: CallOptions = {}) =>
      (await api.get<Answer<'/api/workflows/{name}/versions', 'get'>>(at(name, '/versions'), call)).versions,
    version: (name: string, version: number, call: CallOptions = {}) =>
      api.get<Workflow>(at(name, `/versions/${String(version)}`), call),
    delete: (name: string, call: CallOptions = {}) =>
      api.send<Answer<'/api/workflows/{name}', 'delete'>>(at(name), undefined, call, 'DELETE'),
    run: (name: string, params: object = {}, options: CallOptions & { readonly version?: number } = {}) => {
      const { version, ...call } = options;
      return api.create<Answer<'/api/workflows/{name}/run', 'post', 202>>(at(name, '/run'), { params, version }, call);
    },
    runs: (name: string, query: Query<'/api/workflows/{name}/runs', 'get'> = {}, call: CallOptions = {}) =>
      api.list<Run>('executions', at(name, '/runs'), query, call),
    /** The steps of a run. */
    steps: async (executionId: string, call: CallOptions = {}) => {
      const path = `/api/executions${at(executionId, '/steps')}`;
      return (await http.request<Answer<'/api/executions/{id}/steps', 'get'>>({ ...call, path })).steps;
    },
  };
}

/** API keys of the account. */
export function apiKeysOf(http: HttpClient) {
  const api = new Resource(http, '/api/auth/keys');
  return {
    /** The answer has the key, this once. */
    create: (options: Body<'/api/auth/keys', 'post'>, call: CallOptions = {}) =>
      api.send<Answer<'/api/auth/keys', 'post', 201>>('', options, call),
    list: async (call: CallOptions = {}) => (await api.get<Answer<'/api/auth/keys', 'get'>>('', call)).keys,
    revoke: (keyId: string, call: CallOptions = {}) => api.send<null>(at(keyId), undefined, call, 'DELETE'),
  };
}

/** Files that executions left. */
export function artifactsOf(http: HttpClient) {
  const api = new Resource(http, '/api/executions');
  return {
    list: async (executionId: string, call: CallOptions = {}) =>
      (await api.get<Answer<'/api/executions/{id}/artifacts', 'get'>>(at(executionId, '/artifacts'), call)).artifacts,
    download: (executionId: string, path: string, call: CallOptions = {}): Promise<Uint8Array> =>
      http.request<Uint8Array>({
        ...{ ...call, as: 'bytes', headers: { accept: '*/*' } },
        path: `/api/executions${at(executionId, '/artifacts')}${path
          .split('/')
          .map((each) => at(each))
          .join('')}`,
      }),
  };
}
