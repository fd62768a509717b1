import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';

import type { ExecutionRow } from '../../../projections/executions/projection.ts';
import { mayRead } from '../../auth/principal.ts';
import { workflowOfRun } from '../../domain/workflow/definition.ts';
import { WorkflowRun } from '../../domain/workflow/run.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { settleRefused, takeUpParts } from '../../workflows/run-parts.ts';
import { principalOf } from '../authenticate.ts';
import { causalTree } from '../causal-tree.ts';
import type { Services } from '../services.ts';

const ExecutionId = Type.Object({ id: Type.String({ maxLength: 80 }) });

/** What led to what: the steps of a run, and the tree that an execution is part of. */
export function causeRoutes(services: Services): FastifyPluginAsyncTypebox {
  const { queries, workflows, catalog } = services;
  const ofCaller = async (request: Parameters<typeof principalOf>[0], id: string): Promise<ExecutionRow> => {
    const row = await queries.executionById(id);
    if (row === null || !mayRead(principalOf(request), row.owner)) throw new AppError('EXECUTION_NOT_FOUND');
    return row;
  };

  return async (app) => {
    const tags = ['executions'];
    const read = { access: 'executions:read' } as const;

    app.get(
      '/api/executions/:id/tree',
      {
        config: read,
        schema: {
          tags,
          summary: 'All that belongs to its cause',
          description:
            'From the schedule and its firing, or the first execution, over runs, steps, retries and attempts down to deliveries of webhooks. Each node is what the one above it brought about.',
          params: ExecutionId,
          response: {
            200: Type.Object({ tree: Type.Object({}, { additionalProperties: true }), truncated: Type.Boolean() }),
          },
        },
      },
      async (request) => {
        const row = await ofCaller(request, request.params.id);
        return await causalTree(row, services);
      },
    );

    app.get(
      '/api/executions/:id/steps',
      {
        config: read,
        schema: {
          tags,
          summary: "How the steps of a workflow's run stand",
          description: 'Also of those that have not begun, and of those that were skipped.',
          params: ExecutionId,
          response: { 200: Type.Object({ steps: Type.Array(Type.Object({}, { additionalProperties: true })) }) },
        },
      },
      async (request) => {
        const row = await ofCaller(request, request.params.id);
        const workflow = workflowOfRun(row.skill);
        const version = Number(row.skillVersion);
        const definition = workflow === null ? null : await workflows.definitionOf(row.owner, workflow, version);
        if (definition === null)
          throw new AppError('MOVE_NOT_ALLOWED', { message: 'This execution is not the run of a workflow.' });
        const run = new WorkflowRun(definition, JSON.parse(row.paramsJson) as JsonObject);
        const open = await takeUpParts(row, run, queries);
        if (row.status === 'cancelling' || row.status === 'cancelled' || row.status === 'timed-out') run.cancel();
        // What could begin now has not: of a run that goes on it is about to.
        if (row.endedAtMs === null) run.launches();
        else settleRefused(run, (skill) => catalog.get(skill));
        const executions = await queries.childrenOf('workflow', row.id, maxListed);
        for (const child of open) run.progressed(child.causeId?.split('/')[1] ?? '', null, child.progress);
        const steps = run.view().map(({ result: _result, ...step }) => ({
          ...step,
          executions: executions
            .filter(({ causeId }) => causeId?.split('/')[1] === step.id)
            .map(({ id, status, causeId }) => ({ id, status, index: indexOf(causeId) })),
        }));
        return { steps };
      },
    );
    await Promise.resolve();
  };
}

const maxListed = 1000;

function indexOf(causeId: string | null): number | null {
  const index = causeId?.split('/')[2];
  return index === undefined ? null : Number(index);
}
