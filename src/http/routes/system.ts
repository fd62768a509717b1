import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';

import { ownerFilter } from '../../auth/principal.ts';
import { toCursor } from '../../event-log/cursor.ts';
import { principalOf } from '../authenticate.ts';
import type { Services } from '../services.ts';
import { contentOf, Json, Timestamp } from '../shapes.ts';
import { timestamp } from '../views.ts';

const StatusShape = Type.Object({
  status: Type.String(),
  version: Type.String(),
  node: Type.String(),
  startedAt: Timestamp,
  uptimeMs: Type.Number(),
  head: Type.String(),
  executions: Type.Object({ total: Type.Integer(), byStatus: Type.Record(Type.String(), Type.Integer()) }),
  skills: Type.Integer(),
  ...Object.fromEntries(
    // For administrators only.
    ['log', 'cluster', 'readModels', 'runner', 'websocket', 'users', 'skillProblems', 'memory'].map((name) => [
      name,
      Type.Optional(Json),
    ]),
  ),
});
const SocketStats = Type.Object({
  totalConnections: Type.Integer(),
  totalUsers: Type.Integer(),
  totalExecutions: Type.Integer(),
  framesBuilt: Type.Integer(),
  framesWritten: Type.Integer(),
  connections: Type.Array(
    Type.Object({
      connectionId: Type.String(),
      userId: Type.String(),
      executions: Type.Array(Type.String()),
      connectedAt: Timestamp,
      messagesSent: Type.Integer(),
      messagesReceived: Type.Integer(),
      pendingBytes: Type.Integer(),
    }),
  ),
});
const ReadModelsShape = Type.Object({
  ready: Type.Boolean(),
  position: Type.Integer(),
  head: Type.Integer(),
  rebuilding: Type.Union([Type.Object({ position: Type.Integer() }), Type.Null()]),
  rebuiltBecause: Type.Union([Type.String(), Type.Null()]),
});

/** Health, status, statistics and metrics. */
export function systemRoutes(services: Services): FastifyPluginAsyncTypebox {
  const { log, queries, clock } = services;
  return async (app) => {
    const tags = ['system'];
    const open = { config: { access: 'open' } as const };

    app.get(
      '/health/live',
      {
        ...open,
        schema: {
          tags,
          summary: 'The process runs',
          security: [],
          response: { 200: Type.Object({ status: Type.String() }) },
        },
      },
      () => ({ status: 'live' }),
    );

    app.get(
      '/health/ready',
      {
        ...open,
        schema: {
          tags,
          summary: 'The server takes requests',
          security: [],
          response: { 200: Type.Object({ status: Type.String() }), 503: Type.Object({ status: Type.String() }) },
        },
      },
      async (_request, reply) => {
        const ready = services.isReady() && (await services.readModels()).ready;
        return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
      },
    );

    app.get(
      '/api/system/status',
      {
        config: { access: 'signed-in' },
        schema: { tags, summary: 'How the system is doing', response: { 200: StatusShape } },
      },
      async (request) => {
        const principal = principalOf(request);
        const owner = ownerFilter(principal);
        const [executions, readModels] = await Promise.all([queries.countsByStatus(owner), services.readModels()]);
        const own = {
          status: services.isReady() && readModels.ready ? 'ready' : 'not ready',
          version: '0.1.0',
          node: services.node,
          startedAt: timestamp(services.startedAtMs),
          uptimeMs: clock.now() - services.startedAtMs,
          head: toCursor(log.head()),
          executions: { total: Object.values(executions).reduce((sum, count) => sum + count, 0), byStatus: executions },
          skills: services.catalog.list().length,
        };
        if (owner !== null) return own;
        const [events, users, share] = await Promise.all([
          queries.countsByType(),
          queries.countUsers(),
          services.share(),
        ]);
        const problems = Object.fromEntries(services.catalog.problems());
        return {
          ...own,
          log: { epoch: log.epoch, ...log.capabilities, events },
          cluster: { ...share, roles: [...services.config.roles] },
          readModels,
          runner: services.runner(),
          websocket: services.socketStats(),
          users,
          skillProblems: problems,
          memory: { rssBytes: process.memoryUsage.rss() },
        };
      },
    );

    app.get(
      '/api/websocket/stats',
      {
        config: { access: 'signed-in' },
        schema: {
          tags,
          summary: 'WebSocket statistics; connections of others are shown to administrators only',
          response: { 200: SocketStats },
        },
      },
      (request) => {
        const principal = principalOf(request);
        const stats = services.socketStats();
        if (principal.scopes.has('admin')) return stats as never;
        const connections = (stats.connections as readonly { readonly userId: string }[]).filter(
          ({ userId }) => userId === principal.userId,
        );
        return { ...stats, connections } as never;
      },
    );

    app.post(
      '/api/system/rebuild',
      {
        config: { access: 'admin' },
        schema: {
          tags,
          summary: 'Rebuild the read models from the log, beside the live ones',
          response: { 202: ReadModelsShape },
        },
      },
      async (_request, reply) => {
        await services.rebuild('an administrator asked for it');
        return reply.code(202).send(await services.readModels());
      },
    );

    app.get(
      '/metrics',
      {
        config: { access: 'admin' },
        schema: {
          tags,
          summary: 'Prometheus metrics',
          response: { 200: contentOf('All of them.', { 'text/plain': Type.String() }) },
        },
      },
      async (_request, reply) => {
        const { contentType, text } = await services.metrics();
        return reply.header('content-type', contentType).send(text);
      },
    );
    await Promise.resolve();
  };
}
