import { Type } from 'typebox';

const Text = Type.String();
const Seq = Type.Integer({ minimum: 0, description: "Counts the execution's events from 1 without holes." });
const Cursor = Type.String({ description: 'A place in the log; opaque.' });
const Timestamp = Type.String({ format: 'date-time' });
const Id = Type.Any({ description: 'What the client called its message; null when it did not.' });
const Executed = {
  executionId: Text,
  timestamp: Timestamp,
  seq: Type.Optional(Seq),
  pos: Type.Optional(Cursor),
  prevSeq: Type.Optional(Seq),
  snapshot: Type.Optional(Type.Boolean({ description: 'The answer to request-update: it announces no event.' })),
  headSeq: Type.Optional(Seq),
};
const durationMs = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);
const named = <T extends string>(type: T, fields: Record<string, object>) =>
  Type.Object({ type: Type.Literal(type), ...(fields as Record<string, never>) });

/** What the server says over a WebSocket. Every message may have further fields. */
export const serverMessages = [
  named('execution-progress', { ...Executed, progress: Type.Number({ minimum: 0, maximum: 100 }), status: Text }),
  named('execution-log', {
    ...Executed,
    level: Type.Enum(['debug', 'info', 'warn', 'error']),
    message: Text,
  }),
  named('execution-complete', { ...Executed, result: Type.Any(), durationMs, status: Text }),
  named('execution-error', {
    ...Executed,
    error: Text,
    code: Type.Union([Text, Type.Null()]),
    status: Type.Enum(['failed', 'timed-out', 'cancelled', 'expired']),
    durationMs,
  }),
  named('welcome', {
    v: Type.Integer(),
    connectionId: Text,
    epoch: Text,
    head: Cursor,
    heartbeatMs: Type.Integer(),
    caps: Type.Array(Text),
  }),
  named('subscribed', {
    id: Id,
    executionId: Text,
    epoch: Text,
    seq: Seq,
    headSeq: Seq,
    recovering: Type.Boolean(),
    state: Text,
  }),
  named('caught-up', { executionId: Text, seq: Seq, pos: Cursor }),
  named('gap', { executionId: Text, fromSeq: Seq, toSeq: Seq, reason: Type.Enum(['epoch', 'limit']) }),
  named('stream-end', { executionId: Text, seq: Seq, pos: Cursor, state: Text }),
  named('unsubscribed', { id: Id, executionId: Text, code: Type.Integer(), resubscribe: Type.Boolean() }),
  named('step', {
    executionId: Text,
    stepExecutionId: Text,
    step: Text,
    index: Type.Union([Type.Integer(), Type.Null()]),
  }),
  named('heartbeat', { head: Cursor }),
  named('going-away', { reconnectWithinMs: Type.Array(Type.Integer()) }),
  named('pong', { ts: Type.Any(), head: Cursor, timestamp: Timestamp }),
  named('error', {
    id: Id,
    code: Type.Integer(),
    name: Text,
    temporary: Type.Boolean(),
    message: Text,
  }),
];

const Since = Type.Union([
  Type.Enum(['start', 'now']),
  Type.Object({ seq: Seq }),
  Type.Object({ pos: Cursor }),
  Type.Object({ time: Timestamp }),
  Type.Object({ tail: Type.Integer({ minimum: 0 }) }),
]);

/** What a client may say. */
export const clientMessages = [
  named('subscribe', {
    id: Type.Optional(Type.Any()),
    executionId: Type.Optional(Text),
    since: Type.Optional(Since),
    executions: Type.Optional(Type.Array(Type.Object({ id: Text, since: Type.Optional(Since) }), { maxItems: 128 })),
    epoch: Type.Optional(Text),
    steps: Type.Optional(Type.Boolean()),
    onGap: Type.Optional(Type.Enum(['snapshot', 'reject'])),
    types: Type.Optional(Type.Array(Type.Enum(['progress', 'log', 'complete', 'error']))),
    conflate: Type.Optional(Type.Enum(['auto', 'never', 'always'])),
  }),
  named('unsubscribe', { executionId: Text, id: Type.Optional(Type.Any()) }),
  named('request-update', { executionId: Text, id: Type.Optional(Type.Any()) }),
  named('ping', { ts: Type.Optional(Type.Any()) }),
  named('auth', { token: Text }),
];
