import { isJsonObject, type JsonObject, type JsonValue } from '../kernel/json.ts';
import type { MessageType } from './messages.ts';

/** Where a subscription starts. */
export type Since =
  | { readonly kind: 'start' | 'now' }
  | { readonly kind: 'seq'; readonly seq: number }
  | { readonly kind: 'pos'; readonly pos: string }
  | { readonly kind: 'time'; readonly atMs: number }
  | { readonly kind: 'tail'; readonly count: number };

/** One subscription that a client asks for. */
export interface Wanted {
  readonly executionId: string;
  readonly since: Since;
}

/** What a client may say. */
export type ClientMessage =
  | {
      readonly type: 'subscribe';
      readonly id: JsonValue;
      readonly wanted: readonly Wanted[];
      readonly epoch: string | null;
      readonly onGap: 'snapshot' | 'reject';
      readonly types: ReadonlySet<MessageType> | null;
      readonly conflate: 'auto' | 'never' | 'always';
      /** Of the run of a workflow, its steps too. */
      readonly steps: boolean;
      /** The client uses something newer than the base protocol, so it may be told more. */
      readonly extended: boolean;
    }
  | { readonly type: 'unsubscribe'; readonly id: JsonValue; readonly executionId: string }
  | { readonly type: 'request-update'; readonly id: JsonValue; readonly executionId: string }
  | { readonly type: 'ping'; readonly ts: JsonValue }
  | { readonly type: 'auth'; readonly token: string };

/**
 * Error codes of the protocol. `temporary` tells a client whether trying again makes sense.
 * The numbers follow Centrifugo's client protocol where it has the same error.
 */
export const wireErrors = {
  internal: { code: 100, temporary: true },
  unauthorized: { code: 101, temporary: false },
  'unknown-execution': { code: 102, temporary: false },
  'unknown-type': { code: 104, temporary: false },
  'limit-exceeded': { code: 106, temporary: false },
  'bad-request': { code: 107, temporary: false },
  'rate-limited': { code: 111, temporary: true },
  'unrecoverable-position': { code: 112, temporary: false },
} as const;

export type WireErrorName = keyof typeof wireErrors;

/** Close codes: 4000–4499 mean reconnect, 4500–4999 mean stop. */
export const closeCodes = {
  restarting: 1012,
  tokenExpired: 4001,
  badRequest: 4500,
  unauthorized: 4501,
  revoked: 4503,
  tooManyConnections: 4504,
} as const;

/** A message that cannot be taken, and why. */
export interface Refused {
  readonly error: WireErrorName;
  readonly message: string;
  readonly id: JsonValue;
}

const maxIdChars = 80;
const maxPerMessage = 128;
const messageTypes: Readonly<Record<string, MessageType>> = {
  progress: 'execution-progress',
  log: 'execution-log',
  complete: 'execution-complete',
  error: 'execution-error',
};
const gapPolicies = ['snapshot', 'reject'] as const;
const conflations = ['auto', 'never', 'always'] as const;
const extendedFields = ['id', 'since', 'epoch', 'types', 'conflate', 'onGap', 'executions', 'steps'];

/** The message in a text frame, or why it is refused. Unknown fields are ignored, as newer clients may send them. */
export function parseClientMessage(text: string): ClientMessage | Refused {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('bad-request', 'The frame is not JSON.');
  }
  if (!isJsonObject(value) || typeof value.type !== 'string')
    return refuse('bad-request', 'A message is an object with a type.');
  const id = idOf(value);
  switch (value.type) {
    case 'subscribe':
      return parseSubscribe(value, id);
    case 'unsubscribe':
    case 'request-update':
      if (!isExecutionId(value.executionId)) return refuse('bad-request', 'executionId is missing.', id);
      return { type: value.type, id, executionId: value.executionId };
    case 'ping':
      return { type: 'ping', ts: scalarOf(value.ts) };
    case 'auth':
      if (typeof value.token !== 'string') return refuse('bad-request', 'token is missing.', id);
      return { type: 'auth', token: value.token };
    default:
      return refuse('unknown-type', 'There is no such message type.', id);
  }
}

function parseSubscribe(value: JsonObject, id: JsonValue): ClientMessage | Refused {
  const items = value.executions === undefined ? [{ id: value.executionId, since: value.since }] : value.executions;
  if (!Array.isArray(items) || items.length === 0 || items.length > maxPerMessage) {
    return refuse('bad-request', `executions must be a list of 1 to ${String(maxPerMessage)} items.`, id);
  }
  const wanted: Wanted[] = [];
  for (const item of items as readonly JsonValue[]) {
    if (!isJsonObject(item) || !isExecutionId(item.id)) return refuse('bad-request', 'executionId is missing.', id);
    const since = parseSince(item.since);
    if (since === null)
      return refuse('bad-request', 'since must be "start", "now", {seq}, {pos}, {time} or {tail}.', id);
    wanted.push({ executionId: item.id, since });
  }
  const types = parseTypes(value.types);
  if (types === undefined)
    return refuse('bad-request', `types must be a list of ${Object.keys(messageTypes).join(', ')}.`, id);
  const onGap = oneOf(value.onGap, gapPolicies);
  if (onGap === null) return refuse('bad-request', `onGap must be one of ${gapPolicies.join(', ')}.`, id);
  const conflate = oneOf(value.conflate, conflations);
  if (conflate === null) return refuse('bad-request', `conflate must be one of ${conflations.join(', ')}.`, id);
  return {
    type: 'subscribe',
    id,
    wanted,
    types,
    steps: value.steps === true,
    epoch: typeof value.epoch === 'string' ? value.epoch : null,
    onGap,
    conflate,
    extended: extendedFields.some((field) => value[field] !== undefined),
  };
}

/** The first of `allowed` when nothing is said; null for anything that is not in it. */
function oneOf<T extends string>(value: JsonValue | undefined, allowed: readonly [T, ...T[]]): T | null {
  if (value === undefined || value === null) return allowed[0];
  return allowed.find((known) => known === value) ?? null;
}

function parseSince(value: JsonValue | undefined): Since | null {
  if (value === undefined || value === null || value === 'start') return { kind: 'start' };
  if (value === 'now') return { kind: 'now' };
  if (!isJsonObject(value)) return null;
  if (isCount(value.seq)) return { kind: 'seq', seq: value.seq };
  if (typeof value.pos === 'string' && value.pos !== '') return { kind: 'pos', pos: value.pos };
  if (isCount(value.tail)) return { kind: 'tail', count: value.tail };
  const atMs = typeof value.time === 'string' ? Date.parse(value.time) : NaN;
  return Number.isFinite(atMs) ? { kind: 'time', atMs } : null;
}

function parseTypes(value: JsonValue | undefined): ReadonlySet<MessageType> | null | undefined {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) return undefined;
  const types = (value as readonly JsonValue[]).map((name) =>
    typeof name === 'string' && Object.hasOwn(messageTypes, name) ? messageTypes[name] : undefined,
  );
  return types.every((type) => type !== undefined) ? new Set(types) : undefined;
}

function isExecutionId(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxIdChars;
}

function isCount(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function idOf(value: JsonObject): JsonValue {
  return scalarOf(value.id);
}

/** Echoed values are short scalars: nobody gets to bounce a payload off the server. */
function scalarOf(value: JsonValue | undefined): JsonValue {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.length <= 64 ? value : null;
}

function refuse(error: WireErrorName, message: string, id: JsonValue = null): Refused {
  return { error, message, id };
}
