import { once } from 'node:events';

import WebSocket from 'ws';

import { until } from './until.ts';

/** A message as it came over the wire. */
export type WireMessage = Record<string, unknown> & { readonly type: string };

/** A WebSocket client that remembers all it was sent. */
export class TestSocket {
  readonly socket: WebSocket;
  readonly messages: WireMessage[] = [];
  closeCode: number | null = null;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.messages.push(JSON.parse((data as Buffer).toString()) as WireMessage));
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    socket.on('error', () => undefined);
  }

  static async open(url: string, options: WebSocket.ClientOptions = {}, protocols: string[] = []): Promise<TestSocket> {
    const client = new TestSocket(new WebSocket(url.replace('http', 'ws'), protocols, options));
    await once(client.socket, 'open');
    return client;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  of(type: string): WireMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  next(type: string, matching: (message: WireMessage) => boolean = () => true): Promise<WireMessage> {
    return until(`a message ${type} arrives`, () => this.of(type).find(matching));
  }

  /** Sequence numbers of the execution messages, in the order they came. */
  seqs(executionId: string): number[] {
    return this.messages
      .filter((m) => m.type.startsWith('execution-') && m.executionId === executionId)
      .map((m) => Number(m.seq));
  }

  close(): void {
    this.socket.terminate();
  }
}

/** The status line of a refused upgrade. */
export async function refusedStatus(url: string, options: WebSocket.ClientOptions = {}): Promise<number> {
  const socket = new WebSocket(url.replace('http', 'ws'), options);
  const { promise, resolve } = Promise.withResolvers<number>();
  socket.on('unexpected-response', (request, response) => {
    resolve(response.statusCode ?? 0);
    request.destroy();
  });
  socket.on('open', () => {
    resolve(101);
  });
  socket.on('error', () => undefined);
  const status = await promise;
  socket.terminate();
  return status;
}
