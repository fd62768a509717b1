import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { counted } from '../kernel/counted.ts';
import { AppError } from '../kernel/errors.ts';
import { problemOf, refuseConnection } from './problem.ts';

/** How far a start has come: records of the log that this node has taken in, of how many. */
export interface StartProgress {
  readonly taken: number;
  readonly of: number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

const retryAfterMs = 1000;

/**
 * The HTTP server, from the first moment on: while the log is still being taken in it says that the node lives, that it is not
 * ready, and how far it is; then the application answers. A port that is in use is known before anything is opened.
 */
export class FrontDoor {
  readonly server: Server;
  readonly url: string;
  #progress: StartProgress | null = null;
  #answer: RequestListener = (request, response) => {
    this.#answerStarting(request, response);
  };

  private constructor(server: Server, url: string) {
    this.server = server;
    this.url = url;
    server.on('request', (request, response) => {
      this.#answer(request, response);
    });
  }

  /** Listens. Throws CONFIG_INVALID, with a sentence, where that cannot be. */
  static async open({ host, port }: Address): Promise<FrontDoor> {
    const server = createServer({
      requestTimeout: 60_000,
      keepAliveTimeout: 72_000,
      // Anything else that somebody would like to speak (h2c, say) is left, and the request answered as it came.
      shouldUpgradeCallback: ({ headers }: IncomingMessage) => /^websocket$/i.test(headers.upgrade ?? ''),
    });
    server.on('clientError', refuseConnection);
    await listen(server, { host, port });
    const shown = host.includes(':') ? `[${host}]` : host;
    return new FrontDoor(server, `http://${shown}:${String((server.address() as AddressInfo).port)}`);
  }

  /** Shown to those who ask before the start is over. */
  set progress(progress: StartProgress) {
    this.#progress = progress;
  }

  /** From now on the application answers. */
  hand(answer: RequestListener): void {
    this.#answer = answer;
  }

  /** Takes no connection any more; resolves when the last one has gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeIdleConnections();
    });
  }

  #answerStarting({ url }: IncomingMessage, response: ServerResponse): void {
    if (url === '/health/live') {
      send(response, 200, 'application/json', { status: 'live' });
      return;
    }
    response.setHeader('retry-after', String(retryAfterMs / 1000));
    if (url === '/health/ready') {
      const progress = this.#progress;
      send(response, 503, 'application/json', { status: 'starting', ...(progress !== null && { log: progress }) });
      return;
    }
    const problem = problemOf(new AppError('NOT_READY', { message: this.#sentence(), retryAfterMs }));
    send(response, problem.status, 'application/problem+json', problem);
  }

  #sentence(): string {
    if (this.#progress === null) return 'The server is starting.';
    const { taken, of } = this.#progress;
    return `The server is starting: it has taken in ${String(taken)} of ${counted(of, 'record')} of the log.`;
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: object): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function listen(server: Server, { host, port }: Address): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ host, port }, () => {
    resolve(undefined);
  });
  try {
    await promise;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const message = listenProblems(host, port)[code];
    throw message === undefined ? error : new AppError('CONFIG_INVALID', { message, cause: error });
  }
  server.removeListener('error', reject);
}

function listenProblems(host: string, port: number): Readonly<Record<string, string>> {
  const foreign = `${host} is no address of this machine. Choose one that is with --host, or 0.0.0.0 for all of them.`;
  return {
    EADDRINUSE: `Port ${String(port)} is in use. Stop what uses it, or choose another one with --port.`,
    EACCES: `Port ${String(port)} is not for this user. Choose one above 1023 with --port.`,
    EADDRNOTAVAIL: foreign,
    ENOTFOUND: foreign,
    EAI_AGAIN: foreign,
  };
}
