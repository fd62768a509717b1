import { once } from 'node:events';

import type { FastifyReply, FastifyRequest } from 'fastify';

import { isEnding } from '../commands/endings.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import { AppError } from '../kernel/errors.ts';
import { messageOf } from '../realtime/messages.ts';
import { principalOf } from './authenticate.ts';
import { type OpenStream, type OpenStreams, serverSentFormat } from './open-streams.ts';

const pageEvents = 500;

/** The execution as it is known when the stream is asked for. */
interface Streamed {
  readonly id: string;
  readonly revision: number;
  readonly endedAtMs: number | null;
}

/**
 * Sends an execution's messages as server-sent events: history first, then live, until it ends. The id of each is its
 * sequence number, so that a client which reconnects with Last-Event-ID goes on where it was; 204, which makes a browser stop
 * reconnecting, when it has everything and nothing more will come.
 */
export async function streamExecution(
  { log, streams }: { readonly log: EventLog; readonly streams: OpenStreams },
  execution: Streamed,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const from = resumeAt(request.headers['last-event-id'], execution);
  if (execution.endedAtMs !== null && from > execution.revision) {
    await reply.code(204).send();
    return;
  }
  await streams.serve(reply, principalOf(request), serverSentFormat, (stream) =>
    follow(log, execution.id, from, stream),
  );
}

async function follow(log: EventLog, executionId: string, from: number, stream: OpenStream): Promise<void> {
  const wake = new EventTarget();
  let news = false;
  const unsubscribe = log.subscribe((events) => {
    if (!events.some((event) => event.stream === executionId)) return;
    news = true;
    wake.dispatchEvent(new Event('news'));
  });
  try {
    for (let revision = from; !stream.signal.aborted;) {
      news = false;
      const events = await log.readStream(executionId, { fromRevision: revision, limit: pageEvents });
      await stream.write(events.map(serverSent).join(''));
      revision = (events.at(-1)?.revision ?? revision - 1) + 1;
      if (events.some(isEnding)) return;
      if (events.length === 0 && !news) await once(wake, 'news', { signal: stream.signal }).catch(() => undefined);
    }
  } finally {
    unsubscribe();
  }
}

function serverSent(event: RecordedEvent): string {
  const message = messageOf(event);
  if (message === null) return '';
  return `id: ${String(event.revision + 1)}\nevent: ${message.type}\ndata: ${message.json}\n\n`;
}

function resumeAt(lastEventId: string | string[] | undefined, { revision }: Streamed): number {
  if (lastEventId === undefined) return 0;
  const seq = Number(lastEventId);
  if (/^\d+$/.test(String(lastEventId)) && seq <= revision + 1) return seq;
  throw new AppError('CURSOR_INVALID', {
    message: `Last-Event-ID is a sequence number of this execution, 0 to ${String(revision + 1)}.`,
  });
}
