import { once } from 'node:events';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { toCursor } from '../../src/event-log/cursor.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const dir = tempDir();
const heartbeatMs = 1000;
const clients: TestSocket[] = [];
let server: TestServer;
let token: string;

// The hub's interval goes by hand: a slow machine cannot make an answer come too late.
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  server = await TestServer.start(dir, [`--heartbeat-ms=${heartbeatMs}`]);
  ({ token } = await server.newUser());
});
afterAll(async () => {
  await server.stop();
  vi.useRealTimers();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

type Client = TestSocket & { pings: number };

async function connect(options: { autoPong?: boolean; query?: string } = {}): Promise<Client> {
  const { autoPong = true, query = '' } = options;
  const opened = await TestSocket.open(`${server.url}/ws?token=${token}${query}`, { autoPong });
  const client = Object.assign(opened, { pings: 0 });
  client.socket.on('ping', () => client.pings++);
  clients.push(client);
  return client;
}

/** Frames come in order, so whatever the client sent before has been read by the server when this resolves. */
async function roundTrip({ socket }: TestSocket): Promise<void> {
  const answered = once(socket, 'pong');
  socket.ping();
  await answered;
}

async function beat(...present: readonly Client[]): Promise<void> {
  const expected = present.map(({ pings }) => pings + 1);
  vi.advanceTimersByTime(heartbeatMs);
  await until('everybody was pinged', () => present.every(({ pings }, i) => pings === expected[i]));
  await Promise.all(present.map(roundTrip));
}

describe('the heartbeat', () => {
  it('keeps a client that answers its pings, beat after beat', async () => {
    const client = await connect();
    for (let i = 1; i <= 4; i++) await beat(client);
    expect(client.pings).toBe(4);
    expect(client.closeCode).toBeNull();
  });

  it('drops a client that has not answered by the next beat, and nobody else', async () => {
    const [silent, present] = [await connect({ autoPong: false }), await connect()];
    await beat(silent, present);
    expect(silent.closeCode).toBeNull();
    await beat(present);
    await until('it is dropped', () => silent.closeCode !== null);
    expect(silent.closeCode).toBe(1006);
    expect(present.closeCode).toBeNull();
    await until('it is counted no more', () => server.platform.hub.stats().totalConnections === 1);
  });

  it('takes any message for a sign of life', async () => {
    const client = await connect({ autoPong: false });
    for (let i = 0; i < 3; i++) {
      await beat(client);
      client.send({ type: 'ping', ts: i });
      await client.next('pong', ({ ts }) => ts === i);
    }
    expect(client.closeCode).toBeNull();
  });

  it('tells clients that asked for more how often it beats and where the log is', async () => {
    const [client, plain] = [await connect({ query: '&v=2' }), await connect()];
    expect(await client.next('welcome')).toMatchObject({ heartbeatMs });
    await beat(client, plain);
    const { log } = server.platform.services;
    expect(await client.next('heartbeat')).toEqual({ type: 'heartbeat', head: toCursor(log.head()) });
    expect(plain.messages).toEqual([]);
  });
});

describe('a ping message', () => {
  it.each([
    [17, 17],
    ['a mark', 'a mark'],
    [{ a: 1 }, null],
    ['x'.repeat(65), null],
  ])('with ts %j is answered with pong and ts %j, the head of the log and the time', async (ts, echoed) => {
    const client = await connect();
    client.send({ type: 'ping', ts });
    expect(await client.next('pong')).toEqual({
      type: 'pong',
      ts: echoed,
      head: toCursor(server.platform.services.log.head()),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });
});
