import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';

import { mayRead } from '../../auth/principal.ts';
import { externalName, type Report, reportLimits } from '../../commands/report-execution.ts';
import { toCursor } from '../../event-log/cursor.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JsonValue } from '../../kernel/json.ts';
import { principalOf } from '../authenticate.ts';
import { idempotencyKeyOf } from '../execution-options.ts';
import type { Services } from '../services.ts';
import { IdempotencyKeyHeader, Json, JsonObjectShape } from '../shapes.ts';

const ExecutionId = Type.Object({ id: Type.String({ maxLength: 80 }) });
const DurationMs = Type.Integer({
  minimum: 0,
  maximum: reportLimits.durationMs,
  description: 'How long your program worked on it, as it measured.',
});
const Level = Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')]);
const Reported = Type.Object({
  executionId: Type.String(),
  position: Type.Union([Type.String(), Type.Null()], { description: 'Null when the report changed nothing.' }),
  cancellationRequested: Type.Boolean({
    description: 'Somebody wants it stopped: stop, and report it to /cancelled.',
  }),
});

const bodies = {
  progress: Type.Object(
    {
      progress: Type.Number({ minimum: 0, maximum: 100 }),
      status: Type.Optional(Type.String({ maxLength: reportLimits.status })),
    },
    { additionalProperties: false },
  ),
  log: Type.Object(
    { level: Level, message: Type.String({ maxLength: reportLimits.message }) },
    { additionalProperties: false },
  ),
  complete: Type.Object({ result: Type.Optional(Json), durationMs: DurationMs }, { additionalProperties: false }),
  error: Type.Object(
    {
      error: Type.String({ maxLength: reportLimits.error }),
      stack: Type.Optional(Type.String({ maxLength: reportLimits.stack })),
      durationMs: DurationMs,
    },
    { additionalProperties: false },
  ),
  cancelled: Type.Object(
    { reason: Type.Optional(Type.String({ maxLength: reportLimits.reason })), durationMs: DurationMs },
    { additionalProperties: false },
  ),
};

/** Executions that another program runs and reports on. */
export function externalRoutes({ external, queries }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    const tags = ['external executions'];
    const config = { access: 'executions:write' } as const;
    const reportSchema = { tags, params: ExecutionId, headers: IdempotencyKeyHeader, response: { 200: Reported } };

    app.post(
      '/api/executions',
      {
        config,
        schema: {
          tags,
          summary: 'Open an execution that your program runs itself',
          description:
            'With an Idempotency-Key, a repetition gives the same execution. Reports take the header too: one that is repeated is recorded once.',
          body: Type.Object(
            { name: Type.String({ pattern: externalName.source }), params: Type.Optional(JsonObjectShape) },
            { additionalProperties: false },
          ),
          headers: IdempotencyKeyHeader,
          response: { 201: Type.Object({ executionId: Type.String(), position: Type.String() }) },
        },
      },
      async (request, reply) => {
        const { userId: owner, actor } = principalOf(request);
        const { name, params = {} } = request.body;
        const order = { owner, actor, name, params: params as JsonValue, ...keyOf(request) };
        const { executionId, position } = await external.open(order);
        return reply.code(201).send({ executionId, position: toCursor(position) });
      },
    );

    const report = async (request: FastifyRequest, id: string, told: Report): Promise<Static<typeof Reported>> => {
      const principal = principalOf(request);
      const row = await queries.executionById(id);
      if (row === null || !mayRead(principal, row.owner)) throw new AppError('EXECUTION_NOT_FOUND');
      const { position, ...rest } = await external.report(id, told, principal.actor, keyOf(request));
      return { executionId: id, position: position === null ? null : toCursor(position), ...rest };
    };

    app.post(
      '/api/executions/:id/progress',
      { config, schema: { ...reportSchema, summary: 'Report progress', body: bodies.progress } },
      (request) => {
        const { progress, status = null } = request.body;
        return report(request, request.params.id, { kind: 'progress', progress, status });
      },
    );

    app.post(
      '/api/executions/:id/logs',
      { config, schema: { ...reportSchema, summary: 'Add a log line', body: bodies.log } },
      (request) => report(request, request.params.id, { kind: 'log', ...request.body }),
    );

    app.post(
      '/api/executions/:id/complete',
      { config, schema: { ...reportSchema, summary: 'Report success', body: bodies.complete } },
      (request) => {
        const { result = null, durationMs } = request.body;
        return report(request, request.params.id, { kind: 'complete', result: result as JsonValue, durationMs });
      },
    );

    app.post(
      '/api/executions/:id/error',
      { config, schema: { ...reportSchema, summary: 'Report failure', body: bodies.error } },
      (request) => {
        const { error, stack = null, durationMs } = request.body;
        return report(request, request.params.id, { kind: 'error', error, stack, durationMs });
      },
    );

    app.post(
      '/api/executions/:id/cancelled',
      {
        config,
        schema: {
          ...reportSchema,
          summary: 'Report that your program has stopped the execution',
          description:
            'The answer to a cancellation, of which every report is told by `cancellationRequested`; also for an execution that your program stopped by itself.',
          body: bodies.cancelled,
        },
      },
      (request) => {
        const { reason = null, durationMs } = request.body;
        return report(request, request.params.id, { kind: 'cancelled', reason, durationMs });
      },
    );
    await Promise.resolve();
  };
}

function keyOf({ headers }: FastifyRequest): { readonly idempotencyKey?: string } {
  const key = idempotencyKeyOf(headers);
  return key === null ? {} : { idempotencyKey: key };
}
