import { type TSchema, Type } from 'typebox';

import { executionStatuses } from '../../projections/executions/projection.ts';
import { errorTable } from '../kernel/errors.ts';

/** The shapes that several routes share. */
export const Limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'Most items in the answer.' }),
);
export const Offset = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 100_000,
    default: 0,
    description: 'Items to pass over; for more, use the cursor.',
  }),
);
export const Json = Type.Unknown({ description: 'Any JSON.' });
export const JsonObjectShape = Type.Record(Type.String(), Type.Unknown(), { description: 'A JSON object.' });
export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC.' });
export const NullableTimestamp = Type.Union([Timestamp, Type.Null()]);
export const Cursor = Type.String({ maxLength: 32, description: 'A place in the log, as an earlier answer gave it.' });

/** What every error looks like. */
export const ProblemShape = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ enum: Object.keys(errorTable), description: 'Stable; see the table of error codes.' }),
    detail: Type.String(),
    problems: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
    retryAfterMs: Type.Optional(Type.Integer()),
  },
  { description: 'Problem Details (RFC 9457).' },
);

/** An enum and no union: of a union's alternatives the checker tells the first eight only. */
export const ExecutionStatusShape = Type.Enum([...executionStatuses], { type: 'string' });

export const ArtifactShape = Type.Object({
  path: Type.String(),
  sizeBytes: Type.Integer(),
  sha256: Type.String(),
  url: Type.String(),
});

/** An execution as it is answered. */
export const ExecutionShape = Type.Object({
  executionId: Type.String(),
  skillId: Type.String(),
  skillVersion: Type.String(),
  skillDigest: Type.String({ description: 'SHA-256 over the files of the skill that was asked for.' }),
  userId: Type.String(),
  status: Type.String(),
  progress: Type.Number({ minimum: 0, maximum: 100 }),
  progressStatus: Type.Union([Type.String(), Type.Null()]),
  params: Json,
  result: Json,
  error: Type.Union([
    Type.Object({ code: Type.String(), message: Type.String(), stack: Type.Union([Type.String(), Type.Null()]) }),
    Type.Null(),
  ]),
  durationMs: Type.Union([Type.Integer(), Type.Null()], {
    description:
      'How long the last attempt took, as the event that ended it tells; null before the end. The time from startedAt, of the first attempt, to endedAt also holds the waits between attempts.',
  }),
  attempt: Type.Integer({ description: '0 before the first start.' }),
  retry: Json,
  timeoutMs: Type.Integer(),
  priority: Type.Integer(),
  mode: Type.Union([Type.String(), Type.Null()]),
  cause: Type.Object({ kind: Type.String(), id: Type.Union([Type.String(), Type.Null()]), actor: Type.String() }),
  createdAt: Timestamp,
  runAt: NullableTimestamp,
  expiresAt: NullableTimestamp,
  startedAt: NullableTimestamp,
  endedAt: NullableTimestamp,
  artifacts: Type.Array(ArtifactShape),
  revision: Type.Integer(),
});

/** An event as feeds and histories answer it. */
export const EventShape = Type.Object({
  id: Type.String(),
  position: Type.String(),
  type: Type.String(),
  stream: Type.String(),
  revision: Type.Integer(),
  at: Timestamp,
  actor: Type.String(),
  causationId: Type.Union([Type.String(), Type.Null()], {
    description: 'The event that led to it, if another stream has it.',
  }),
  correlationId: Type.Union([Type.String(), Type.Null()], {
    description: 'The batch it belongs to; null: its stream.',
  }),
  data: Json,
});

/** Request headers that mean something beside the usual ones. */
export const IdempotencyKeyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[!-~]{1,255}$',
      description: 'Makes a repetition of this request lead to what the first one made.',
    }),
  ),
});
export const LastEventIdHeader = Type.Object({
  'last-event-id': Type.Optional(Type.String({ description: 'The id of the last event that arrived.' })),
});

/** An event in the feed. */
export const CloudEventShape = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String(),
    source: Type.String(),
    type: Type.String(),
    subject: Type.String(),
    time: Timestamp,
    datacontenttype: Type.String(),
    sequence: Type.String({ description: 'The cursor to go on from.' }),
    streamrevision: Type.Integer(),
    actor: Type.String(),
    causationid: Type.Optional(Type.String()),
    correlationid: Type.Optional(Type.String()),
    data: Json,
  },
  { description: 'CloudEvents 1.0.' },
);

/** An answer that is not an object of JSON: its media types, each with what it holds. */
export function contentOf(description: string, content: Readonly<Record<string, TSchema>>) {
  const types = Object.entries(content).map(([type, schema]) => [type, { schema }]);
  return { description, content: Object.fromEntries(types) as Record<string, { schema: TSchema }> };
}

/** Headers of a request that runs something. */
export const RunHeaders = Type.Object({
  ...IdempotencyKeyHeader.properties,
  prefer: Type.Optional(Type.String({ description: 'wait=<seconds>, at most 55: answer with the outcome.' })),
});
