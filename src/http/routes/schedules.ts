import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';

import type { ScheduleRow } from '../../../projections/schedules/tables.ts';
import { mayRead, ownerFilter } from '../../auth/principal.ts';
import { toCursor } from '../../event-log/cursor.ts';
import type { Position } from '../../event-log/event-log.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { ScheduleOptions } from '../../scheduler/schedule-settings.ts';
import { principalOf } from '../authenticate.ts';
import { idempotencyKeyOf } from '../execution-options.ts';
import { firingView, scheduleView, upcomingView } from '../schedule-views.ts';
import { CronExpression, ScheduleCreation, scheduleFields, ScheduleRevision, Time } from '../option-shapes.ts';
import type { Services } from '../services.ts';
import { IdempotencyKeyHeader, Limit, Offset } from '../shapes.ts';

const ScheduleId = Type.Object({ id: Type.String({ maxLength: 80 }) });
const Schedule = Type.Object(
  { id: Type.String(), status: Type.String(), cronExpression: Type.String() },
  { additionalProperties: true },
);
const Changed = Type.Object({ id: Type.String(), position: Type.Union([Type.String(), Type.Null()]) });
const Upcoming = Type.Object({
  upcoming: Type.Array(Type.Object({ scheduledFor: Type.String(), dueAt: Type.String() })),
});
const Count = Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 5 }));

/** Schedules: make, change, pause, run now, look back and ahead. */
export function scheduleRoutes(services: Services): FastifyPluginAsyncTypebox {
  const { schedules, queries } = services;
  const ofCaller = async (request: Parameters<typeof principalOf>[0], id: string): Promise<ScheduleRow> => {
    const row = await queries.scheduleById(id);
    if (row === null || row.status === 'deleted' || !mayRead(principalOf(request), row.owner))
      throw new AppError('SCHEDULE_NOT_FOUND');
    return row;
  };
  const viewOf = async (row: ScheduleRow): Promise<JsonObject> => ({
    ...scheduleView(row, schedules.upcoming(row, 1)),
    warnings: await schedules.warningsFor(row),
  });
  const changed = (id: string, position: Position | null) => ({
    id,
    position: position === null ? null : toCursor(position),
  });

  return async (app) => {
    const tags = ['schedules'];
    const read = { access: 'schedules:read' } as const;
    const write = { access: 'schedules:write' } as const;

    app.get(
      '/api/schedules',
      {
        config: read,
        schema: {
          tags,
          summary: 'List schedules',
          querystring: Type.Object(
            {
              status: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('paused')])),
              limit: Limit,
              offset: Offset,
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({
              schedules: Type.Array(Schedule),
              total: Type.Integer(),
              limit: Type.Integer(),
              offset: Type.Integer(),
            }),
          },
        },
      },
      async (request) => {
        const { status = null, limit = 50, offset = 0 } = request.query;
        const { rows, total } = await queries.listSchedules(ownerFilter(principalOf(request)), status, limit, offset);
        const shown = rows.map((row) => scheduleView(row, schedules.upcoming(row, 1)));
        return { schedules: shown as never, total, limit, offset };
      },
    );

    app.post(
      '/api/schedules',
      {
        config: write,
        schema: {
          tags,
          summary: 'Make a schedule',
          description:
            'It runs a workflow or a skill at the times of a cron expression, or (with neither) only records its firings, of which webhooks can hear. A target that is not there yet is a warning: firings are skipped until it is.',
          body: ScheduleCreation,
          headers: IdempotencyKeyHeader,
          response: { 201: Schedule },
        },
      },
      async (request, reply) => {
        const { userId, actor } = principalOf(request);
        const key = idempotencyKeyOf(request.headers);
        const { id, position } = await schedules.create(userId, actor, optionsOf(request.body), key);
        reply.code(201).header('location', `/api/schedules/${id}`);
        return { ...(await viewOf(await ofCaller(request, id))), position: toCursor(position) } as never;
      },
    );

    app.get(
      '/api/schedules/stats',
      {
        config: read,
        schema: {
          tags,
          summary: 'Schedules and how often they fired',
          response: {
            200: Type.Object({
              totalSchedules: Type.Integer(),
              totalExecutions: Type.Integer(),
              schedules: Type.Array(Type.Object({}, { additionalProperties: true })),
            }),
          },
        },
      },
      (request) => services.scheduleStats(ownerFilter(principalOf(request))) as never,
    );

    app.post(
      '/api/schedules/preview',
      {
        config: read,
        schema: {
          tags,
          summary: 'When would it fire?',
          description: 'The first firings of a schedule with these settings; nothing is made.',
          body: Type.Object(
            { cronExpression: CronExpression, ...scheduleFields, count: Count },
            { additionalProperties: false },
          ),
          response: { 200: Upcoming },
        },
      },
      async (request) => {
        const { count = 5, ...settings } = request.body;
        const upcoming = await schedules.preview(principalOf(request).userId, optionsOf(settings), count);
        return { upcoming: upcoming.map(upcomingView) };
      },
    );

    app.get(
      '/api/schedules/:id',
      { config: read, schema: { tags, summary: 'One schedule', params: ScheduleId, response: { 200: Schedule } } },
      async (request) => (await viewOf(await ofCaller(request, request.params.id))) as never,
    );

    app.patch(
      '/api/schedules/:id',
      {
        config: write,
        schema: {
          tags,
          summary: 'Change a schedule',
          description: 'What is left out stays as it is. Times before the change are settled.',
          params: ScheduleId,
          body: ScheduleRevision,
          response: { 200: Schedule },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const position = await schedules.revise(id, principalOf(request).actor, optionsOf(request.body));
        return { ...(await viewOf(await ofCaller(request, id))), ...changed(id, position) } as never;
      },
    );

    app.delete(
      '/api/schedules/:id',
      {
        config: write,
        schema: {
          tags,
          summary: 'Delete a schedule',
          description: 'Its runs go on; its history stays in the log.',
          params: ScheduleId,
          response: { 200: Changed },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        return changed(id, await schedules.delete(id, principalOf(request).actor));
      },
    );

    const Note = Type.Optional(Type.String({ maxLength: 500 }));
    app.post(
      '/api/schedules/:id/pause',
      {
        config: write,
        schema: {
          tags,
          summary: 'Fire nothing for a while',
          description: 'What runs goes on. The times that come meanwhile are recorded as skipped when it is resumed.',
          params: ScheduleId,
          body: Type.Union([
            Type.Object({ note: Note, until: Type.Optional(Time) }, { additionalProperties: false }),
            Type.Null(),
          ]),
          response: { 200: Schedule },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const { note = '', until } = request.body ?? {};
        const untilMs = until === undefined ? null : millisOf(until, '/until');
        const position = await schedules.pause(id, principalOf(request).actor, note, untilMs);
        return { ...(await viewOf(await ofCaller(request, id))), ...changed(id, position) } as never;
      },
    );

    app.post(
      '/api/schedules/:id/resume',
      {
        config: write,
        schema: {
          tags,
          summary: 'Fire again',
          params: ScheduleId,
          body: Type.Union([Type.Object({ note: Note }, { additionalProperties: false }), Type.Null()]),
          response: { 200: Schedule },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const position = await schedules.resume(id, principalOf(request).actor, request.body?.note ?? '');
        return { ...(await viewOf(await ofCaller(request, id))), ...changed(id, position) } as never;
      },
    );

    app.post(
      '/api/schedules/:id/trigger',
      {
        config: write,
        schema: {
          tags,
          summary: 'Run it now',
          description: 'Once, at once, also while it is paused. It counts for no limit of runs.',
          params: ScheduleId,
          response: {
            202: Type.Object({ executionId: Type.Union([Type.String(), Type.Null()]), position: Type.String() }),
          },
        },
      },
      async (request, reply) => {
        const { id } = await ofCaller(request, request.params.id);
        const { executionId, position } = await schedules.trigger(id, principalOf(request).actor);
        reply.code(202);
        return { executionId, position: toCursor(position) };
      },
    );

    app.post(
      '/api/schedules/:id/backfill',
      {
        config: write,
        schema: {
          tags,
          summary: 'Run past times',
          description:
            'The times of the expression between two that never led to a run; one after the other, or all at once with the overlap policy allowAll. The runs are marked with the backfill.',
          params: ScheduleId,
          body: Type.Object({ from: Time, until: Time }, { additionalProperties: false }),
          response: { 202: Type.Object({ backfillId: Type.String() }) },
        },
      },
      async (request, reply) => {
        const { id } = await ofCaller(request, request.params.id);
        const { from, until } = request.body;
        const range = { fromMs: millisOf(from, '/from'), untilMs: millisOf(until, '/until') };
        const backfillId = await schedules.backfill(id, principalOf(request).actor, range);
        reply.code(202);
        return { backfillId };
      },
    );

    app.get(
      '/api/schedules/:id/upcoming',
      {
        config: read,
        schema: {
          tags,
          summary: 'The next firings',
          params: ScheduleId,
          querystring: Type.Object({ count: Count }, { additionalProperties: false }),
          response: { 200: Upcoming },
        },
      },
      async (request) => {
        const row = await ofCaller(request, request.params.id);
        return { upcoming: schedules.upcoming(row, request.query.count ?? 5).map(upcomingView) };
      },
    );

    app.get(
      '/api/schedules/:id/executions',
      {
        config: read,
        schema: {
          tags,
          summary: 'What became of its times, newest first',
          description: 'Each firing with its execution, and each skip with its reason.',
          params: ScheduleId,
          querystring: Type.Object(
            {
              outcome: Type.Optional(Type.Union([Type.Literal('fired'), Type.Literal('skipped')])),
              limit: Limit,
              offset: Offset,
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({
              executions: Type.Array(Type.Object({}, { additionalProperties: true })),
              total: Type.Integer(),
              limit: Type.Integer(),
              offset: Type.Integer(),
            }),
          },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const { outcome = null, limit = 50, offset = 0 } = request.query;
        const { rows, total } = await queries.listFirings(id, outcome, limit, offset);
        return { executions: rows.map(firingView), total, limit, offset };
      },
    );
    await Promise.resolve();
  };
}

function optionsOf({ startAt, endAt, ...rest }: Static<typeof ScheduleRevision>): ScheduleOptions {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(given) as ScheduleOptions),
    ...(startAt !== undefined && { startAtMs: startAt === null ? null : millisOf(startAt, '/startAt') }),
    ...(endAt !== undefined && { endAtMs: endAt === null ? null : millisOf(endAt, '/endAt') }),
  };
}

/** The format of a time allows leap seconds, which no clock of a computer has. */
function millisOf(text: string, path: string): number {
  const atMs = Date.parse(text);
  if (!Number.isNaN(atMs)) return atMs;
  const message = 'must be a time without a leap second';
  throw new AppError('VALIDATION_FAILED', { problems: [{ path, message }], message: `${path.slice(1)} ${message}` });
}
