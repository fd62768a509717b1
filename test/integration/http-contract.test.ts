import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { HttpClient } from '../support/http-client.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
let server: TestServer;
let client: HttpClient;

beforeAll(async () => {
  server = await TestServer.start(dir, ['--runner=inline']);
  client = new HttpClient(server.url);
});
afterAll(() => {
  client.close();
  return server.stop();
});

describe('a method that an address does not take', () => {
  it.each([
    ['DELETE', '/api/skills', 'GET, HEAD'],
    ['QUERY', '/api/skills?limit=1', 'GET, HEAD'],
    ['OPTIONS', '/api/auth/login', 'POST'],
    ['GET', '/api/auth/login', 'POST'],
    ['DELETE', '/api/executions/batch', 'POST'],
    ['PATCH', '/api/executions/exec_none', 'GET, HEAD'],
    ['POST', '/api/executions/exec_none/artifacts/a/b', 'GET, HEAD'],
  ])('is refused with 405 and those that it takes: %s %s', async (method, path, allow) => {
    const answer = await server.call(method, path, { token: server.adminKey });
    expect(answer).toMatchObject({ status: 405, body: { code: 'METHOD_NOT_ALLOWED' } });
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it.each(['/nowhere', '/api/skills/', '/api/executions/exec_none/nothing'])(
    'is no matter where there is no such address: %s',
    async (path) => {
      const answer = await client.send({ method: 'POST', path, body: '{', headers: { 'content-type': 'text/xml' } });
      expect(answer.status).toBe(404);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'NOT_FOUND' });
    },
  );
});

describe('a refused request', () => {
  it('has a name of its own, and an answer that went well has none', async () => {
    const refused = [await server.call('GET', '/nowhere'), await server.call('GET', '/api/skills')];
    const names = refused.map(({ headers }) => headers.get('x-request-id'));
    for (const name of names) expect(name).toMatch(/^req_[0-9A-Za-z]{16}$/);
    expect(new Set(names).size).toBe(2);
    expect((await server.call('GET', '/health/live')).headers.get('x-request-id')).toBeNull();
  });

  it('can be found in the log by its name when it was our fault', async () => {
    const { log } = server.platform.services;
    const readStream = log.readStream.bind(log);
    onTestFinished(() => {
      log.readStream = readStream;
    });
    const { token } = await server.newUser();
    const { body } = await server.call('POST', '/api/executions', { token, body: { name: 'external' } });
    log.readStream = () => Promise.reject(new Error('made to fail'));
    const failed = await server.call('GET', `/api/executions/${String(body.executionId)}/events`, { token });
    expect(failed).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
    const name = failed.headers.get('x-request-id') ?? '';
    const lines = server.serverLog.filter((line) => line.includes(name));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('made to fail');
  });
});

describe('the head of a stream that does not end', () => {
  it.each(['/api/events', '/api/executions/:id/stream'])('is a whole answer: %s', async (route) => {
    const token = server.adminKey;
    const { body } = await server.call('POST', '/api/executions', { token, body: { name: 'external' } });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const head = `Host: x\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream`;
    const path = route.replace(':id', body.executionId);
    socket.write(`HEAD ${path} HTTP/1.1\r\n${head}\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`);
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    await until('the next request on its connection is answered', () => received.endsWith('{"status":"live"}'));
    expect(received).toContain('content-type: text/event-stream');
    socket.destroy();
  });
});

describe('the OpenAPI document', () => {
  interface Operation {
    readonly requestBody?: { readonly required: boolean };
    readonly responses: Readonly<Record<string, { readonly content?: object }>>;
    readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  }
  const operation = async (method: string, path: string): Promise<Operation> =>
    (await server.call('GET', '/openapi.json')).body.paths[path][method];

  it('says how every operation refuses and what it answers otherwise', async () => {
    const { paths } = (await server.call('GET', '/openapi.json')).body;
    for (const [path, operations] of Object.entries(paths as Record<string, Record<string, Operation>>)) {
      for (const [method, { responses }] of Object.entries(operations)) {
        expect(Object.keys(responses), `${method} ${path}`).toEqual(expect.arrayContaining(['4XX', '5XX']));
        const { 204: empty, 200: ok = empty, 201: made = ok, 202: taken = made } = responses;
        expect(empty ?? taken?.content, `${method} ${path}`).toBeDefined();
      }
    }
  });

  it('asks for a body only where one is needed, and a request without one is taken', async () => {
    expect((await operation('post', '/api/skills/{id}/execute')).requestBody).toMatchObject({ required: false });
    expect((await operation('post', '/api/auth/login')).requestBody).toMatchObject({ required: true });
    const taken = await server.call('POST', '/api/skills/noop/execute', { token: server.adminKey });
    expect(taken.status).toBe(202);
  });

  it('names the headers that mean something', async () => {
    const headersOf = async (method: string, path: string) =>
      (await operation(method, path)).parameters?.filter((one) => one.in === 'header').map(({ name }) => name);
    expect(await headersOf('post', '/api/skills/{id}/execute')).toEqual(['idempotency-key', 'prefer']);
    expect(await headersOf('get', '/api/events')).toEqual(['last-event-id']);
  });
});

/** Sends bytes as they are and returns everything that comes back until the server closes, or until `enough` is there. */
async function raw(text: string, enough = '\u0000'): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let received = '';
  let closed = false;
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.once('close', () => {
    closed = true;
  });
  socket.write(text);
  await until('the answer is there', () => closed || received.includes(enough));
  socket.destroy();
  return received;
}

describe('an upgrade', () => {
  it('to anything else than a WebSocket is left, and the request answered as it came', async () => {
    const head =
      'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA';
    const answer = await raw(`GET /health/live HTTP/1.1\r\n${head}\r\n\r\n`, '{"status":"live"}');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is what /ws asks for when nobody offers one', async () => {
    const answer = await server.call('GET', '/ws');
    expect(answer).toMatchObject({ status: 426, body: { code: 'UPGRADE_REQUIRED' } });
    expect(answer.headers.get('upgrade')).toBe('websocket');
  });
});

describe('what is no request', () => {
  it.each([
    ['other words', 'HELO example.com\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ])('is answered with a problem and the connection closed: %s', async (_, text, status, code) => {
    const [head, body = ''] = (await raw(text)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code });
  });
});

describe('the pages for people', () => {
  it('are where a browser ends up, and work without TLS', async () => {
    const answer = await fetch(`${server.url}/`);
    expect(new URL(answer.url).pathname).toMatch(/^\/docs/);
    expect(await answer.text()).toContain('<title>ihuman</title>');
    expect(answer.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  });
});

describe('a body', () => {
  const post = (path: string, body: string) =>
    server.call('POST', path, { token: server.adminKey, body, headers: { 'content-type': 'application/json' } });

  it('of JSON that is empty is none', async () => {
    const { body } = await server.call('POST', '/api/executions', {
      token: server.adminKey,
      body: { name: 'external' },
    });
    const answer = await server.call('POST', `/api/executions/${body.executionId}/cancel`, {
      token: server.adminKey,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({ status: 202, body: { status: 'cancelling' } });
    expect(await post('/api/executions/batch', ' ')).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED' },
    });
  });

  it.each([
    ['{"executions":[{"skillId":"noop","prams":{}}]}', '/executions/0 has unknown fields: prams'],
    ['{"executions":[{"skillId":7}]}', '/executions/0/skillId must be string'],
    ['{"executions":[],"__proto__":{}}', 'No object of the body may have a field __proto__'],
  ])('that is wrong is told what is wrong with it, and where: %s', async (body, sentence) => {
    expect((await post('/api/executions/batch', body)).body.detail).toContain(sentence);
  });

  it('says which values there are', async () => {
    const answer = await server.call('GET', '/api/executions?status=lost', { token: server.adminKey });
    expect(answer.body.detail).toMatch(/status must be one of queued, running, /);
  });
});

describe('the limit of requests', () => {
  const open = async (): Promise<TestServer> => {
    const limited = await TestServer.start(tempDir(), ['--runner=inline', '--rate-limit=20']);
    onTestFinished(() => limited.stop());
    return limited;
  };
  const statuses = async (calls: number, call: (i: number) => Promise<{ readonly status: number }>) => {
    const seen: number[] = [];
    for (let i = 0; i < calls; i++) seen.push((await call(i)).status);
    return seen;
  };

  it('holds for an address, whatever tokens it makes up', async () => {
    const limited = await open();
    const bad = await statuses(25, (i) => limited.call('GET', '/api/skills', { token: `ihs_${String(i).repeat(40)}` }));
    expect(bad).toEqual([...Array<number>(20).fill(401), ...Array<number>(5).fill(429)]);
    const login = { body: { email: 'a@example.com', password: 'whatever it is' }, token: `ihs_${'z'.repeat(40)}` };
    expect((await limited.call('POST', '/api/auth/login', login)).status).toBe(429);
  });

  it('of one account is its own', async () => {
    const limited = await open();
    const [first, second] = [await limited.newUser(), await limited.newUser()];
    const call = (token: string) => limited.call('GET', '/api/skills', { token });
    await call(second.token);
    expect((await statuses(25, () => call(first.token))).at(-1)).toBe(429);
    expect((await call(second.token)).status).toBe(200);
  });
});
