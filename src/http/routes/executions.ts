import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';

import {
  executionsProjection,
  type ExecutionRow,
  executionStatuses,
} from '../../../projections/executions/projection.ts';
import { mayRead, ownerFilter, type Principal } from '../../auth/principal.ts';
import type { RequestedExecution, RequestOptions } from '../../commands/request-execution.ts';
import { workflowOfRun } from '../../domain/workflow/definition.ts';
import { parseCursor, toCursor } from '../../event-log/cursor.ts';
import type { RecordedEvent } from '../../event-log/event-log.ts';
import { eventId } from '../../event-log/record.ts';
import { AppError, isAppError } from '../../kernel/errors.ts';
import { derivedId, newId } from '../../kernel/ids.ts';
import type { JsonValue } from '../../kernel/json.ts';
import { foldInMemory } from '../../projecting/memory-fold.ts';
import { artifactFolder, openArtifact } from '../../runner/artifacts.ts';
import { principalOf } from '../authenticate.ts';
import { executionOptions, idempotencyKeyOf, optionsOf } from '../execution-options.ts';
import { problemOf } from '../problem.ts';
import type { Services } from '../services.ts';
import {
  ArtifactShape,
  contentOf,
  Cursor,
  EventShape,
  ExecutionShape,
  ExecutionStatusShape,
  IdempotencyKeyHeader,
  JsonObjectShape,
  LastEventIdHeader,
  Limit,
  Offset,
  ProblemShape,
} from '../shapes.ts';
import { streamExecution } from '../stream-execution.ts';
import { eventView, executionView } from '../views.ts';

const maxBatch = 1000;
const maxHistory = 100_000;

const BatchItem = Type.Object(
  { skillId: Type.String(), params: Type.Optional(JsonObjectShape), ...executionOptions },
  { additionalProperties: false },
);
const ExecutionId = Type.Object({ id: Type.String({ maxLength: 80 }) });

/** Executions: history, one, cancel, retry, batch, events, artifacts, live stream. */
export function executionRoutes(services: Services): FastifyPluginAsyncTypebox {
  const { queries, log, executions, requests, catalog, clock, artifactsDir, streams } = services;
  return async (app) => {
    const tags = ['executions'];
    const read = { access: 'executions:read' } as const;
    const write = { access: 'executions:write' } as const;

    app.get(
      '/api/executions',
      {
        config: read,
        schema: {
          tags,
          summary: 'Execution history, newest first',
          querystring: Type.Object(
            {
              status: Type.Optional(ExecutionStatusShape),
              skillId: Type.Optional(Type.String()),
              limit: Limit,
              offset: Offset,
              cursor: Type.Optional(Cursor),
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({
              executions: Type.Array(ExecutionShape),
              total: Type.Integer(),
              limit: Type.Integer(),
              offset: Type.Integer(),
              nextCursor: Type.Union([Type.String(), Type.Null()]),
            }),
          },
        },
      },
      async (request) => {
        const { status, skillId, limit = 50, offset = 0, cursor } = request.query;
        const filter = { owner: ownerFilter(principalOf(request)), status: statusOf(status), skill: skillId ?? null };
        const before = cursor === undefined ? null : parseCursor(cursor, log.head());
        const { rows, total } = await queries.listExecutions(filter, { limit, offset, before });
        const last = rows.length === limit ? rows.at(-1) : undefined;
        return {
          executions: rows.map(executionView) as never,
          total,
          limit,
          offset,
          nextCursor: last === undefined ? null : toCursor(last.position),
        };
      },
    );

    app.get(
      '/api/executions/:id',
      {
        config: read,
        schema: {
          tags,
          summary: 'One execution, as it is or as it was at a revision',
          params: ExecutionId,
          querystring: Type.Object(
            { revision: Type.Optional(Type.Integer({ minimum: 0 })) },
            { additionalProperties: false },
          ),
          response: { 200: ExecutionShape },
        },
      },
      async (request) => {
        const row = await ownedExecution(services, principalOf(request), request.params.id);
        const { revision } = request.query;
        const shown =
          revision === undefined || revision >= row.revision ? row : await executionAsOf(services, row.id, revision);
        return executionView(shown) as never;
      },
    );

    app.post(
      '/api/executions/:id/cancel',
      {
        config: write,
        schema: {
          tags,
          summary: 'Cancel an execution',
          description:
            'A waiting execution is cancelled at once; a running one is asked to stop and killed after its grace time. One that another program runs goes on until that program, which its next report tells, says that it has stopped.',
          params: ExecutionId,
          body: Type.Union([
            Type.Object({ reason: Type.Optional(Type.String({ maxLength: 500 })) }, { additionalProperties: false }),
            Type.Null(),
          ]),
          response: { 200: ExecutionShape, 202: ExecutionShape },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const { id } = await ownedExecution(services, principal, request.params.id);
        const reason = request.body?.reason ?? null;
        const command = { kind: 'request-cancellation', reason, nowMs: clock.now() } as const;
        await executions.execute(id, command, principal.actor);
        const row = await ownedExecution(services, principal, id);
        return reply.code(row.endedAtMs === null ? 202 : 200).send(executionView(row) as never);
      },
    );

    app.post(
      '/api/executions/:id/retry',
      {
        config: write,
        schema: {
          tags,
          summary: 'Run it again with the same parameters, as a new execution',
          description:
            'The run of a workflow goes on from the steps that did not complete, in the version that it had: what was completed is not run again.',
          params: ExecutionId,
          headers: IdempotencyKeyHeader,
          response: { 202: Type.Object({ executionId: Type.String(), position: Type.String() }) },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const row = await ownedExecution(services, principal, request.params.id);
        if (row.mode === 'external') {
          throw new AppError('MOVE_NOT_ALLOWED', {
            message: 'Another program ran it; only that one can run it again.',
          });
        }
        if (row.secretParamsJson !== '[]') {
          throw new AppError('MOVE_NOT_ALLOWED', {
            message: 'Its secret parameters were erased when it ended; run the skill with them again.',
          });
        }
        const key = idempotencyKeyOf(request.headers);
        const workflow = workflowOfRun(row.skill);
        if (workflow !== null) {
          const { executionId, position } = await resumeRun(services, row, { workflow, actor: principal.actor, key });
          return reply.code(202).send({ executionId, position: toCursor(position) });
        }
        const skill = catalog.find(row.skill);
        const options: RequestOptions = {
          cause: 'retry',
          causeId: row.id,
          causationId: eventId(row.id, row.revision),
          ...(key !== null && { idempotencyKey: key }),
        };
        const params = JSON.parse(row.paramsJson) as JsonValue;
        const { executionId, position } = await requests.request({
          owner: row.owner,
          actor: principal.actor,
          skill,
          params,
          options,
        });
        return reply.code(202).send({ executionId, position: toCursor(position) });
      },
    );

    app.post(
      '/api/executions/batch',
      {
        config: write,
        schema: {
          tags,
          summary: 'Run many at once',
          description: `Up to ${String(maxBatch)} items; each is answered by itself, in order, with an execution id or a problem.`,
          body: Type.Object(
            { executions: Type.Array(BatchItem, { minItems: 1, maxItems: maxBatch }) },
            { additionalProperties: false },
          ),
          headers: IdempotencyKeyHeader,
          response: {
            202: Type.Object({
              batchId: Type.String(),
              accepted: Type.Integer(),
              executions: Type.Array(
                Type.Object({ executionId: Type.Optional(Type.String()), problem: Type.Optional(ProblemShape) }),
              ),
            }),
          },
        },
      },
      async (request, reply) => {
        const { actor, userId: owner } = principalOf(request);
        const key = idempotencyKeyOf(request.headers);
        const batchId = key === null ? newId('batch', clock) : derivedId('batch', owner, key);
        const answers = await Promise.all(
          request.body.executions.map(async ({ skillId, params, ...rest }, i) => {
            try {
              const skill = catalog.find(skillId);
              const keyed = key === null ? {} : { idempotencyKey: `${key}/${String(i)}` };
              const options: RequestOptions = { ...optionsOf(rest), ...keyed, cause: 'batch', causeId: batchId };
              const { executionId } = await requests.request({
                owner,
                actor,
                skill,
                params: params as JsonValue | undefined,
                options,
              });
              return { executionId };
            } catch (error) {
              if (!isAppError(error)) throw error;
              return { problem: problemOf(error) as never };
            }
          }),
        );
        const accepted = answers.filter((answer) => 'executionId' in answer).length;
        return reply.code(202).send({ batchId, accepted, executions: answers });
      },
    );

    app.get(
      '/api/executions/:id/events',
      {
        config: read,
        schema: {
          tags,
          summary: 'Everything that happened to an execution: its audit trail',
          params: ExecutionId,
          querystring: Type.Object(
            { fromRevision: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 })), limit: Limit },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({
              events: Type.Array(EventShape),
              nextRevision: Type.Union([Type.Integer(), Type.Null()]),
            }),
          },
        },
      },
      async (request) => {
        const { id, revision } = await ownedExecution(services, principalOf(request), request.params.id);
        const { fromRevision = 0, limit = 50 } = request.query;
        const events = (await log.readStream(id, { fromRevision, limit })).slice(0, limit);
        const last = events.at(-1)?.revision ?? revision;
        return { events: events.map(eventView) as never, nextRevision: last < revision ? last + 1 : null };
      },
    );

    app.get(
      '/api/executions/:id/artifacts',
      {
        config: read,
        schema: {
          tags,
          summary: 'Files that the skill left',
          params: ExecutionId,
          response: { 200: Type.Object({ artifacts: Type.Array(ArtifactShape) }) },
        },
      },
      async (request) => {
        const row = await ownedExecution(services, principalOf(request), request.params.id);
        return { artifacts: executionView(row).artifacts as never };
      },
    );

    app.get(
      '/api/executions/:id/artifacts/*',
      {
        config: read,
        schema: {
          tags,
          summary: 'Download a file',
          params: Type.Object({ id: Type.String({ maxLength: 80 }), '*': Type.String({ maxLength: 1000 }) }),
          response: { 200: contentOf('The file.', { 'application/octet-stream': Type.String() }) },
        },
      },
      async (request, reply) => {
        const row = await ownedExecution(services, principalOf(request), request.params.id);
        const path = request.params['*'];
        const listed = JSON.parse(row.artifactsJson) as readonly { readonly path: string }[];
        if (!listed.some((artifact) => artifact.path === path)) throw new AppError('ARTIFACT_NOT_FOUND');
        const folder = artifactFolder({ artifactsDir, executionId: row.id, attempt: row.attempt });
        const { file, sizeBytes } = await openArtifact(folder, path);
        const name = encodeURIComponent(path.split('/').at(-1) ?? 'file');
        // Always a download: a page that a skill wrote must not run as ours.
        return reply
          .header('content-type', 'application/octet-stream')
          .header('content-length', sizeBytes)
          .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
          .send(file.createReadStream());
      },
    );

    app.get(
      '/api/executions/:id/stream',
      {
        config: read,
        schema: {
          tags,
          summary: 'Follow an execution as server-sent events',
          description: 'Ends after the terminal event. Last-Event-ID resumes.',
          params: ExecutionId,
          headers: LastEventIdHeader,
          response: {
            200: contentOf('Messages as they happen.', { 'text/event-stream': Type.Unknown() }),
            204: Type.Null({ description: 'It has ended, and everything was sent before.' }),
          },
        },
      },
      async (request, reply) => {
        const row = await ownedExecution(services, principalOf(request), request.params.id);
        await streamExecution({ log, streams }, row, request, reply);
      },
    );
    await Promise.resolve();
  };
}

function resumeRun(
  { workflows }: Services,
  row: ExecutionRow,
  { workflow, actor, key }: { readonly workflow: string; readonly actor: string; readonly key: string | null },
): Promise<RequestedExecution> {
  if (row.endedAtMs === null) throw new AppError('MOVE_NOT_ALLOWED', { message: 'The run has not ended yet.' });
  return workflows.run({
    ...{ owner: row.owner, actor, workflow, version: Number(row.skillVersion), idempotencyKey: key },
    ...{ params: JSON.parse(row.paramsJson) as JsonValue, cause: 'retry', causeId: row.id },
    causationId: eventId(row.id, row.revision),
  });
}

/** The execution, if it is the principal's. Somebody else's is not found, exactly like one that does not exist. */
async function ownedExecution({ queries }: Services, principal: Principal, id: string): Promise<ExecutionRow> {
  const row = await queries.executionById(id);
  if (row === null || !mayRead(principal, row.owner)) throw new AppError('EXECUTION_NOT_FOUND');
  return row;
}

async function executionAsOf({ log }: Services, id: string, revision: number): Promise<ExecutionRow> {
  const events: RecordedEvent[] = [];
  while (events.length <= revision && events.length < maxHistory) {
    const page = await log.readStream(id, { fromRevision: events.length });
    if (page.length === 0) break;
    events.push(...page);
  }
  const rows = foldInMemory(executionsProjection, events.slice(0, revision + 1)).get('executions');
  const row = rows?.[0];
  if (row === undefined) throw new AppError('EXECUTION_NOT_FOUND');
  return row as ExecutionRow;
}

function statusOf(status: unknown): string | null {
  return executionStatuses.find((known) => known === status) ?? null;
}
