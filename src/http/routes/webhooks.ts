import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';

import type { WebhookRow } from '../../../projections/webhooks/tables.ts';
import { mayRead, ownerFilter } from '../../auth/principal.ts';
import { matchPage } from '../../delivery/match-log.ts';
import { deliveryStats } from '../../delivery/delivery-stats.ts';
import { isOwnName, type WebhookOptions } from '../../delivery/webhook-settings.ts';
import { secretOverlapMs } from '../../delivery/webhooks.ts';
import { parseCursor, toCursor } from '../../event-log/cursor.ts';
import { beginning, type Position } from '../../event-log/event-log.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JsonValue } from '../../kernel/json.ts';
import { principalOf } from '../authenticate.ts';
import { idempotencyKeyOf } from '../execution-options.ts';
import type { Services } from '../services.ts';
import { EventTypes, Secret, Skills, WebhookCreation, WebhookRevision } from '../option-shapes.ts';
import { Cursor, EventShape, IdempotencyKeyHeader, JsonObjectShape, Limit, Offset, Timestamp } from '../shapes.ts';
import { eventView } from '../views.ts';
import { deliveryView, replayView, webhookView } from '../webhook-views.ts';

const maxPreviewEvents = 100_000;

const WebhookId = Type.Object({ id: Type.String({ maxLength: 80 }) });
const DeliveryId = Type.Object({ id: Type.String({ maxLength: 80 }), delivery: Type.String({ maxLength: 80 }) });
const Webhook = Type.Object(
  {
    id: Type.String(),
    status: Type.String(),
    eventType: Type.String(),
    eventTypes: Type.Array(Type.String()),
    url: Type.String(),
    createdAt: Timestamp,
  },
  { additionalProperties: true },
);
const Changed = Type.Object({ id: Type.String(), position: Type.Union([Type.String(), Type.Null()]) });
const Delivery = Type.Object(
  {
    id: Type.String(),
    webhookId: Type.String(),
    eventId: Type.String(),
    event: Type.String(),
    status: Type.String(),
    attempts: Type.Array(Type.Object({}, { additionalProperties: true })),
    nextAttemptAt: Type.Union([Timestamp, Type.Null()]),
  },
  { additionalProperties: true },
);
const Since = {
  since: Type.Optional(
    Type.Union([Cursor, Timestamp], { description: 'A position or a time; default: the beginning.' }),
  ),
};

type OptionFields = Omit<Static<typeof WebhookRevision>, 'url'>;

/** Webhooks: make, change, follow, try again, replay; and events of one's own to deliver. */
export function webhookRoutes(services: Services): FastifyPluginAsyncTypebox {
  const { webhooks, queries, log } = services;
  const ofCaller = async (request: Parameters<typeof principalOf>[0], id: string): Promise<WebhookRow> => {
    const row = await queries.webhookById(id);
    if (row === null || row.status === 'deleted' || !mayRead(principalOf(request), row.owner))
      throw new AppError('WEBHOOK_NOT_FOUND');
    return row;
  };
  const positionOf = async (since: string | undefined): Promise<Position> => {
    if (since === undefined) return beginning;
    const atMs = /^\d{4}-/.test(since) ? Date.parse(since) : Number.NaN;
    return Number.isNaN(atMs) ? parseCursor(since, log.head()) : log.positionAt(atMs - 1);
  };
  const changed = (id: string, position: Position | null) => ({
    id,
    position: position === null ? null : toCursor(position),
  });

  return async (app) => {
    const tags = ['webhooks'];
    const read = { access: 'webhooks:read' } as const;
    const write = { access: 'webhooks:write' } as const;

    app.get(
      '/api/webhooks',
      {
        config: read,
        schema: {
          tags,
          summary: 'List webhooks',
          querystring: Type.Object({ limit: Limit, offset: Offset }, { additionalProperties: false }),
          response: {
            200: Type.Object({
              webhooks: Type.Array(Webhook),
              total: Type.Integer(),
              limit: Type.Integer(),
              offset: Type.Integer(),
            }),
          },
        },
      },
      async (request) => {
        const { limit = 50, offset = 0 } = request.query;
        const { rows, total } = await queries.listWebhooks(ownerFilter(principalOf(request)), limit, offset);
        return { webhooks: rows.map(webhookView) as never, total, limit, offset };
      },
    );

    app.post(
      '/api/webhooks',
      {
        config: write,
        schema: {
          tags,
          summary: 'Make a webhook',
          description:
            'Without a secret one is made, and shown in this answer only. Deliveries are signed twice: by Standard Webhooks (webhook-signature) and by the hex HMAC-SHA256 of the body (x-webhook-signature).',
          body: WebhookCreation,
          headers: IdempotencyKeyHeader,
          response: { 201: Webhook },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const { secret, url, ...fields } = request.body;
        const options = { ...optionsOf(fields), url };
        const idempotencyKey = idempotencyKeyOf(request.headers);
        const made = await webhooks.create(principal.userId, principal.actor, options, { secret, idempotencyKey });
        const row = await queries.webhookById(made.id);
        if (row === null) throw new AppError('WEBHOOK_NOT_FOUND');
        const shown = made.secret === null ? {} : { secret: made.secret };
        reply.code(201).header('location', `/api/webhooks/${made.id}`);
        return { ...webhookView(row), ...shown, position: toCursor(made.position) } as never;
      },
    );

    app.get(
      '/api/webhooks/stats',
      {
        config: read,
        schema: {
          tags,
          summary: 'How deliveries ended',
          response: {
            200: Type.Object({
              total: Type.Integer({ description: 'Deliveries: an event and a webhook that it goes to.' }),
              delivered: Type.Integer(),
              pending: Type.Integer(),
              failed: Type.Integer({ description: 'Given up or skipped.' }),
              successRate: Type.String({ description: 'delivered / total, such as 98.00%.' }),
            }),
          },
        },
      },
      async (request) => deliveryStats(await queries.deliveryTotals(ownerFilter(principalOf(request)))),
    );

    app.post(
      '/api/webhooks/preview',
      {
        config: read,
        schema: {
          tags,
          summary: 'What would a filter have matched?',
          description: 'Looks at past events and sends nothing. Answers the first matches, and where it stopped.',
          body: Type.Object(
            {
              eventTypes: EventTypes,
              skills: Type.Optional(Skills),
              ...Since,
              limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({ events: Type.Array(EventShape), next: Type.String(), complete: Type.Boolean() }),
          },
        },
      },
      async (request) => {
        const { eventTypes, skills = null, since, limit = 100 } = request.body;
        const { userId } = principalOf(request);
        const found: ReturnType<typeof eventView>[] = [];
        let after = await positionOf(since);
        for (let looked = 0; looked < maxPreviewEvents; looked += 1000) {
          const page = await matchPage(services, userId, { eventTypes, skills }, { after, limit: 1000 });
          for (const { event } of page.matches) {
            if (found.length === limit) return { events: found as never, next: toCursor(after), complete: false };
            found.push(eventView(event));
            after = event.position;
          }
          after = page.next;
          if (page.atHead) return { events: found as never, next: toCursor(after), complete: true };
        }
        return { events: found as never, next: toCursor(after), complete: false };
      },
    );

    app.get(
      '/api/webhooks/:id',
      { config: read, schema: { tags, summary: 'One webhook', params: WebhookId, response: { 200: Webhook } } },
      async (request) => {
        const row = await ofCaller(request, request.params.id);
        const counts = await queries.countsOf(row.id);
        return { ...webhookView(row), stats: deliveryStats(counts ?? noCounts) } as never;
      },
    );

    app.patch(
      '/api/webhooks/:id',
      {
        config: write,
        schema: {
          tags,
          summary: 'Change a webhook',
          description: 'What is left out stays as it is. Deliveries that wait go out as it says from now on.',
          params: WebhookId,
          body: WebhookRevision,
          response: { 200: Webhook },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const { url, ...fields } = request.body;
        const options = { ...optionsOf(fields), ...(url !== undefined && { url }) };
        const position = await webhooks.revise(id, principalOf(request).actor, options);
        return { ...webhookView(await ofCaller(request, id)), ...changed(id, position) } as never;
      },
    );

    app.delete(
      '/api/webhooks/:id',
      {
        config: write,
        schema: {
          tags,
          summary: 'Delete a webhook',
          description: 'Deliveries that wait are skipped, and said to be. The history stays in the log.',
          params: WebhookId,
          response: { 200: Changed },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        return changed(id, await webhooks.delete(id, principalOf(request).actor));
      },
    );

    app.post(
      '/api/webhooks/:id/disable',
      {
        config: write,
        schema: {
          tags,
          summary: 'Deliver nothing for a while',
          params: WebhookId,
          body: Type.Union([
            Type.Object({ note: Type.Optional(Type.String({ maxLength: 500 })) }, { additionalProperties: false }),
            Type.Null(),
          ]),
          response: { 200: Changed },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const note = request.body?.note ?? '';
        return changed(id, await webhooks.disable(id, principalOf(request).actor, 'user', note));
      },
    );

    app.post(
      '/api/webhooks/:id/enable',
      {
        config: write,
        schema: {
          tags,
          summary: 'Deliver again',
          description:
            'With backlog deliver (the default) what waited and what came meanwhile is delivered; with skip nothing of it.',
          params: WebhookId,
          body: Type.Union([
            Type.Object(
              { backlog: Type.Optional(Type.Union([Type.Literal('deliver'), Type.Literal('skip')])) },
              { additionalProperties: false },
            ),
            Type.Null(),
          ]),
          response: { 200: Changed },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const backlog = request.body?.backlog ?? 'deliver';
        return changed(id, await webhooks.enable(id, principalOf(request).actor, backlog));
      },
    );

    app.post(
      '/api/webhooks/:id/rotate-secret',
      {
        config: write,
        schema: {
          tags,
          summary: 'Give a webhook a new secret',
          description: 'The former secrets sign beside the new one for overlapMs. A secret made here is shown once.',
          params: WebhookId,
          body: Type.Union([
            Type.Object(
              {
                secret: Type.Optional(Secret),
                overlapMs: Type.Optional(
                  Type.Integer({ minimum: 0, maximum: secretOverlapMs.max, default: secretOverlapMs.default }),
                ),
              },
              { additionalProperties: false },
            ),
            Type.Null(),
          ]),
          response: {
            200: Type.Object({
              id: Type.String(),
              position: Type.Union([Type.String(), Type.Null()]),
              secret: Type.Optional(Type.String()),
            }),
          },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const { position, secret } = await webhooks.rotateSecret(id, principalOf(request).actor, request.body ?? {});
        return { ...changed(id, position), ...(secret !== null && { secret }) };
      },
    );

    app.post(
      '/api/webhooks/:id/test',
      {
        config: write,
        schema: {
          tags,
          summary: 'Send a test event',
          description: 'One delivery of the event webhook.test, tried once, whatever the webhook filters.',
          params: WebhookId,
          response: { 202: Changed },
        },
      },
      async (request, reply) => {
        const { id } = await ofCaller(request, request.params.id);
        const position = await webhooks.test(id, principalOf(request).actor);
        reply.code(202);
        return changed(id, position);
      },
    );

    app.get(
      '/api/webhooks/:id/deliveries',
      {
        config: read,
        schema: {
          tags,
          summary: 'The delivery history of a webhook, newest first',
          params: WebhookId,
          querystring: Type.Object(
            {
              status: Type.Optional(
                Type.Union(['pending', 'delivered', 'failed', 'skipped'].map((status) => Type.Literal(status))),
              ),
              limit: Limit,
              offset: Offset,
            },
            { additionalProperties: false },
          ),
          response: {
            200: Type.Object({
              deliveries: Type.Array(Delivery),
              total: Type.Integer(),
              limit: Type.Integer(),
              offset: Type.Integer(),
            }),
          },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        const { status = null, limit = 50, offset = 0 } = request.query;
        const { deliveries, total } = await webhooks.history(id, status, limit, offset);
        return { deliveries: deliveries.map(deliveryView), total, limit, offset };
      },
    );

    app.post(
      '/api/webhooks/:id/deliveries/:delivery/retry',
      {
        config: write,
        schema: {
          tags,
          summary: 'Try a delivery again',
          description: 'Once, at once, under the same webhook-id; whatever became of it before.',
          params: DeliveryId,
          response: { 202: Changed },
        },
      },
      async (request, reply) => {
        const hook = await ofCaller(request, request.params.id);
        const delivery = await webhooks.delivery(hook.id, request.params.delivery);
        if (delivery === null) throw new AppError('DELIVERY_NOT_FOUND');
        const position = await webhooks.retryDelivery(delivery, hook, principalOf(request).actor);
        reply.code(202);
        return changed(delivery.id, position);
      },
    );

    app.post(
      '/api/webhooks/:id/replays',
      {
        config: write,
        schema: {
          tags,
          summary: 'Deliver past events',
          description:
            'Those after a position or a time that the webhook wants: with scope missing those that it never took, with all every one again, under the same webhook-ids.',
          params: WebhookId,
          body: Type.Object(
            {
              ...Since,
              scope: Type.Optional(Type.Union([Type.Literal('missing'), Type.Literal('all')], { default: 'missing' })),
            },
            { additionalProperties: false },
          ),
          response: { 202: Type.Object({ replayId: Type.String() }) },
        },
      },
      async (request, reply) => {
        const { id } = await ofCaller(request, request.params.id);
        const { since, scope = 'missing' } = request.body;
        const from = await positionOf(since);
        const replayId = await webhooks.replay(id, principalOf(request).actor, from, scope);
        reply.code(202);
        return { replayId };
      },
    );

    app.get(
      '/api/webhooks/:id/replays',
      {
        config: read,
        schema: {
          tags,
          summary: 'Replays of a webhook, newest first, and how far they are',
          params: WebhookId,
          response: { 200: Type.Object({ replays: Type.Array(Type.Object({}, { additionalProperties: true })) }) },
        },
      },
      async (request) => {
        const { id } = await ofCaller(request, request.params.id);
        return { replays: (await queries.replaysOf(id)).map(replayView) };
      },
    );

    app.post(
      '/api/events',
      {
        config: { access: 'events:write' },
        schema: {
          tags: ['events'],
          summary: 'Tell of an event of your own',
          description:
            'It goes into the log, and to your webhooks that want it. The header Idempotency-Key makes a repetition return the same event.',
          headers: IdempotencyKeyHeader,
          body: Type.Object(
            {
              event: Type.String({ pattern: '^[A-Za-z0-9_.-]{1,200}$' }),
              data: Type.Optional(JsonObjectShape),
              key: Type.Optional(
                Type.String({ minLength: 1, maxLength: 200, description: 'What it is about, for ordered webhooks.' }),
              ),
            },
            { additionalProperties: false },
          ),
          response: { 202: Type.Object({ eventId: Type.String(), position: Type.String() }) },
        },
      },
      async (request, reply) => {
        const principal = principalOf(request);
        const { event: name, data = {}, key = null } = request.body;
        if (isOwnName(name)) {
          const problems = [{ path: '/event', message: 'is a name that ihuman gives to its own events' }];
          throw new AppError('VALIDATION_FAILED', { problems, message: `${name} is a name of ihuman's own.` });
        }
        const told = { name, data: data as JsonValue, key };
        const idempotencyKey = idempotencyKeyOf(request.headers);
        const { eventId, position } = await webhooks.emit(principal.userId, principal.actor, told, idempotencyKey);
        reply.code(202);
        return { eventId, position: toCursor(position) };
      },
    );
    await Promise.resolve();
  };
}

const noCounts = { total: 0, delivered: 0, failed: 0, skipped: 0 };

function optionsOf({ eventType, eventTypes, ...rest }: OptionFields): WebhookOptions {
  if (eventType !== undefined && eventTypes !== undefined) {
    const problems = [{ path: '/eventTypes', message: 'cannot stand beside eventType' }];
    throw new AppError('VALIDATION_FAILED', { problems, message: 'Give eventType or eventTypes, not both.' });
  }
  const names = eventType === undefined ? eventTypes : [eventType];
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), ...(names !== undefined && { eventTypes: names }) };
}
