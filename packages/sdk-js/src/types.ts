import type { paths } from './generated/api.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Content<T> = T extends { readonly content: { readonly 'application/json': infer Body } } ? Body : never;
type Operation<Path extends keyof paths, M extends Method> = NonNullable<paths[Path][M]>;

/** What the server answers with a status of 2xx. */
export type Answer<Path extends keyof paths, M extends Method, Status extends 200 | 201 | 202 = 200> =
  Operation<Path, M> extends { readonly responses: infer Responses }
    ? Status extends keyof Responses
      ? Content<Responses[Status]>
      : never
    : never;

/** What a request carries. */
export type Body<Path extends keyof paths, M extends Method> =
  Operation<Path, M> extends { readonly requestBody?: infer Request }
    ? NonNullable<Content<NonNullable<Request>>>
    : never;

/** What a request asks for behind the question mark. */
export type Query<Path extends keyof paths, M extends Method> =
  Operation<Path, M> extends { readonly parameters: { readonly query?: infer Asked } } ? NonNullable<Asked> : never;

export type User = Answer<'/api/auth/me', 'get'>;
export type Skill = Answer<'/api/skills/{id}', 'get'>;
export type SkillSummary = Answer<'/api/skills', 'get'>['skills'][number];
export type Execution = Answer<'/api/executions/{id}', 'get'>;
export type ExecutionSummary = Answer<'/api/executions', 'get'>['executions'][number];
/** An execution that was requested. `Result` is what it gives, for {@link IhumanClientBase.waitFor} and its like. */
export type Started<Result = unknown> = Answer<'/api/skills/{id}/execute', 'post', 202> & {
  readonly [resultOf]?: Result;
};
declare const resultOf: unique symbol;
export type SkillsQuery = Query<'/api/skills', 'get'>;
export type ExecutionsQuery = Query<'/api/executions', 'get'>;
export type PageQuery = Query<'/api/skills/search', 'get'> extends infer Asked ? Omit<Asked, 'q'> : never;
/** What can be said about a run beside its parameters. */
export type ExecuteOptions = Omit<Body<'/api/skills/{id}/execute', 'post'>, 'params'>;
export type WebhookOptions = Body<'/api/webhooks', 'post'>;
export type WebhookChanges = Body<'/api/webhooks/{id}', 'patch'>;
export type ScheduleOptions = Body<'/api/schedules', 'post'>;
export type ScheduleChanges = Body<'/api/schedules/{id}', 'patch'>;
export type WorkflowDefinition = Body<'/api/workflows', 'post'>;

/** A list with what belongs to it: a page of `total`, from `offset` on. */
export type Page<T> = readonly T[] & {
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
  /** For the next page of executions: it stays right while new ones come. */
  readonly nextCursor?: string | null;
};

/** An event of the log as CloudEvents have it. */
export interface LogEventRecord {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  /** Cursor: `after` goes on behind the append that this event is of. */
  readonly sequence: string;
  readonly data: unknown;
  readonly [attribute: string]: unknown;
}
