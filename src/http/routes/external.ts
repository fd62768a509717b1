import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';

import { mayRead } from '../../auth/principal.ts';
import type { Report } from '../../commands/report-execution.ts';
import { toCursor } from '../../event-log/cursor.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JsonValue } from '../../kernel/json.ts';
import { principalOf } from '../authenticate.ts';
import type { Services } from '../services.ts';
import { Json, JsonObjectShape } from '../shapes.ts';

const maxDurationMs = 2 ** 31 - 1;
const DurationMs = Type.Integer({ minimum: 0, maximum: maxDurationMs });
const Reported = Type.Object({ executionId: Type.String(), position: Type.Union([Type.String(), Type.Null()]) });

/** Executions that another program runs and reports on. */
export function externalRoutes({ external, queries }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    const tags = ['external executions'];
    const config = { access: 'executions:write' } as const;
    const params = Type.Object({ id: Type.String({ maxLength: 80 }) });

    app.post(
      '/api/executions',
      {
        config,
        schema: {
          tags,
          summary: 'Open an execution that your program runs itself',
          body: Type.Object(
            { name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }), params: Type.Optional(JsonObjectShape) },
            { additionalProperties: false },
          ),
          response: { 201: Type.Object({ executionId: Type.String() }) },
        },
      },
      async (request, reply) => {
        const { userId, actor } = principalOf(request);
        const { name, params: given = {} } = request.body;
        return reply.code(201).send({ executionId: await external.open(userId, actor, name, given as JsonValue) });
      },
    );

    const report = async (request: Parameters<typeof principalOf>[0], id: string, told: Report) => {
      const principal = principalOf(request);
      const row = await queries.executionById(id);
      if (row === null || !mayRead(principal, row.owner)) throw new AppError('EXECUTION_NOT_FOUND');
      const { position } = await external.report(id, told, principal.actor);
      return { executionId: id, position: position === null ? null : toCursor(position) };
    };

    app.post(
      '/api/executions/:id/progress',
      {
        config,
        schema: {
          tags,
          summary: 'Report progress',
          params,
          body: Type.Object(
            {
              progress: Type.Number({ minimum: 0, maximum: 100 }),
              status: Type.Optional(Type.String({ maxLength: 1000 })),
            },
            { additionalProperties: false },
          ),
          response: { 200: Reported },
        },
      },
      async (request) =>
        report(request, request.params.id, {
          kind: 'progress',
          progress: request.body.progress,
          status: request.body.status ?? null,
        }),
    );

    app.post(
      '/api/executions/:id/logs',
      {
        config,
        schema: {
          tags,
          summary: 'Add a log line',
          params,
          body: Type.Object(
            {
              level: Type.Union([
                Type.Literal('debug'),
                Type.Literal('info'),
                Type.Literal('warn'),
                Type.Literal('error'),
              ]),
              message: Type.String({ maxLength: 65_536 }),
            },
            { additionalProperties: false },
          ),
          response: { 200: Reported },
        },
      },
      async (request) => report(request, request.params.id, { kind: 'log', ...request.body }),
    );

    app.post(
      '/api/executions/:id/complete',
      {
        config,
        schema: {
          tags,
          summary: 'Report success',
          params,
          body: Type.Object({ result: Type.Optional(Json), durationMs: DurationMs }, { additionalProperties: false }),
          response: { 200: Reported },
        },
      },
      async (request) => {
        const { result = null, durationMs } = request.body;
        return report(request, request.params.id, { kind: 'complete', result: result as JsonValue, durationMs });
      },
    );

    app.post(
      '/api/executions/:id/error',
      {
        config,
        schema: {
          tags,
          summary: 'Report failure',
          params,
          body: Type.Object(
            { error: Type.String({ maxLength: 4000 }), durationMs: DurationMs },
            { additionalProperties: false },
          ),
          response: { 200: Reported },
        },
      },
      async (request) => report(request, request.params.id, { kind: 'error', ...request.body }),
    );
    await Promise.resolve();
  };
}
