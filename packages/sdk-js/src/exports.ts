export type { ClientEvents, ClientOptions, RunOptions } from './client-options.ts';
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
} from './errors.ts';
export type { CompleteEvent, ErrorEvent, ExecutionEvent, GapEvent, LogEvent, ProgressEvent } from './frames.ts';
export type { CallOptions, TokenSource } from './http.ts';
export type { FollowOptions } from './link.ts';
export type { Since } from './cursor.ts';
export type { RetryPolicy } from './retry.ts';
export type * from './types.ts';
export { verifyWebhook, type WebhookHeaders, type WebhookPayload, WebhookVerificationError } from './webhooks.ts';
