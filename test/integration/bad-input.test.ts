import { connect } from 'node:net';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { errorTable } from '../../src/kernel/errors.ts';
import { wireErrors } from '../../src/realtime/protocol.ts';
import { badFrames, kindsOfBadFrames } from '../support/bad-frames.ts';
import { badRequests, kindsOfBadRequests, type Known } from '../support/bad-requests.ts';
import { HttpClient, type WireRequest } from '../support/http-client.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const dir = tempDir();
const acknowledged: string[] = [];
let server: TestServer;
let client: HttpClient;
let token: string;
let anybody: string;
let known: Known;
let requests = 0;
let frames = 0;

beforeAll(async () => {
  server = await TestServer.start(dir, ['--runner=inline', '--max-body-bytes=65536']);
  client = new HttpClient(server.url);
  ({ token } = await server.newUser());
  ({ token: anybody } = await server.newUser());
  const { token: stranger } = await server.newUser();
  const open = async (of: string): Promise<string> =>
    (await server.call('POST', '/api/executions', { token: of, body: { name: 'external' } })).body.executionId;
  const key = await server.call('POST', '/api/auth/keys', {
    token: stranger,
    body: { label: 'theirs', scopes: ['skills:read'] },
  });
  known = { own: await open(token), foreign: await open(stranger), foreignKey: key.body.keyId };
});
afterAll(() => {
  client.close();
  return server.stop();
});

/** Adds a line to an execution, which has to be there ever after. */
async function acknowledge(): Promise<void> {
  const message = `line ${acknowledged.length}`;
  acknowledged.push(message);
  const answer = await server.call('POST', `/api/executions/${known.own}/logs`, {
    token,
    body: { level: 'info', message },
  });
  expect(answer.status).toBe(200);
}

/** Sends a request and expects a problem with a code of the table and that code's status. */
async function refused(sent: WireRequest): Promise<void> {
  requests++;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...sent.headers };
  const { status, text } = await client.send({ ...sent, headers });
  const what = `${sent.method} ${sent.path} ${sent.body?.slice(0, 300) ?? ''} → ${text}`;
  expect(status, what).toBeGreaterThanOrEqual(400);
  expect(status, what).toBeLessThan(500);
  const { code } = JSON.parse(text) as { code: keyof typeof errorTable };
  expect(errorTable[code]?.http, what).toBe(status);
}

/** The head of the log once everything that was asked for before has ended. */
const settledHead = (): Promise<string> =>
  until('nothing runs any more', async () => {
    const { head, executions } = (await server.call('GET', '/api/system/status', { token: anybody })).body;
    const { queued = 0, running = 0, retrying = 0, cancelling = 0 } = executions.byStatus;
    return queued + running + retrying + cancelling === 0 ? (head as string) : null;
  });

const head = async (): Promise<string> => (await server.call('GET', '/api/system/status', { token })).body.head;

const allowedErrors = Object.entries(wireErrors)
  .filter(([name]) => name !== 'internal' && name !== 'rate-limited')
  .map(([name, { code }]) => `${name} ${code}`);

/** Every route that takes a body. */
const paths: readonly (readonly [string, string])[] = [
  ['POST', '/api/auth/register'],
  ['POST', '/api/auth/login'],
  ['PUT', '/api/auth/password'],
  ['POST', '/api/auth/keys'],
  ['POST', '/api/skills/countdown/execute'],
  ['POST', '/api/executions'],
  ['POST', '/api/executions/batch'],
  ['POST', '/api/executions/exec_none/cancel'],
  ['POST', '/api/executions/exec_none/progress'],
  ['POST', '/api/executions/exec_none/logs'],
  ['POST', '/api/executions/exec_none/complete'],
  ['POST', '/api/executions/exec_none/error'],
  ['POST', '/api/executions/exec_none/cancelled'],
];

const anyJson = fc.oneof(
  fc.json({ maxDepth: 6 }),
  fc.string(),
  fc.constantFrom(
    '',
    'null',
    '[]',
    '{',
    '{"params":{"__proto__":{"a":1}}}',
    '{"constructor":{"prototype":{}}}',
    '{"params":{"from":1e999}}',
    '{"params":{"from":99999999999999999999}}',
    '{"params":1,"params":2}',
    `{"params":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    '\u0000',
    '"\ud800"',
    '{"executions":[{}]}',
    '{"unknown":1}',
    '{"runAt":"yesterday"}',
    '{"priority":1.5}',
    '{"retry":{"maxAttempts":0}}',
  ),
);

describe('bad requests', () => {
  it.each(kindsOfBadRequests)('with %s are refused with a 4xx and a code of the table', async (kind) => {
    const batch = fc.array(badRequests(kind, known), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(batch, async (all) => {
        await Promise.all([...all.map(refused), acknowledge()]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('bad frames', () => {
  it.each(kindsOfBadFrames)('with %s are each answered with an error of the protocol', async (kind) => {
    const batch = fc.array(badFrames(kind, known), { minLength: 190, maxLength: 190 });
    await fc.assert(
      fc.asyncProperty(batch, async (all) => {
        frames += all.length;
        const socket = await TestSocket.open(`${server.url}/ws?token=${token}`);
        await acknowledge();
        for (const frame of all) socket.socket.send(frame);
        await until('each is answered', () => socket.messages.length >= all.length || socket.closeCode !== null);
        const codes = new Set(socket.of('error').map(({ name, code }) => `${String(name)} ${String(code)}`));
        expect(socket.messages.map(({ type }) => type)).toEqual(all.map(() => 'error'));
        expect(allowedErrors).toEqual(expect.arrayContaining([...codes]));
        socket.close();
      }),
      { numRuns: 6 },
    );
  });
});

describe('requests of any content', () => {
  it('are answered with a 4xx and a code, or mean something; never with a 5xx', async () => {
    const batch = fc.array(fc.tuple(fc.constantFrom(...paths), anyJson), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(batch, async (all) => {
        requests += all.length;
        const headers = { authorization: `Bearer ${anybody}`, 'content-type': 'application/json' };
        await Promise.all(
          all.map(async ([[method, path], body]) => {
            const { status, text } = await client.send({ method, path, headers, body });
            expect(status, `${method} ${path} ${body.slice(0, 200)}`).toBeLessThan(500);
            if (status >= 400) expect(errorTable).toHaveProperty((JSON.parse(text) as { code: string }).code);
          }),
        );
      }),
      { numRuns: 40 },
    );
    expect(server.serverLog.filter((line) => line.includes('request.failed'))).toEqual([]);
  });

  it('in addresses are answered with a 4xx, and no path leads out', async () => {
    const part = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        '..',
        '../../etc/passwd',
        '%2e%2e%2f',
        '%00',
        'exec_',
        '__proto__',
        'x'.repeat(300),
        '🙂',
        '..%5c..%5c',
      ),
    );
    const before = await settledHead();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          '/api/skills/:x',
          '/api/executions/:x',
          '/api/executions/:x/events',
          '/api/executions/:x/artifacts/:x',
          '/api/executions?limit=:x',
          '/api/executions?cursor=:x',
          '/api/executions?status=:x',
          '/api/events?after=:x',
          '/api/executions?offset=:x&nope=1',
        ),
        part,
        async (path, value) => {
          requests++;
          const raw = encodeURI(value).replace(/[?#]/g, '');
          const answer = await server.call('GET', path.replaceAll(':x', raw), { token: anybody });
          expect(answer.status, path.replaceAll(':x', raw)).toBeLessThan(500);
        },
      ),
      { numRuns: 1500 },
    );
    expect(await head()).toBe(before);
  });

  it('that are too large, of the wrong type or cut short are refused and change nothing', async () => {
    const before = await settledHead();
    const big = await server.call('POST', '/api/skills/csv-profile/execute', {
      token,
      body: { params: { csv: 'x'.repeat(1_200_000) } },
    });
    expect(big).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
    const type = await server.call('POST', '/api/skills/noop/execute', {
      token,
      body: 'params=1',
      headers: { 'content-type': 'text/plain' },
    });
    expect(type).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } });
    const unknown = await server.call('POST', '/api/skills/noop/execute', { token, body: { parms: {} } });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    const key = await server.call('POST', '/api/skills/noop/execute', {
      token,
      headers: { 'idempotency-key': 'with space' },
    });
    expect(key).toMatchObject({ status: 400 });
    expect(await head()).toBe(before);
  });

  it('that are no HTTP at all do not hurt the server', async () => {
    const { port, hostname } = new URL(server.url);
    const garbage = [
      '\0\0\0\0',
      'GET',
      'GET / HTTP/9.9\r\n\r\n',
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n',
      'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET //// HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    ];
    await Promise.all(
      garbage.map(async (text) => {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => undefined);
        socket.resume();
        socket.write(text);
        setTimeout(() => socket.end(), 50);
        await new Promise((resolve) => socket.once('close', resolve));
      }),
    );
    expect((await server.call('GET', '/health/ready')).status).toBe(200);
  });
});

describe('after all of it', () => {
  it('ten thousand requests and as many frames were sent, and none failed inside the server', () => {
    expect(requests).toBeGreaterThanOrEqual(10_000);
    expect(frames).toBeGreaterThanOrEqual(10_000);
    expect(server.serverLog.filter((line) => line.includes('request.failed'))).toEqual([]);
  });

  it('the server is alive and runs skills', async () => {
    expect((await server.call('GET', '/health/ready')).status).toBe(200);
    expect((await server.run(token, 'noop')).body).toMatchObject({ status: 'completed' });
  });

  it('every line that was acknowledged on the way is in the log once, and the bad requests left nothing beside them', async () => {
    const events: { data: { message?: string } }[] = [];
    for (let fromRevision: number | null = 0; fromRevision !== null;) {
      const path = `/api/executions/${known.own}/events?limit=500&fromRevision=${fromRevision}`;
      const { body } = await server.call('GET', path, { token });
      events.push(...body.events);
      fromRevision = body.nextRevision;
    }
    const [requested, started, ...lines] = events as unknown as { type: string; data: { message: string } }[];
    expect([requested?.type, started?.type]).toEqual(['ExecutionRequested', 'ExecutionStarted']);
    expect(lines.map(({ data }) => data.message)).toEqual(acknowledged);
  });
});

describe('too many requests', () => {
  it('are refused with 429 and the time to wait', async () => {
    const limited = await TestServer.start(`${dir}/limited`, ['--rate-limit=5']);
    // The first request of a credential counts for its address: nobody vouches for it yet.
    await limited.call('GET', '/api/auth/me', { token: limited.adminKey });
    const answers = [];
    for (let i = 0; i < 8; i++) answers.push(await limited.call('GET', '/api/auth/me', { token: limited.adminKey }));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    expect(answers[7]).toMatchObject({ body: { code: 'RATE_LIMITED' } });
    expect(Number(answers[7]!.headers.get('retry-after'))).toBeGreaterThan(0);
    await limited.stop();
  });

  it('to run skills are refused when the queue is full', async () => {
    const full = await TestServer.start(`${dir}/full`, ['--max-queued=3', '--runner=inline', '--runner-slots=1']);
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const answers = [];
    for (let i = 0; i < 5; i++)
      answers.push(await full.call('POST', '/api/skills/noop/execute', { token: full.adminKey, body: { runAt } }));
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202, 429, 429]);
    expect(answers[4]).toMatchObject({ body: { code: 'QUEUE_FULL' } });
    await full.stop();
  });
});

describe('other origins', () => {
  it('get no CORS headers unless they are allowed', async () => {
    const answer = await server.call('GET', '/health/live', { headers: { origin: 'https://elsewhere.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const open = await TestServer.start(`${dir}/cors`, ['--allowed-origins=https://app.example']);
    const allowed = await open.call('GET', '/health/live', { headers: { origin: 'https://app.example' } });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    await open.stop();
  });
});
