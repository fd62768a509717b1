import { once } from 'node:events';
import { connect } from 'node:net';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { refusedStatus, TestSocket, type WireMessage } from '../support/web-socket.ts';

const dir = tempDir();
let server: TestServer;
let token: string;
let otherToken: string;

beforeAll(async () => {
  server = await TestServer.start(dir);
  ({ token } = await server.newUser());
  ({ token: otherToken } = await server.newUser());
});
afterAll(() => server.stop());

async function finished(from = 3): Promise<string> {
  const { body } = await server.run(token, 'countdown', { params: { from, intervalMs: 1 } });
  return body.executionId;
}

async function external(): Promise<string> {
  const { body } = await server.call('POST', '/api/executions', { token, body: { name: 'external' } });
  return body.executionId;
}

const report = (id: string, path: string, body: object) =>
  server.call('POST', `/api/executions/${id}/${path}`, { token, body });
const dense = (n: number, from = 1): number[] => Array.from({ length: n }, (_, i) => from + i);

describe('the base protocol', () => {
  it('sends progress, log and complete of the execution in the address, with the fields of the feature list', async () => {
    const { body } = await server.call('POST', '/api/skills/countdown/execute', {
      token,
      body: { params: { from: 3, intervalMs: 20 } },
    });
    const client = await TestSocket.open(`${server.url}/ws?token=${token}&execution=${body.executionId}`);
    const complete = await client.next('execution-complete');
    expect(complete).toMatchObject({ executionId: body.executionId, result: { counted: 3 } });
    expect(complete.durationMs).toBeTypeOf('number');
    expect(client.of('execution-progress').at(-1)).toMatchObject({
      executionId: body.executionId,
      status: expect.any(String),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(client.of('execution-log')[0]).toMatchObject({ level: 'info', message: '3 …' });
    expect(new Set(client.messages.map((m) => m.type))).toEqual(
      new Set(['execution-progress', 'execution-log', 'execution-complete']),
    );
    client.close();
  });

  it('sends an error message for an execution that fails', async () => {
    const id = await external();
    const client = await TestSocket.open(`${server.url}/ws?token=${token}&execution=${id}`);
    await report(id, 'error', { error: 'Connection timeout', durationMs: 2000 });
    expect(await client.next('execution-error')).toMatchObject({
      executionId: id,
      error: 'Connection timeout',
      durationMs: 2000,
    });
    client.close();
  });

  it('answers subscribe, request-update and ping', async () => {
    const id = await external();
    const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
    client.send({ type: 'ping' });
    await client.next('pong');
    client.send({ type: 'subscribe', executionId: id });
    await client.next('execution-progress');
    await report(id, 'progress', { progress: 42 });
    expect(await client.next('execution-progress', (m) => m.progress === 42)).toMatchObject({ executionId: id });
    const before = client.messages.length;
    client.send({ type: 'request-update', executionId: id });
    const update = await until('the update arrives', () => client.messages[before]);
    const newest = client
      .of('execution-progress')
      .filter((m) => m.seq !== undefined)
      .at(-1);
    // It is no event: what the client counts by is left alone.
    expect(update).toMatchObject({ type: 'execution-progress', progress: 42, snapshot: true, headSeq: newest?.seq });
    expect(update).not.toHaveProperty('seq');
    expect(Date.parse(String(update.timestamp))).toBeGreaterThanOrEqual(Date.parse(String(newest?.timestamp)));
    client.close();
  });

  it('sends nothing more after unsubscribe', async () => {
    const id = await external();
    const client = await TestSocket.open(`${server.url}/ws?token=${token}&execution=${id}`);
    await client.next('execution-progress');
    client.send({ type: 'unsubscribe', executionId: id });
    client.send({ type: 'ping' });
    await client.next('pong');
    await report(id, 'progress', { progress: 77 });
    client.send({ type: 'ping', ts: 2 });
    await client.next('pong', (m) => m.ts === 2);
    expect(client.of('execution-progress').some((m) => m.progress === 77)).toBe(false);
    client.close();
  });

  it('never sends a type that a client of the base protocol does not know', async () => {
    const id = await finished();
    const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
    client.send({ type: 'subscribe', executionId: id });
    await client.next('execution-complete');
    client.send({ type: 'ping' });
    await client.next('pong');
    for (const { type } of client.messages) expect(type).toMatch(/^(execution-(progress|log|complete|error)|pong)$/);
    client.close();
  });

  it('counts connections, users and executions', async () => {
    const id = await external();
    const a = await TestSocket.open(`${server.url}/ws?token=${token}&execution=${id}`);
    const b = await TestSocket.open(`${server.url}/ws?token=${otherToken}`);
    await a.next('execution-progress');
    const stats = await until('all are counted', async () => {
      const { body } = await server.call('GET', '/api/websocket/stats', { token: server.adminKey });
      return body.totalConnections === 2 ? body : null;
    });
    expect(stats).toMatchObject({ totalConnections: 2, totalUsers: 2, totalExecutions: 1 });
    expect(stats.connections.map((c: { executions: string[] }) => c.executions)).toContainEqual([id]);
    const own = (await server.call('GET', '/api/websocket/stats', { token: otherToken })).body;
    expect(own.connections).toHaveLength(1);
    a.close();
    b.close();
    await until(
      'both are forgotten',
      async () => (await server.call('GET', '/api/websocket/stats', { token })).body.totalConnections === 0,
    );
  });
});

describe('who may connect', () => {
  it('is settled before the upgrade', async () => {
    expect(await refusedStatus(`${server.url}/ws?token=test&execution=exec_123`)).toBe(401);
    expect(await refusedStatus(`${server.url}/ws`)).toBe(401);
    expect(await refusedStatus(`${server.url}/nowhere?token=${token}`)).toBe(404);
    expect(await refusedStatus(`${server.url}/ws?token=${token}`, { origin: 'https://evil.example' })).toBe(403);
    expect(await refusedStatus(`${server.url}/ws?token=${token}`, { origin: server.url })).toBe(101);
    expect(await refusedStatus(`${server.url}/ws`, { headers: { authorization: `Bearer ${token}` } })).toBe(101);
  });

  it('a ticket opens one connection, once', async () => {
    const { body } = await server.call('POST', '/api/auth/ticket', { token });
    expect(await refusedStatus(`${server.url}/ws?ticket=${body.ticket}`)).toBe(101);
    expect(await refusedStatus(`${server.url}/ws?ticket=${body.ticket}`)).toBe(401);
  });

  it("somebody else's execution does not exist", async () => {
    const id = await finished();
    const client = await TestSocket.open(`${server.url}/ws?token=${otherToken}&execution=${id}`);
    expect(await client.next('error')).toMatchObject({ code: 102, name: 'unknown-execution' });
    client.send({ type: 'request-update', id: 7, executionId: id });
    expect(await client.next('error', (m) => m.id === 7)).toMatchObject({ code: 102 });
    expect(client.seqs(id)).toEqual([]);
    client.close();
  });

  it('signing out closes the sockets of that session with a code that says stop', async () => {
    const { body } = await server.call('POST', '/api/auth/login', {
      body: { email: 'user2@example.com', password: 'a long enough phrase' },
    });
    const client = await TestSocket.open(`${server.url}/ws?token=${body.token}`);
    await server.call('POST', '/api/auth/logout', { token: body.token });
    expect(await until('it is closed', () => client.closeCode)).toBe(4503);
  });
});

describe('resuming', () => {
  it('INV-7: from any sequence number gives exactly the rest, in order', async () => {
    const id = await finished(4);
    const whole = await TestSocket.open(`${server.url}/ws?token=${token}&v=2`);
    whole.send({ type: 'subscribe', id: 1, executionId: id, since: 'start' });
    const end = await whole.next('stream-end');
    const last = Number(end.seq);
    expect(whole.seqs(id)).toEqual(dense(last));
    for (let seq = 0; seq <= last; seq++) {
      const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
      client.send({ type: 'subscribe', id: seq, executionId: id, since: { seq } });
      await client.next('stream-end');
      expect(client.seqs(id)).toEqual(dense(last - seq, seq + 1));
      expect(client.messages.every((m) => m.prevSeq === undefined)).toBe(true);
      client.close();
    }
    whole.close();
  });

  it('by position gives what came after it', async () => {
    const id = await finished();
    const whole = await TestSocket.open(`${server.url}/ws?token=${token}&v=2&execution=${id}`);
    await whole.next('stream-end');
    const middle = whole.messages.filter((m) => m.type.startsWith('execution-'))[2]!;
    const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
    client.send({ type: 'subscribe', id: 1, executionId: id, since: { pos: middle.pos } });
    await client.next('stream-end');
    expect(Math.min(...client.seqs(id))).toBeGreaterThan(Number(middle.seq));
    expect(
      client.messages.filter((m) => m.type.startsWith('execution-')).every((m) => Number(m.pos) > Number(middle.pos)),
    ).toBe(true);
    whole.close();
    client.close();
  });

  it('by time declares what came before it as a gap, and by position does not', async () => {
    const id = await external();
    await report(id, 'logs', { level: 'info', message: 'before' });
    const { body } = await server.call('GET', `/api/executions/${id}/events`, { token });
    const last = body.events.at(-1);
    await until('a millisecond has passed', () => Date.now() > Date.parse(last.at));
    const time = new Date().toISOString();
    await until('another one has', () => Date.now() > Date.parse(time));
    await report(id, 'logs', { level: 'info', message: 'after' });
    await report(id, 'complete', { result: null, durationMs: 1 });
    const from = async (since: object): Promise<TestSocket> => {
      const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
      client.send({ type: 'subscribe', id: 1, executionId: id, since });
      await client.next('stream-end');
      client.close();
      return client;
    };
    const [byTime, byPosition] = [await from({ time }), await from({ pos: last.position })];
    const seq = Number(last.revision) + 1;
    for (const client of [byTime, byPosition]) {
      expect(client.of('subscribed')).toMatchObject([{ seq }]);
      expect(client.seqs(id)[0]).toBe(seq + 1);
    }
    expect(byTime.of('gap')).toMatchObject([{ fromSeq: 1, toSeq: seq, reason: 'limit' }]);
    expect(byPosition.of('gap')).toEqual([]);
  });

  it('goes on live without a hole while the execution reports', async () => {
    const id = await external();
    const clients: TestSocket[] = [];
    const reporting = (async () => {
      for (let i = 1; i <= 60; i++) await report(id, 'logs', { level: 'info', message: `line ${i}` });
      await report(id, 'complete', { result: null, durationMs: 1 });
    })();
    for (let i = 0; i < 12; i++) {
      const client = await TestSocket.open(`${server.url}/ws?token=${token}&v=2`);
      client.send({ type: 'subscribe', executionId: id, since: i % 2 === 0 ? 'start' : { seq: 1 } });
      clients.push(client);
    }
    await reporting;
    for (const [i, client] of clients.entries()) {
      const end = await client.next('stream-end');
      const first = i % 2 === 0 ? 1 : 2;
      expect(client.seqs(id)).toEqual(dense(Number(end.seq) - first + 1, first));
      client.close();
    }
  });

  it('survives dropped connections: pieces put together are the whole, once', async () => {
    const id = await external();
    const seqs: number[] = [];
    let done = false;
    const reporting = (async () => {
      for (let i = 1; i <= 80; i++) await report(id, 'logs', { level: 'info', message: `line ${i}` });
      await report(id, 'complete', { result: null, durationMs: 1 });
    })();
    while (!done) {
      const client = await TestSocket.open(`${server.url}/ws?token=${token}&v=2`);
      const last = seqs.at(-1) ?? 0;
      client.send({ type: 'subscribe', executionId: id, since: { seq: last } });
      await client.next('subscribed');
      await until(
        'a few messages or the end arrive',
        () => client.seqs(id).length > 5 || client.of('stream-end').length > 0,
      );
      client.close();
      seqs.push(...client.seqs(id).filter((seq) => seq > (seqs.at(-1) ?? 0)));
      done = client.of('stream-end').length > 0;
    }
    await reporting;
    expect(seqs).toEqual(dense(seqs.length));
    expect(seqs.length).toBe(83);
  });

  it('from a position that is not in this log is said loudly', async () => {
    const id = await finished();
    const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
    client.send({ type: 'subscribe', id: 1, executionId: id, since: { seq: 9999 }, onGap: 'reject' });
    expect(await client.next('error')).toMatchObject({ code: 112, name: 'unrecoverable-position' });
    client.send({ type: 'subscribe', id: 2, executionId: id, since: { seq: 2 }, epoch: 'another' });
    expect(await client.next('gap')).toMatchObject({ reason: 'epoch' });
    await client.next('execution-complete');
    client.close();
  });

  it('tail and types give what they say', async () => {
    const id = await finished(5);
    const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
    client.send({ type: 'subscribe', id: 1, executionId: id, since: { tail: 2 } });
    const end = await client.next('stream-end');
    expect(client.seqs(id)).toEqual([Number(end.seq) - 1, Number(end.seq)]);
    const logs = await TestSocket.open(`${server.url}/ws?token=${token}`);
    logs.send({ type: 'subscribe', id: 2, executionId: id, types: ['log'] });
    await logs.next('stream-end');
    const types = new Set(logs.messages.map((m) => m.type).filter((type) => type.startsWith('execution-')));
    expect(types).toEqual(new Set(['execution-log']));
    client.close();
    logs.close();
  });
});

describe('a reader that does not read', () => {
  it('costs no memory in the server, and gets a consistent rest when it reads again', async () => {
    const id = await external();
    const client = await TestSocket.open(`${server.url}/ws?token=${token}&v=2&execution=${id}`);
    await client.next('caught-up');
    client.socket.pause();
    const line = 'x'.repeat(60_000);
    for (let i = 0; i < 120; i++) {
      await report(id, 'logs', { level: 'info', message: line });
      await report(id, 'progress', { progress: i / 2 });
    }
    const { connections } = (await server.call('GET', '/api/websocket/stats', { token })).body;
    const own = connections.find((c: { executions: string[] }) => c.executions.includes(id));
    expect(own.pendingBytes).toBeLessThan(2 * 1024 * 1024);
    client.socket.resume();
    await report(id, 'complete', { result: 'done', durationMs: 1 });
    const end = await client.next('stream-end');
    const messages = client.messages.filter((m) => m.type.startsWith('execution-'));
    let last = 0;
    for (const message of messages) {
      expect(message.prevSeq ?? Number(message.seq) - 1).toBe(last);
      last = Number(message.seq);
    }
    expect(last).toBe(end.seq);
    expect(messages.filter((m) => m.type === 'execution-log')).toHaveLength(120);
    expect(messages.at(-1)).toMatchObject({ type: 'execution-complete', result: 'done' });
    client.close();
  });
});

describe('bad frames', () => {
  it('are answered with an error frame and hurt nobody', async () => {
    const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
    const bad = [
      '',
      '{',
      'null',
      '[]',
      '42',
      '{}',
      '{"type":5}',
      '{"type":"nope"}',
      '{"type":"subscribe"}',
      '{"type":"subscribe","executionId":{}}',
      '{"type":"subscribe","executionId":"x","since":{"seq":-1}}',
      '{"type":"subscribe","executions":[]}',
      '{"type":"auth"}',
      '{"type":"__proto__"}',
    ];
    for (const text of bad) client.send(text);
    client.socket.send(Buffer.from([1, 2, 3]));
    await until('each is refused', () => client.of('error').length === bad.length + 1);
    for (const error of client.of('error'))
      expect(error).toMatchObject({
        code: expect.any(Number),
        temporary: expect.any(Boolean),
        message: expect.any(String),
      });
    client.close();
  });

  it('of any content never end the server', async () => {
    const shape = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({
          type: fc.constantFrom('subscribe', 'unsubscribe', 'request-update', 'auth'),
          executionId: fc.anything(),
          since: fc.anything(),
          types: fc.anything(),
          id: fc.anything(),
        })
        .map((v) => JSON.stringify(v) ?? ''),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 20, maxLength: 40 }), async (frames) => {
        const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
        for (const frame of frames) client.send(frame);
        client.send({ type: 'ping', ts: 'still here' });
        await until(
          'it still answers, or was closed for good reason',
          () => client.closeCode !== null || client.of('pong').some((m: WireMessage) => m.ts === 'still here'),
        );
        client.close();
      }),
      { numRuns: 25 },
    );
    expect((await server.call('GET', '/health/ready')).status).toBe(200);
  });

  it('on a socket that is one too many hurt nobody', async () => {
    const strict = await TestServer.start(`${dir}/strict`, ['--max-sockets-per-user=1']);
    const url = `${strict.url}/ws?token=${strict.adminKey}`;
    const first = await TestSocket.open(url);
    const second = connect(Number(new URL(url).port), '127.0.0.1');
    const received: Buffer[] = [];
    second.on('data', (chunk: Buffer) => received.push(chunk));
    const handshake = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13';
    second.write(
      `GET /ws?token=${strict.adminKey} HTTP/1.1\r\nHost: x\r\n${handshake}\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
    );
    await until('it is closed with 4504', () => Buffer.concat(received).includes(Buffer.from([0x11, 0x98])));
    // Reserved bits, and no mask.
    second.write(Buffer.from([0xff, 0x00]));
    second.end();
    await once(second, 'close');
    first.send({ type: 'ping' });
    await first.next('pong');
    first.close();
    await strict.stop();
  });

  it('that are too large close the socket with 1009', async () => {
    const client = await TestSocket.open(`${server.url}/ws?token=${token}`);
    client.send('x'.repeat(70_000));
    expect(await until('it is closed', () => client.closeCode)).toBe(1009);
  });
});
