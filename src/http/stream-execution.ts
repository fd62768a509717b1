import type { FastifyReply, FastifyRequest } from 'fastify';

import { isEnding } from '../commands/endings.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import { AppError } from '../kernel/errors.ts';
import { messageOf } from '../realtime/messages.ts';
import { beginStream } from './begin-stream.ts';

const keepAliveMs = 15_000;
const pageEvents = 500;

/**
 * Sends an execution's messages as server-sent events: history first, then live, until it ends. The id of each is its
 * sequence number, so that a client which reconnects with Last-Event-ID goes on where it was.
 */
export async function streamExecution(
  log: EventLog,
  executionId: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  let revision = resumeAt(request.headers['last-event-id']);
  if (!beginStream(reply, 'text/event-stream')) return;
  const { raw } = reply;
  const wake = new WakeUp();
  const unsubscribe = log.subscribe((events) => {
    if (events.some((event) => event.stream === executionId)) wake.now();
  });
  const keepAlive = setInterval(() => raw.write(':\n\n'), keepAliveMs);
  let open = true;
  raw.once('close', () => {
    open = false;
    wake.now();
  });
  try {
    while (open) {
      const events = await log.readStream(executionId, { fromRevision: revision, limit: pageEvents });
      for (const event of events) await send(reply, event, wake);
      revision = (events.at(-1)?.revision ?? revision - 1) + 1;
      if (events.some(isEnding)) break;
      if (events.length === 0) await wake.wait();
    }
  } finally {
    clearInterval(keepAlive);
    unsubscribe();
    raw.end();
  }
}

/** A flag with somebody waiting for it. */
class WakeUp {
  #set = false;
  #resolve: (() => void) | null = null;

  now(): void {
    this.#set = true;
    this.#resolve?.();
  }

  async wait(): Promise<void> {
    if (!this.#set)
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    this.#set = false;
    this.#resolve = null;
  }
}

async function send({ raw }: FastifyReply, event: RecordedEvent, wake: WakeUp): Promise<void> {
  const message = messageOf(event);
  if (message === null || raw.destroyed) return;
  const flushed = raw.write(`id: ${String(event.revision + 1)}\nevent: ${message.type}\ndata: ${message.json}\n\n`);
  if (!flushed) {
    raw.once('drain', () => {
      wake.now();
    });
    await wake.wait();
  }
}

function resumeAt(lastEventId: string | string[] | undefined): number {
  if (lastEventId === undefined) return 0;
  const seq = Number(lastEventId);
  if (Number.isSafeInteger(seq) && seq >= 0) return seq;
  throw new AppError('CURSOR_INVALID');
}
