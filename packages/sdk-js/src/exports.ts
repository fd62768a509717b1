export type { ClientEvents, ClientOptions, FeedOptions, RunOptions } from './client-options.ts';
export {
  AuthenticationError,
  ConflictError,
  ConnectionError,
  ExecutionFailedError,
  type FailedExecution,
  type FieldProblem,
  IhumanError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  RateLimitError,
  ServerError,
  TimeoutError,
  ValidationError,
  WebhookVerificationError,
} from './errors.ts';
export type { CompleteEvent, ErrorEvent, ExecutionEvent, GapEvent, LogEvent, ProgressEvent } from './frames.ts';
export type { CallOptions, TokenSource } from './http.ts';
export type { Disconnected, FollowOptions } from './link.ts';
export type { Since } from './cursor.ts';
export type { RetryPolicy } from './retry.ts';
export type {
  Answer,
  Body,
  ExecuteOptions,
  Execution,
  ExecutionSummary,
  ExecutionsQuery,
  LogEventRecord,
  Page,
  PageQuery,
  Query,
  ScheduleChanges,
  ScheduleOptions,
  Skill,
  SkillSummary,
  SkillsQuery,
  Started,
  User,
  WebhookChanges,
  WebhookOptions,
  WorkflowDefinition,
} from './types.ts';
export type { VerifyOptions, WebhookHeaders } from './signatures.ts';
export { verifyWebhook, type WebhookPayload } from './webhooks.ts';
