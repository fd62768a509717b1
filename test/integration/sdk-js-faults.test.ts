import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

import type { ClientOptions, Disconnected, ExecutionEvent } from '../../packages/sdk-js/src/exports.ts';
import { IhumanClient } from '../../packages/sdk-js/src/index.ts';
import { type Cut, CuttingProxy } from '../support/cutting-proxy.ts';
import { TestServer } from '../support/platform.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
let server: TestServer;
let token: string;
let userId: string;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  server = await TestServer.start(join(dir, 'data'), ['--runner=inline', '--heartbeat-ms=200']);
  ({ token, userId } = await server.newUser());
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function clientOf(baseUrl: string, options: ClientOptions = {}): IhumanClient {
  const client = new IhumanClient({ baseUrl, token, ...options });
  closing.push(() => {
    client.disconnect();
  });
  return client;
}

async function proxied(): Promise<CuttingProxy> {
  const proxy = await CuttingProxy.open(server.url);
  closing.push(() => proxy.stop());
  return proxy;
}

/** An execution with a log line for each number, and an ending. */
async function toldExecution(lines: number): Promise<string> {
  const manager = server.platform.webSocketManager;
  const id = await manager.openExecution({ name: 'told', owner: userId });
  for (let i = 1; i <= lines; i++) await manager.broadcastLog(id, 'info', `line ${String(i)}`);
  await manager.broadcastExecutionComplete(id, { lines }, 5);
  return id;
}

async function collect(events: AsyncIterable<ExecutionEvent>): Promise<ExecutionEvent[]> {
  const all: ExecutionEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const numbersOf = (events: readonly ExecutionEvent[]): unknown[] =>
  events.map((event) => ('seq' in event ? event.seq : event.type));

describe('a connection that is cut', () => {
  it('anywhere on the way to the client: every event comes once and in order', async () => {
    const proxy = await proxied();
    const id = await toldExecution(6);
    const whole = await collect(clientOf(proxy.url).events(id));
    expect(whole.at(-1)).toMatchObject({ type: 'complete', result: { lines: 6 } });
    const bytes = proxy.carried;
    expect(bytes).toBeGreaterThan(1000);
    const points: Cut[] = [];
    for (let at = 1; at < bytes; at += 23) points.push({ direction: 'to-client', bytes: at });
    const wanted = numbersOf(whole);
    for (let i = 0; i < points.length; i += 8) {
      // Eight at a time, each client with a cut of its own.
      const some = points.slice(i, i + 8);
      proxy.cutNext(...some);
      const seen = await Promise.all(some.map(() => collect(clientOf(proxy.url).events(id))));
      for (const [k, events] of seen.entries()) expect(numbersOf(events), JSON.stringify(some[k])).toEqual(wanted);
    }
  });

  it('on the way to the server: every event comes once and in order', async () => {
    const proxy = await proxied();
    const id = await toldExecution(3);
    const wanted = numbersOf(await collect(clientOf(proxy.url).events(id)));
    const points = Array.from({ length: 24 }, (_, i): Cut => ({ direction: 'to-server', bytes: 1 + i * 17 }));
    proxy.cutNext(...points);
    const seen = await Promise.all(points.map(() => collect(clientOf(proxy.url).events(id))));
    for (const events of seen) expect(numbersOf(events)).toEqual(wanted);
  });

  it('again and again, while the execution is under way: every event comes once and in order', async () => {
    const proxy = await proxied();
    const manager = server.platform.webSocketManager;
    const id = await manager.openExecution({ name: 'live', owner: userId });
    proxy.cutNext(...[700, 900, 1100, 650, 1300].map((bytes): Cut => ({ direction: 'to-client', bytes })));
    const client = clientOf(proxy.url);
    const losses: Disconnected[] = [];
    client.on('disconnected', (event) => losses.push(event));
    const seen = collect(client.events(id));
    for (let i = 1; i <= 60; i++) {
      await manager.broadcastLog(id, 'info', `line ${String(i)}`);
      if (i % 10 === 0) {
        const before = proxy.opened;
        if (before < 6) await until('it has connected again', () => proxy.opened > before);
      }
    }
    await manager.broadcastExecutionComplete(id, null, 1);
    const numbers = numbersOf(await seen);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(losses.length).toBeGreaterThanOrEqual(5);
    expect(losses.every(({ retryInMs }) => retryInMs !== null)).toBe(true);
  });

  it('by silence: the client notices, and goes on over another one', async () => {
    const proxy = await proxied();
    const manager = server.platform.webSocketManager;
    const id = await manager.openExecution({ name: 'silent', owner: userId });
    const client = clientOf(proxy.url);
    const losses: Disconnected[] = [];
    client.on('disconnected', (event) => losses.push(event));
    const lines: string[] = [];
    client.on('log', ({ message }) => lines.push(message));
    await client.connect(id);
    await manager.broadcastLog(id, 'info', 'before');
    await until('the first line', () => lines.length === 1);
    proxy.silent = true;
    await manager.broadcastLog(id, 'info', 'lost on the way');
    await until('the silence is noticed', () => losses.length > 0);
    proxy.silent = false;
    await until('it is told after all', () => lines.length === 2);
    await manager.broadcastExecutionComplete(id, null, 1);
    expect(lines).toEqual(['before', 'lost on the way']);
  });
});

describe('a server', () => {
  it('that is killed and started again in the middle of a stream: every event comes once and in order', async () => {
    const data = join(dir, 'killed');
    const first = await ServerProcess.start(data, ['--runner=inline']);
    closing.push(() => first.kill());
    const client = clientOf(first.url);
    await client.register('a@example.com', 'somebody', 'a long enough phrase');
    const { executionId } = await client.executeSkill('countdown', { from: 12, intervalMs: 60 });
    const seen: ExecutionEvent[] = [];
    for await (const event of client.events(executionId)) {
      seen.push(event);
      if (seen.length !== 6) continue;
      await first.kill();
      const again = await ServerProcess.start(data, ['--runner=inline', `--port=${new URL(first.url).port}`]);
      closing.push(() => again.kill());
    }
    const numbers = numbersOf(seen);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(seen.at(-1)).toMatchObject({ type: 'complete', result: { counted: 12 } });
  });

  it.each<[string, RequestListener, object]>([
    ['answers garbage', (_request, response) => response.end('\u0000\u0001 nothing'), { code: 'BAD_ANSWER' }],
    [
      'is a web site',
      (_request, response) => response.setHeader('content-type', 'text/html').end('<html>hello</html>'),
      { name: 'ProtocolError', code: 'BAD_ANSWER' },
    ],
    ['answers nothing', () => undefined, { name: 'TimeoutError', code: 'TIMEOUT' }],
    [
      'hangs up',
      (request) => request.socket.destroy(),
      { name: 'ConnectionError', code: 'CONNECTION_FAILED', status: null },
    ],
    [
      'breaks off its answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"a":');
        setTimeout(() => request.socket.destroy(), 20);
      },
      { code: 'CONNECTION_FAILED' },
    ],
    [
      'never ends its answer',
      (_request, response) => {
        const more = (): void => {
          while (response.writable && response.write('x'.repeat(65_536)));
        };
        response.on('drain', more);
        more();
      },
      { code: 'BAD_ANSWER' },
    ],
    ['is a teapot', (_request, response) => response.writeHead(418).end('short and stout'), { code: 'HTTP_418' }],
  ])('that %s gives a typed error', async (_title, listener, wanted) => {
    const { url } = await fake(listener);
    const client = clientOf(url, { timeout: 500, retry: { maxRetries: 1, baseDelayMs: 1 } });
    await expect(
      client.getSystemStatus({ timeout: 'code' in wanted && wanted.code === 'BAD_ANSWER' ? 30_000 : 500 }),
    ).rejects.toMatchObject(wanted);
  });

  it('that is not there rejects connecting, and leaves nothing running', async () => {
    const { url, stop } = await fake(() => undefined);
    await stop();
    const client = clientOf(url, { timeout: 300, retry: { maxRetries: 0 } });
    await expect(client.connect('exec_1')).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(client.isConnected).toBe(false);
  });

  it('that takes no WebSocket is tried again until the client gives up', async () => {
    let upgrades = 0;
    const { url, http } = await fake((_request, response) => response.end('{"ticket":"t"}'));
    http.on('upgrade', (_request, socket) => {
      upgrades++;
      socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
    });
    const stopper = new AbortController();
    const waiting = clientOf(url).waitFor('exec_1', { signal: stopper.signal });
    await until('it has tried twice', () => upgrades >= 2);
    stopper.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('a token that ends in the middle of a stream', () => {
  it('is replaced by the next one, and nothing is lost', async () => {
    const tokens: unknown[] = [];
    const asked: unknown[] = [];
    const { url, http } = await fake((request, response) => {
      tokens.push(request.headers.authorization);
      response.end(JSON.stringify({ ticket: `ticket-${String(tokens.length)}` }));
    });
    const sockets = new WebSocketServer({ server: http });
    closing.push(() => {
      sockets.close();
    });
    sockets.on('connection', (socket, request) => {
      const isSecond = request.url?.endsWith('ticket-2') === true;
      socket.send(JSON.stringify({ type: 'welcome', epoch: 'e', heartbeatMs: 30_000 }));
      socket.on('message', (text: Buffer) => {
        const { id, executions } = JSON.parse(text.toString()) as {
          id: number;
          executions: [{ id: string; since: unknown }];
        };
        const [{ id: executionId, since }] = executions;
        asked.push(since);
        const seq = isSecond ? 1 : 0;
        socket.send(JSON.stringify({ type: 'subscribed', id, executionId, seq }));
        if (isSecond) socket.send(JSON.stringify({ type: 'execution-complete', executionId, seq: 2, result: 7 }));
        else {
          socket.send(JSON.stringify({ type: 'execution-log', executionId, seq: 1, level: 'info', message: 'one' }));
          socket.close(4001, 'the token has expired');
        }
      });
    });
    let given = 0;
    const client = clientOf(url, { token: () => `token-${String(++given)}` });
    const events = await collect(client.events('exec_1'));
    expect(numbersOf(events)).toEqual([1, 2]);
    expect(asked).toEqual(['start', { seq: 1 }]);
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-2']);
  });
});

describe('requests', () => {
  it('that are repeated run a skill once', async () => {
    const keys: unknown[] = [];
    const { url } = await fake((request, response) => {
      keys.push(request.headers['idempotency-key']);
      if (keys.length < 3) request.socket.destroy();
      else response.writeHead(202).end('{"executionId":"exec_1"}');
    });
    const client = clientOf(url, { retry: { baseDelayMs: 1 } });
    await expect(client.executeSkill('noop')).resolves.toMatchObject({ executionId: 'exec_1' });
    expect(keys).toHaveLength(3);
    expect(keys[0]).toMatch(/^[!-~]{32,64}$/);
    expect(new Set(keys).size).toBe(1);
  });

  it('that make something without a key are not repeated', async () => {
    let asked = 0;
    const { url } = await fake((request) => {
      asked++;
      request.socket.destroy();
    });
    await expect(clientOf(url).apiKeys.create({ label: 'x', scopes: [] })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    });
    expect(asked).toBe(1);
  });

  it('wait for as long as the server says', async () => {
    const times: number[] = [];
    const { url } = await fake((_request, response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end('{}');
      else response.end('{}');
    });
    await clientOf(url, { retry: { baseDelayMs: 1 } }).getSystemStatus();
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  it('ask for a new token once when the last one is not taken', async () => {
    const tokens: string[] = [];
    const { url } = await fake((request, response) => {
      const good = request.headers.authorization === 'Bearer second';
      response.writeHead(good ? 200 : 401).end('{"code":"UNAUTHENTICATED","detail":"no"}');
    });
    const given = ['first', 'second', 'third'];
    const client = clientOf(url, {
      token: () => {
        const next = given.shift() ?? 'none';
        tokens.push(next);
        return Promise.resolve(next);
      },
    });
    await client.getSystemStatus();
    await client.getSystemStatus();
    expect(tokens).toEqual(['first', 'second']);
    let asked = 0;
    const stale = clientOf(url, { token: () => (++asked === 1 ? 'old' : 'second') });
    await Promise.all(Array.from({ length: 20 }, () => stale.getSystemStatus()));
    expect(asked).toBe(2);
    const refused = clientOf(url, { token: () => 'never right' });
    await expect(refused.getSystemStatus()).rejects.toMatchObject({ name: 'AuthenticationError' });
  });

  it('end with the reason of their signal, also while they wait to be repeated', async () => {
    const { url } = await fake((_request, response) => response.writeHead(503, { 'retry-after': '30' }).end('{}'));
    const reason = new Error('not any more');
    const stopper = new AbortController();
    const asked = clientOf(url).getSystemStatus({ signal: stopper.signal });
    setTimeout(() => {
      stopper.abort(reason);
    }, 50);
    await expect(asked).rejects.toBe(reason);
    await expect(clientOf(url).getSystemStatus({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

async function fake(listener: RequestListener): Promise<{ url: string; http: Server; stop: () => Promise<void> }> {
  const http = createServer((request, response) => {
    response.on('error', () => undefined);
    listener(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> => {
    http.closeAllConnections();
    return new Promise((resolve) => {
      http.close(() => {
        resolve();
      });
    });
  };
  closing.push(stop);
  return { url: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`, http, stop };
}
