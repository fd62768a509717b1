import { once } from 'node:events';

import type { FastifyReply } from 'fastify';

import type { Credentials } from '../auth/credentials.ts';
import type { Principal } from '../auth/principal.ts';

/** How a stream of an answer looks on the wire. */
export interface StreamFormat {
  readonly contentType: string;
  /** What is written when there was nothing to say for a while, so that nobody in between takes the connection for dead. */
  readonly keepAlive: string;
}

export const ndjsonFormat: StreamFormat = { contentType: 'application/x-ndjson', keepAlive: '\n' };
export const serverSentFormat: StreamFormat = { contentType: 'text/event-stream', keepAlive: ':\n\n' };

const keepAliveMs = 15_000;

/** An answer without a length, written at the reader's pace until one of the two sides ends it. */
export class OpenStream {
  readonly principal: Principal;
  readonly #reply: FastifyReply;
  readonly #gone = new AbortController();

  constructor(reply: FastifyReply, principal: Principal) {
    this.principal = principal;
    this.#reply = reply;
    reply.raw.once('close', () => {
      this.#gone.abort();
    });
  }

  /** Aborts when nothing more is to be written: the reader went away, or may not read any more, or the server stops. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Writes, and resolves when the reader has room for more, or is gone. */
  async write(text: string): Promise<void> {
    const { raw } = this.#reply;
    if (text === '' || this.signal.aborted || raw.write(text)) return;
    await once(raw, 'drain', { signal: this.signal }).catch(() => undefined);
  }

  end(): void {
    this.#gone.abort();
    this.#reply.raw.end();
  }
}

/**
 * The open streams of this server. One ends at once when its credential is revoked, at the next keep-alive when that has
 * expired, and with all others when the server stops.
 */
export class OpenStreams {
  readonly #credentials: Credentials;
  readonly #open = new Set<OpenStream>();
  readonly #stopListening: () => void;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    this.#stopListening = credentials.onRevoked((credentialId) => {
      for (const stream of this.#open) if (stream.principal.credentialId === credentialId) stream.end();
    });
  }

  /**
   * Takes an answer over: sends its head, and then whatever `write` writes until it returns. Only the head when nothing else
   * was asked for.
   */
  async serve(
    reply: FastifyReply,
    principal: Principal,
    { contentType, keepAlive }: StreamFormat,
    write: (stream: OpenStream) => Promise<void>,
  ): Promise<void> {
    reply.hijack();
    const { raw } = reply;
    // What hooks have put there comes along: the headers of CORS, of the rate limit and of security.
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
    raw.writeHead(200, { 'content-type': contentType, 'x-accel-buffering': 'no' });
    raw.flushHeaders();
    if (reply.request.method === 'HEAD') {
      raw.end();
      return;
    }
    const stream = new OpenStream(reply, principal);
    this.#open.add(stream);
    const timer = setInterval(() => {
      void stream.write(keepAlive);
      this.#endExpired(stream).catch(() => undefined);
    }, keepAliveMs);
    try {
      await write(stream);
    } finally {
      clearInterval(timer);
      this.#open.delete(stream);
      stream.end();
    }
  }

  /** Ends all of them: their readers come back to another server, or later. */
  endAll(): void {
    this.#stopListening();
    for (const stream of this.#open) stream.end();
  }

  async #endExpired(stream: OpenStream): Promise<void> {
    if (!(await this.#credentials.isCurrent(stream.principal))) stream.end();
  }
}
