import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { textFrame } from '../../../src/realtime/frame.ts';
import { until } from '../../support/until.ts';

let server: WebSocketServer;
let client: WebSocket;
let write: (bytes: Buffer) => void = () => undefined;
let received: string[] = [];

beforeAll(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (_, request) => {
    write = (bytes) => request.socket.write(bytes);
  });
  await once(server, 'listening');
  client = new WebSocket(`ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  client.on('message', (data: Buffer) => received.push(data.toString('utf8')));
  await once(client, 'open');
});
afterAll(async () => {
  client.terminate();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

/** What an independent client finds in the bytes. */
async function read(bytes: Buffer): Promise<string[]> {
  received = [];
  write(Buffer.concat([bytes, textFrame('end of the test')]));
  await until('the client has read everything', () => received.at(-1) === 'end of the test');
  return received.slice(0, -1);
}

describe('a text frame', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536])('of %i bytes is read back whole', async (length) => {
    const text = 'x'.repeat(length);
    expect(await read(textFrame(text))).toEqual([text]);
  });

  it('counts bytes, not characters', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 4 }), async (texts) => {
        expect(await read(Buffer.concat(texts.map(textFrame)))).toEqual(texts);
      }),
      { numRuns: 30 },
    );
  });
});
