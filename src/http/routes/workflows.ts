import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';

import type { WorkflowRow, WorkflowVersionRow } from '../../../projections/workflows/projection.ts';
import { ownerFilter } from '../../auth/principal.ts';
import { runNameOf } from '../../domain/workflow/definition.ts';
import { toCursor } from '../../event-log/cursor.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../kernel/json.ts';
import { definitionIn, workflowIdOf } from '../../workflows/workflows.ts';
import { maxYamlBytes, readYaml } from '../../workflows/read-definition.ts';
import { principalOf } from '../authenticate.ts';
import { idempotencyKeyOf } from '../execution-options.ts';
import type { Services } from '../services.ts';
import { ExecutionShape, Json, JsonObjectShape, Limit, Offset, RunHeaders } from '../shapes.ts';
import { executionView } from '../views.ts';
import { waitForEnding, waitMsOf } from '../wait.ts';

const WorkflowName = Type.Object({ name: Type.String({ maxLength: 64 }) });
const Version = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const Definition = Type.Unsafe<JsonValue>(
  Type.Object(
    {
      name: Type.String({ description: 'Lower-case letters, digits, dots, dashes and underscores.' }),
      description: Type.Optional(Type.String()),
      input: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Parameters of a run.' })),
      steps: Type.Object({}, { additionalProperties: true, description: 'Steps by their ids.' }),
      output: Type.Optional(Json),
      timeoutMs: Type.Optional(Type.Integer()),
    },
    { additionalProperties: true },
  ),
);
const Workflow = Type.Object(
  { name: Type.String(), version: Type.Integer(), description: Type.String() },
  { additionalProperties: true },
);
const page = { limit: Type.Integer(), offset: Type.Integer(), total: Type.Integer() };

/** Workflows: define, look up, run. Names count within an account. */
export function workflowRoutes(services: Services): FastifyPluginAsyncTypebox {
  const { workflows, queries } = services;
  const current = async (request: FastifyRequest, name: string): Promise<WorkflowRow> => {
    const row = await queries.workflowById(workflowIdOf(principalOf(request).userId, name));
    if (row?.status !== 'defined')
      throw new AppError('WORKFLOW_NOT_FOUND', { message: `There is no workflow ${name}.` });
    return row;
  };
  const versionOf = async (row: WorkflowRow, version: number): Promise<WorkflowVersionRow> => {
    const found = await queries.workflowVersion(row.id, version);
    if (found === null)
      throw new AppError('WORKFLOW_NOT_FOUND', { message: `${row.name} has no version ${String(version)}.` });
    return found;
  };

  return async (app) => {
    const tags = ['workflows'];
    const read = { access: 'workflows:read' } as const;
    const write = { access: 'workflows:write' } as const;
    app.addContentTypeParser<string>(
      ['application/yaml', 'application/x-yaml', 'text/yaml'],
      { parseAs: 'string', bodyLimit: maxYamlBytes },
      (_request, body, done) => {
        try {
          done(null, readYaml(body));
        } catch (error) {
          done(error as Error);
        }
      },
    );

    app.get(
      '/api/workflows',
      {
        config: read,
        schema: {
          tags,
          summary: 'List workflows',
          querystring: Type.Object({ limit: Limit, offset: Offset }, { additionalProperties: false }),
          response: { 200: Type.Object({ workflows: Type.Array(Workflow), ...page }) },
        },
      },
      async (request) => {
        const { limit = 50, offset = 0 } = request.query;
        const { rows, total } = await queries.listWorkflows(ownerFilter(principalOf(request)), limit, offset);
        const shown = await Promise.all(rows.map(async (row) => summaryOf(row, await versionOf(row, row.version))));
        return { workflows: shown as never, total, limit, offset };
      },
    );

    app.post(
      '/api/workflows',
      {
        config: write,
        schema: {
          tags,
          summary: 'Define a workflow, or its next version',
          description:
            'JSON, or YAML with the content type application/yaml. The answer to a definition that cannot be taken lists everything that is wrong with it. The same definition again changes nothing. Runs keep to the version that they began with.',
          body: Definition,
          response: { 200: Workflow, 201: Workflow },
        },
      },
      async (request, reply) => {
        const { userId, actor } = principalOf(request);
        const { name, position } = await workflows.define(userId, actor, request.body);
        const row = await current(request, name);
        reply.code(position === null ? 200 : 201).header('location', `/api/workflows/${name}`);
        const shown = viewOf(row, await versionOf(row, row.version));
        return { ...shown, position: position === null ? null : toCursor(position) } as never;
      },
    );

    app.post(
      '/api/workflows/check',
      {
        config: read,
        schema: {
          tags,
          summary: 'Would this definition be taken?',
          description: 'Nothing is made. Answers the definition as it would be kept, steps in their order.',
          body: Definition,
          response: { 200: JsonObjectShape },
        },
      },
      (request) => workflows.check(request.body) as never,
    );

    app.get(
      '/api/workflows/:name',
      { config: read, schema: { tags, summary: 'One workflow', params: WorkflowName, response: { 200: Workflow } } },
      async (request) => {
        const row = await current(request, request.params.name);
        return viewOf(row, await versionOf(row, row.version)) as never;
      },
    );

    app.delete(
      '/api/workflows/:name',
      {
        config: write,
        schema: {
          tags,
          summary: 'Take a workflow away',
          description: 'Its runs go on; its versions stay in the log.',
          params: WorkflowName,
          response: { 200: Type.Object({ name: Type.String(), position: Type.Union([Type.String(), Type.Null()]) }) },
        },
      },
      async (request) => {
        const { userId, actor } = principalOf(request);
        const { name } = request.params;
        const position = await workflows.retire(userId, actor, name);
        return { name, position: position === null ? null : toCursor(position) };
      },
    );

    app.get(
      '/api/workflows/:name/versions',
      {
        config: read,
        schema: {
          tags,
          summary: 'All versions of a workflow, newest first',
          params: WorkflowName,
          response: { 200: Type.Object({ versions: Type.Array(Type.Object({}, { additionalProperties: true })) }) },
        },
      },
      async (request) => {
        const row = await current(request, request.params.name);
        const versions = await queries.workflowVersions(row.id);
        return { versions: versions.map((version) => viewOf(row, version)) };
      },
    );

    app.get(
      '/api/workflows/:name/versions/:version',
      {
        config: read,
        schema: {
          tags,
          summary: 'One version of a workflow',
          params: Type.Object({ ...WorkflowName.properties, version: Version }),
          response: { 200: Workflow },
        },
      },
      async (request) => {
        const row = await current(request, request.params.name);
        return viewOf(row, await versionOf(row, request.params.version)) as never;
      },
    );

    app.post(
      '/api/workflows/:name/run',
      {
        config: { access: 'executions:write' },
        schema: {
          tags,
          summary: 'Run a workflow',
          description:
            'A run is an execution: it is followed, cancelled and retried as one (a retry goes on from the steps that failed). With the header Prefer: wait=<seconds> it waits for the end. The header Idempotency-Key makes a repetition return the same run.',
          params: WorkflowName,
          body: Type.Union([
            Type.Object(
              { params: Type.Optional(JsonObjectShape), version: Type.Optional(Version) },
              { additionalProperties: false },
            ),
            Type.Null(),
          ]),
          headers: RunHeaders,
          response: {
            200: Type.Object({ executionId: Type.String() }, { additionalProperties: true }),
            202: Type.Object({ executionId: Type.String(), status: Type.String(), position: Type.String() }),
          },
        },
      },
      async (request, reply) => {
        const { userId: owner, actor } = principalOf(request);
        const { params, version } = request.body ?? {};
        const requested = await workflows.run({
          ...{ owner, actor, workflow: request.params.name, params: params as JsonValue | undefined },
          ...(version !== undefined && { version }),
          idempotencyKey: idempotencyKeyOf(request.headers),
        });
        const { executionId } = requested;
        const waitMs = waitMsOf(request.headers);
        const ending = waitMs === 0 ? null : await waitForEnding(services, requested, waitMs);
        if (ending !== null) return reply.code(200).send({ executionId, ...ending });
        return reply.code(202).send({ executionId, status: 'queued', position: toCursor(requested.position) });
      },
    );

    app.get(
      '/api/workflows/:name/runs',
      {
        config: read,
        schema: {
          tags,
          summary: 'Runs of a workflow, newest first',
          params: WorkflowName,
          querystring: Type.Object({ limit: Limit, offset: Offset }, { additionalProperties: false }),
          response: { 200: Type.Object({ executions: Type.Array(ExecutionShape), ...page }) },
        },
      },
      async (request) => {
        const { limit = 50, offset = 0 } = request.query;
        const filter = { owner: principalOf(request).userId, status: null, skill: runNameOf(request.params.name) };
        const { rows, total } = await queries.listExecutions(filter, { limit, offset, before: null });
        return { executions: rows.map(executionView) as never, total, limit, offset };
      },
    );
    await Promise.resolve();
  };
}

function summaryOf(row: WorkflowRow, version: WorkflowVersionRow): JsonObject {
  const { name, description, steps } = definitionIn(version);
  return {
    ...{ name, description, version: row.version, userId: row.owner },
    steps: steps.map(({ id }) => id),
    createdAt: new Date(row.createdAtMs).toISOString(),
    changedAt: new Date(row.changedAtMs).toISOString(),
  };
}

function viewOf(row: WorkflowRow, version: WorkflowVersionRow): JsonObject {
  const definition = definitionIn(version);
  return {
    ...summaryOf(row, version),
    version: version.version,
    latestVersion: row.version,
    definedBy: version.definedBy,
    definedAt: new Date(version.definedAtMs).toISOString(),
    definition: definition as unknown as JsonObject,
  };
}
