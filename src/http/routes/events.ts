import { Readable } from 'node:stream';

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';

import { eventSchemas } from '../../../schemas/generated/schemas.ts';
import { parseCursor, toCursor } from '../../event-log/cursor.ts';
import { beginning } from '../../event-log/event-log.ts';
import { cloudEventOf } from '../../feed/cloud-event.ts';
import { EventFeed, type FeedFilter } from '../../feed/event-feed.ts';
import { exportLog } from '../../feed/log-export.ts';
import { ownerFilter } from '../../auth/principal.ts';
import { principalOf } from '../authenticate.ts';
import { ndjsonFormat, serverSentFormat } from '../open-streams.ts';
import type { Services } from '../services.ts';
import { CloudEventShape, contentOf, Cursor, LastEventIdHeader, Limit } from '../shapes.ts';

const maxWaitMs = 55_000;

const EventSchemaShape = Type.Object({
  name: Type.String(),
  fingerprint: Type.String(),
  schema: Type.Record(Type.String(), Type.Unknown()),
});
const schemas = eventSchemas.map(({ name, fingerprint, json }) => ({
  name,
  fingerprint,
  schema: JSON.parse(json) as unknown,
}));

/** The log for outside consumers: the same feed as a JSON batch, a long poll, NDJSON or server-sent events. */
export function eventRoutes({ log, clock, streams }: Services): FastifyPluginAsyncTypebox {
  const feed = new EventFeed(log);
  return async (app) => {
    app.get(
      '/api/events/schemas',
      {
        config: { access: 'events:read' },
        schema: {
          tags: ['events'],
          summary: 'The Avro schemas of all event types',
          description:
            'For readers of the topic and of single-object encoding: `fingerprint` is CRC-64-AVRO in hexadecimal, big-endian; in front of a value it stands little-endian after C3 01.',
          response: { 200: Type.Object({ schemas: Type.Array(EventSchemaShape) }) },
        },
      },
      () => ({ schemas: schemas as never }),
    );

    app.get(
      '/api/events',
      {
        config: { access: 'events:read' },
        schema: {
          tags: ['events'],
          summary: 'The event log after a position: your own events, or all of them for administrators',
          description:
            'Answers a CloudEvents batch with the cursor to go on from in Position-Next; waitMs turns it into a long poll. With Accept: application/x-ndjson or text/event-stream the connection stays open and follows the log; Last-Event-ID or after resumes. Delivery is at least once; drop what you have by id.',
          querystring: Type.Object(
            {
              after: Type.Optional(Cursor),
              limit: Limit,
              waitMs: Type.Optional(Type.Integer({ minimum: 0, maximum: maxWaitMs })),
              types: Type.Optional(Type.String({ maxLength: 1000, description: 'Event types, separated by commas.' })),
              stream: Type.Optional(Type.String({ maxLength: 200 })),
            },
            { additionalProperties: false },
          ),
          headers: LastEventIdHeader,
          response: {
            200: contentOf('Events in the order of the log.', {
              'application/cloudevents-batch+json': Type.Array(CloudEventShape),
              'application/x-ndjson': Type.Unknown(),
              'text/event-stream': Type.Unknown(),
            }),
          },
        },
      },
      async (request, reply) => {
        const { after, limit = 50, waitMs = 0, types, stream } = request.query;
        const last = request.headers['last-event-id'];
        const start = after ?? (typeof last === 'string' ? last : undefined);
        const position = start === undefined ? beginning : parseCursor(start, log.head());
        const filter: FeedFilter = {
          owner: ownerFilter(principalOf(request)),
          types: types?.split(',') ?? null,
          stream: stream ?? null,
        };
        const format = wantedFormat(request.headers.accept);
        if (format !== null) {
          return streams.serve(reply, principalOf(request), format, async (stream) => {
            for await (const events of feed.follow(position, filter, stream.signal))
              await stream.write(events.map((event) => format.line(cloudEventOf(event))).join(''));
          });
        }
        const page = await feed.page(position, filter, limit, waitMs);
        return reply
          .header('content-type', 'application/cloudevents-batch+json')
          .header('position-next', toCursor(page.next))
          .header('cache-control', 'no-store')
          .serializer(JSON.stringify)
          .send(page.events.map(cloudEventOf));
      },
    );

    app.get(
      '/api/events/export',
      {
        config: { access: 'admin' },
        schema: {
          tags: ['events'],
          summary: 'The whole log as a file that can be verified by itself',
          description:
            'JSON lines: a head, one line for each append with its bytes and chain hash, a foot. Check it anywhere with npm run verify -- --export=FILE. Administrators only.',
          response: { 200: contentOf('The export.', { 'application/x-ndjson': Type.Unknown() }) },
        },
      },
      (_request, reply) => {
        const nowMs = clock.now();
        const name = `ihuman-log-${new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-')}.ndjson`;
        return reply
          .header('content-type', 'application/x-ndjson')
          .header('content-disposition', `attachment; filename="${name}"`)
          .send(Readable.from(exportLog(log, nowMs), { objectMode: false, highWaterMark: 65_536 }));
      },
    );
    await Promise.resolve();
  };
}

/** How events are written into an open stream, one after the other. */
const formats = {
  'application/x-ndjson': {
    ...ndjsonFormat,
    line: (event: CloudEvent) => `${JSON.stringify(event)}\n`,
  },
  'text/event-stream': {
    ...serverSentFormat,
    line: (event: CloudEvent) => `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  },
} as const;
type CloudEvent = ReturnType<typeof cloudEventOf>;

/** The stream that a reader would rather have than a page; null when it wants a page. */
function wantedFormat(accept: string | undefined) {
  const type = (['application/x-ndjson', 'text/event-stream'] as const).find((name) => accept?.includes(name));
  return type === undefined ? null : formats[type];
}
