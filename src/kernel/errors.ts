/** The kinds of failure that an edge tells apart. */
export type ErrorKind =
  | 'invalid'
  | 'unauthorised'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'internal';

interface ErrorDefinition {
  readonly kind: ErrorKind;
  /** HTTP status of the Problem Details answer. */
  readonly http: number;
  /** `later`: the same request may succeed when repeated after a while; `never`: it will not. */
  readonly retry: 'never' | 'later';
  /** What the caller reads when the thrower gives no sentence of its own. */
  readonly message: string;
}

/**
 * Every error that a caller can meet, by its stable code. A code is never reused for something else.
 * `docs/reference/errors.md` lists the same codes; a drift test compares both ways.
 */
export const errorTable = {
  VALIDATION_FAILED: {
    kind: 'invalid',
    http: 400,
    retry: 'never',
    message: 'The request does not have the required shape.',
  },
  MALFORMED_JSON: { kind: 'invalid', http: 400, retry: 'never', message: 'The body is not valid JSON.' },
  PARAMS_INVALID: {
    kind: 'invalid',
    http: 422,
    retry: 'never',
    message: "The parameters do not fit the skill's parameter list.",
  },
  CURSOR_INVALID: {
    kind: 'invalid',
    http: 400,
    retry: 'never',
    message: 'The cursor or position is not one that this server gave.',
  },
  MALFORMED_REQUEST: { kind: 'invalid', http: 400, retry: 'never', message: 'This is no HTTP request.' },
  HEADERS_TOO_LARGE: { kind: 'too-large', http: 431, retry: 'never', message: 'The headers are larger than 16 KiB.' },
  REQUEST_TIMEOUT: {
    kind: 'timeout',
    http: 408,
    retry: 'later',
    message: 'The request was not sent within 60 seconds.',
  },
  UPGRADE_REQUIRED: {
    kind: 'invalid',
    http: 426,
    retry: 'never',
    message: 'This address speaks WebSocket only; see docs/reference/websocket.md.',
  },
  UNSUPPORTED_MEDIA_TYPE: { kind: 'invalid', http: 415, retry: 'never', message: 'Send the body as application/json.' },
  UNAUTHENTICATED: {
    kind: 'unauthorised',
    http: 401,
    retry: 'never',
    message: 'Send a valid token or API key: Authorization: Bearer …',
  },
  CREDENTIALS_INVALID: {
    kind: 'unauthorised',
    http: 401,
    retry: 'never',
    message: 'The e-mail address or the password is not right.',
  },
  SIGN_IN_DELAYED: {
    kind: 'rate-limited',
    http: 429,
    retry: 'later',
    message: 'Too many failed sign-ins; try again later.',
  },
  FORBIDDEN: { kind: 'forbidden', http: 403, retry: 'never', message: 'This token or key may not do that.' },
  NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is nothing at this address for you.' },
  METHOD_NOT_ALLOWED: {
    kind: 'invalid',
    http: 405,
    retry: 'never',
    message: 'This address does not take that method.',
  },
  SKILL_NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is no such skill.' },
  WEBHOOK_NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is no such webhook.' },
  DELIVERY_NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is no such delivery.' },
  SCHEDULE_NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is no such schedule.' },
  WORKFLOW_NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is no such workflow.' },
  EXECUTION_NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is no such execution.' },
  ARTIFACT_NOT_FOUND: { kind: 'not-found', http: 404, retry: 'never', message: 'There is no such artifact.' },
  EMAIL_TAKEN: {
    kind: 'conflict',
    http: 409,
    retry: 'never',
    message: 'An account with this e-mail address exists already.',
  },
  USERNAME_TAKEN: {
    kind: 'conflict',
    http: 409,
    retry: 'never',
    message: 'An account with this user name exists already.',
  },
  REVISION_CONFLICT: {
    kind: 'conflict',
    http: 409,
    retry: 'later',
    message: 'Somebody else changed this at the same moment.',
  },
  EXECUTION_FINISHED: { kind: 'conflict', http: 409, retry: 'never', message: 'The execution has already ended.' },
  IDEMPOTENCY_KEY_REUSED: {
    kind: 'conflict',
    http: 422,
    retry: 'never',
    message: 'This Idempotency-Key was used for a different request.',
  },
  MOVE_NOT_ALLOWED: {
    kind: 'conflict',
    http: 409,
    retry: 'never',
    message: 'That is not possible in the present state.',
  },
  BODY_TOO_LARGE: { kind: 'too-large', http: 413, retry: 'never', message: 'The body is larger than the limit.' },
  EVENT_TOO_LARGE: { kind: 'too-large', http: 413, retry: 'never', message: 'The event is larger than the limit.' },
  RATE_LIMITED: { kind: 'rate-limited', http: 429, retry: 'later', message: 'Too many requests; slow down.' },
  LIMIT_REACHED: {
    kind: 'conflict',
    http: 409,
    retry: 'never',
    message: 'There are as many of these as one may have.',
  },
  QUEUE_FULL: {
    kind: 'rate-limited',
    http: 429,
    retry: 'later',
    message: 'Too many executions are waiting; try again later.',
  },
  OUTCOME_UNKNOWN: {
    kind: 'unavailable',
    http: 503,
    retry: 'later',
    message: 'It is not known whether this was written; repeat it with the same Idempotency-Key.',
  },
  LOG_UNAVAILABLE: {
    kind: 'unavailable',
    http: 503,
    retry: 'later',
    message: 'The event log cannot be written to at the moment.',
  },
  STORAGE_FULL: { kind: 'unavailable', http: 507, retry: 'later', message: 'The disk is full; nothing was written.' },
  NOT_READY: { kind: 'unavailable', http: 503, retry: 'later', message: 'The server is starting or stopping.' },
  BUSY: { kind: 'unavailable', http: 503, retry: 'later', message: 'The server is too busy for this request.' },
  LOG_CORRUPT: {
    kind: 'internal',
    http: 500,
    retry: 'never',
    message: 'The event log is damaged; npm run verify says where.',
  },
  DATA_DIR_LOCKED: {
    kind: 'unavailable',
    http: 503,
    retry: 'later',
    message: 'Another server is using this data directory.',
  },
  DATA_DIR_UNUSABLE: { kind: 'unavailable', http: 503, retry: 'never', message: 'The data directory cannot be used.' },
  VAULT_KEY_MISMATCH: { kind: 'internal', http: 500, retry: 'never', message: 'The key file does not open the vault.' },
  CONFIG_INVALID: { kind: 'invalid', http: 500, retry: 'never', message: 'The settings are not valid.' },
  SKILL_INVALID: {
    kind: 'unavailable',
    http: 503,
    retry: 'later',
    message: 'The skill cannot be used as it is now; the server log and /api/system/status say why.',
  },
  INTERNAL: {
    kind: 'internal',
    http: 500,
    retry: 'later',
    message: 'Something went wrong inside the server; it has been logged.',
  },
} as const satisfies Record<string, ErrorDefinition>;

/** One of the stable error codes. */
export type ErrorCode = keyof typeof errorTable;

/** One thing that is wrong with an input: where (a JSON pointer or a field name) and what. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

interface AppErrorOptions {
  /** A sentence for the caller instead of the table's. Never holds secrets. */
  readonly message?: string;
  /** All that is wrong with the input, at once. */
  readonly problems?: readonly Problem[];
  /** How long to wait before a repetition makes sense. Default: a second for what is unavailable for now. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** What is not available at the moment may be again so soon, when nobody knows better. */
const unavailableMs = 1000;

/** A failure that is the caller's or the environment's, with a code of {@link errorTable}. Recognised by `code`. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorTable[code].message, { cause: options.cause });
    this.code = code;
    this.problems = options.problems ?? [];
    const { kind, retry } = errorTable[code];
    const usualMs = kind === 'unavailable' && retry === 'later' ? unavailableMs : null;
    this.retryAfterMs = options.retryAfterMs ?? usualMs;
  }
}

/** True for an error with a code of {@link errorTable}, whichever copy of this module made it. */
export function isAppError(error: unknown): error is AppError {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && Object.hasOwn(errorTable, error.code)
  );
}
