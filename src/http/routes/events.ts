import { Readable } from 'node:stream';

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';

import { parseCursor, toCursor } from '../../event-log/cursor.ts';
import { beginning, type Position } from '../../event-log/event-log.ts';
import { cloudEventOf } from '../../feed/cloud-event.ts';
import { EventFeed, type FeedFilter } from '../../feed/event-feed.ts';
import { exportLog } from '../../feed/log-export.ts';
import { ownerFilter } from '../../auth/principal.ts';
import { principalOf } from '../authenticate.ts';
import { beginStream } from '../begin-stream.ts';
import type { Services } from '../services.ts';
import { CloudEventShape, contentOf, Cursor, LastEventIdHeader, Limit } from '../shapes.ts';

const maxWaitMs = 55_000;
const keepAliveMs = 15_000;

/** The log for outside consumers: the same feed as a JSON batch, a long poll, NDJSON or server-sent events. */
export function eventRoutes({ log, queries, clock }: Services): FastifyPluginAsyncTypebox {
  const feed = new EventFeed(log, async (stream) => (await queries.executionById(stream))?.owner ?? null);
  return async (app) => {
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
        const accept = request.headers.accept ?? '';
        if (accept.includes('application/x-ndjson')) return follow(feed, position, filter, reply, ndjson);
        if (accept.includes('text/event-stream')) return follow(feed, position, filter, reply, serverSent);
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

interface Format {
  readonly contentType: string;
  readonly keepAlive: string;
  readonly line: (event: ReturnType<typeof cloudEventOf>) => string;
}

const ndjson: Format = {
  contentType: 'application/x-ndjson',
  keepAlive: '\n',
  line: (event) => `${JSON.stringify(event)}\n`,
};
const serverSent: Format = {
  contentType: 'text/event-stream',
  keepAlive: ':\n\n',
  line: (event) => `id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
};

/** Writes the feed until the reader goes away, at the reader's pace. */
async function follow(
  feed: EventFeed,
  after: Position,
  filter: FeedFilter,
  reply: FastifyReply,
  format: Format,
): Promise<void> {
  if (!beginStream(reply, format.contentType)) return;
  const { raw } = reply;
  const gone = new AbortController();
  raw.once('close', () => {
    gone.abort();
  });
  const keepAlive = setInterval(() => {
    raw.write(format.keepAlive);
  }, keepAliveMs);
  try {
    for await (const events of feed.follow(after, filter, gone.signal)) {
      const flushed = raw.write(events.map((event) => format.line(cloudEventOf(event))).join(''));
      if (!flushed) await drained(reply, gone.signal);
    }
  } finally {
    clearInterval(keepAlive);
    raw.end();
  }
}

function drained({ raw }: FastifyReply, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = (): void => {
    resolve(undefined);
  };
  raw.once('drain', done);
  signal.addEventListener('abort', done, { once: true });
  return promise;
}
