import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A delivery as a receiver sees it. */
export interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // Tests look into payloads of every shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
  readonly atMs: number;
  /** What {@link WebhookSink.era} was when its connection was made. */
  readonly era: number;
}

type Reply = (request: Received, response: ServerResponse) => void;

/** A receiver of webhooks on this machine: it remembers what came, and answers as it is told. */
export class WebhookSink {
  readonly received: Received[] = [];
  readonly url: string;
  readonly #server: Server;
  /** How it answers; at first with 200. */
  reply: Reply = (_, response) => response.end('ok');
  /** A number for what is to be told apart: connections keep the one of their beginning. */
  era = 0;
  readonly #eras = new WeakMap<Socket, number>();

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    server.on('connection', (socket: Socket) => {
      this.#eras.set(socket, this.era);
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#take(request, response);
    });
  }

  static async open(): Promise<WebhookSink> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WebhookSink(server);
  }

  /** Answers with one status from now on. */
  answer(status: number, headers: Record<string, string> = {}): void {
    this.reply = (_, response) => response.writeHead(status, headers).end('answer');
  }

  /** What came to a path. */
  at(path: string): readonly Received[] {
    return this.received.filter((delivery) => delivery.path === path);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const received: Received = {
      ...{ path: request.url ?? '', headers: request.headers, text, atMs: Date.now() },
      body: JSON.parse(text) as unknown,
      era: this.#eras.get(request.socket) ?? this.era,
    };
    this.received.push(received);
    this.reply(received, response);
  }
}
