import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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
