/** One field that is wrong, as a JSON pointer and a sentence. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

interface ErrorDetails {
  /** Stable code of the server's table, or one of this client: see the classes. */
  readonly code: string;
  /** HTTP status; null when there was no answer. */
  readonly status?: number | null;
  readonly problems?: readonly FieldProblem[];
  readonly retryAfterMs?: number | null;
  readonly requestId?: string | null;
  readonly cause?: unknown;
}

/** What every method of this client rejects with. */
export class IhumanError extends Error {
  override readonly name: string = 'IhumanError';
  readonly code: string;
  readonly status: number | null;
  /** What is wrong with the request, field by field. */
  readonly problems: readonly FieldProblem[];
  /** When it is worth trying again, if the server said so. */
  readonly retryAfterMs: number | null;
  /** The server's name for the request, if it gave one. */
  readonly requestId: string | null;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.status = details.status ?? null;
    this.problems = details.problems ?? [];
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.requestId = details.requestId ?? null;
  }
}

/** 400, 413, 415, 422: the request cannot be taken as it is. */
export class ValidationError extends IhumanError {
  override readonly name = 'ValidationError';
}

/** 401: the token or key is missing, wrong or expired. */
export class AuthenticationError extends IhumanError {
  override readonly name = 'AuthenticationError';
}

/** 403: the token or key does not allow it. */
export class PermissionError extends IhumanError {
  override readonly name = 'PermissionError';
}

/** 404, 410. */
export class NotFoundError extends IhumanError {
  override readonly name = 'NotFoundError';
}

/** 409: it contradicts how things stand. */
export class ConflictError extends IhumanError {
  override readonly name = 'ConflictError';
}

/** 429: too many requests. */
export class RateLimitError extends IhumanError {
  override readonly name = 'RateLimitError';
}

/** 5xx. */
export class ServerError extends IhumanError {
  override readonly name = 'ServerError';
}

/** The server could not be reached, or the connection was lost (`CONNECTION_FAILED`, `DISCONNECTED`). */
export class ConnectionError extends IhumanError {
  override readonly name = 'ConnectionError';
}

/** There was no whole answer in time (`TIMEOUT`). */
export class TimeoutError extends IhumanError {
  override readonly name = 'TimeoutError';
}

/** What came is not what an ihuman server says (`BAD_ANSWER`). */
export class ProtocolError extends IhumanError {
  override readonly name = 'ProtocolError';
}

/** A delivery that is not what it claims: `SIGNATURE_MISSING`, `SIGNATURE_INVALID`, `TIMESTAMP_OUT_OF_RANGE`, `PAYLOAD_INVALID`. */
export class WebhookVerificationError extends IhumanError {
  override readonly name = 'WebhookVerificationError';
}

/** How an execution ended that did not complete. */
export interface FailedExecution {
  readonly executionId: string;
  readonly status: string;
  readonly error: string;
  readonly code: string;
  readonly durationMs: number | null;
}

/** The execution that `run` or `waitFor` waited for failed, timed out, expired or was cancelled. */
export class ExecutionFailedError extends IhumanError {
  override readonly name = 'ExecutionFailedError';
  readonly execution: FailedExecution;

  constructor(execution: FailedExecution) {
    super(execution.error, { code: execution.code });
    this.execution = execution;
  }
}

/** An HTTP answer, as far as errors need it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

type ErrorClass = new (message: string, details: ErrorDetails) => IhumanError;

/** The error that an answer other than 2xx is: Problem Details where it has them, else what the status says. */
export function errorFrom({ status, headers, text }: ErrorAnswer): IhumanError {
  const body = objectIn(text);
  const code = typeof body.code === 'string' ? body.code : `HTTP_${String(status)}`;
  const [message = `The server answered ${String(status)}.`] = [body.detail, body.title].filter(isText);
  const Kind = classOf(status);
  return new Kind(message, {
    code,
    status,
    problems: Array.isArray(body.problems) ? (body.problems as FieldProblem[]) : [],
    retryAfterMs: retryAfterOf(headers, body.retryAfterMs),
    requestId: headers.get('x-request-id'),
  });
}

function classOf(status: number): ErrorClass {
  const known = classes.get(status);
  if (known !== undefined) return known;
  return status >= 500 ? ServerError : status >= 400 ? ValidationError : ProtocolError;
}

const classes: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([
  [401, AuthenticationError],
  [403, PermissionError],
  [404, NotFoundError],
  [410, NotFoundError],
  [409, ConflictError],
  [429, RateLimitError],
]);

/** Problem Details say it to the millisecond, the header in seconds or as a date, which is one of the server's clock. */
function retryAfterOf(headers: ErrorAnswer['headers'], exact: unknown): number | null {
  if (typeof exact === 'number' && exact >= 0) return exact;
  const header = headers.get('retry-after');
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const nowMs = Date.parse(headers.get('date') ?? '') || Date.now();
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
