import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const document = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/reference/asyncapi.json'), 'utf8')) as {
  channels: { webSocket: { messages: Record<string, { payload: object }> } };
};
const base = tempDir();

describe('what the AsyncAPI document says of WebSocket messages', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start(base, ['--runner=inline']);
  });
  afterAll(() => server.stop());

  it('is true of every message that a server sends', async () => {
    const token = server.adminKey;
    const run = async (params: object): Promise<string> =>
      (await server.call('POST', '/api/skills/countdown/execute', { token, body: { params } })).body
        .executionId as string;
    const socket = await TestSocket.open(`${server.url}/ws?v=2&token=${token}`);
    const good = await run({ from: 2, intervalMs: 5 });
    socket.send({ type: 'subscribe', executionId: good, id: 'a' });
    await socket.next('stream-end');
    const cancelled = await run({ from: 100, intervalMs: 50 });
    socket.send({ type: 'subscribe', executionId: cancelled, since: { tail: 0 } });
    await socket.next('caught-up', ({ executionId }) => executionId === cancelled);
    await server.call('POST', `/api/executions/${cancelled}/cancel`, { token, body: {} });
    await socket.next('execution-error');
    socket.send({ type: 'subscribe', executionId: good, since: { tail: 1 } });
    await socket.next('gap');
    socket.send({ type: 'request-update', executionId: good });
    socket.send({ type: 'unsubscribe', executionId: good, id: 1 });
    socket.send({ type: 'ping', ts: 5 });
    socket.send({ type: 'nonsense' });
    await until('all has been answered', () => socket.of('error').length > 0 && socket.of('unsubscribed').length > 0);
    const { messages } = document.channels.webSocket;
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const message of socket.messages) {
      const shape = messages[message.type]?.payload;
      expect(shape, `${message.type} is documented`).toBeDefined();
      const validate = ajv.compile(shape ?? {});
      expect(validate(message), `${JSON.stringify(message)}: ${JSON.stringify(validate.errors)}`).toBe(true);
    }
    const said = new Set(socket.messages.map(({ type }) => type));
    const wanted = ['execution-progress', 'execution-log', 'execution-complete', 'execution-error', 'welcome', 'pong'];
    expect([...said]).toEqual(
      expect.arrayContaining([...wanted, 'subscribed', 'caught-up', 'gap', 'stream-end', 'error']),
    );
    socket.close();
  });
});
