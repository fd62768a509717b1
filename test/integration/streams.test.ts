import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const origin = 'https://dashboard.example.com';
const flags = ['--runner=inline', `--allowed-origins=${origin}`];
let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await TestServer.start(tempDir(), flags);
  ({ token } = await server.newUser());
});
afterAll(() => server.stop());

/** A stream that is being read: what came so far, and whether it is over. */
interface Reading {
  readonly response: Response;
  text: string;
  ended: boolean;
}

async function follow(url: string, credential: string, headers: Record<string, string> = {}): Promise<Reading> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${credential}`, ...headers } });
  const reading: Reading = { response, text: '', ended: false };
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) reading.text += Buffer.from(chunk).toString();
  };
  read().then(
    () => (reading.ended = true),
    () => (reading.text += '<cut off>'),
  );
  return reading;
}

async function external(credential = token): Promise<string> {
  return (await server.call('POST', '/api/executions', { token: credential, body: { name: 'external' } })).body
    .executionId;
}

const complete = (id: string, credential = token) =>
  server.call('POST', `/api/executions/${id}/complete`, { token: credential, body: { result: 1, durationMs: 1 } });

const streams = [
  ['an execution as server-sent events', (id: string) => `/api/executions/${id}/stream`, {}],
  ['the feed as server-sent events', () => '/api/events', { accept: 'text/event-stream' }],
  ['the feed as NDJSON', () => '/api/events', { accept: 'application/x-ndjson' }],
] as const;

describe.each(streams)('a stream of %s', (_, pathOf, headers) => {
  it('ends when its user signs out, and others go on', async () => {
    const { token: leaving } = await server.newUser();
    const [own, other] = [await external(leaving), await external()];
    const mine = await follow(server.url + pathOf(own), leaving, headers);
    const others = await follow(server.url + pathOf(other), token, headers);
    await until('both have begun', () => mine.text.includes(own) && others.text.includes(other));
    await server.call('POST', '/api/auth/logout', { token: leaving });
    await until('it has ended', () => mine.ended);
    await complete(other);
    await until('the other one goes on', () => /complete/i.test(others.text));
    await others.response.body?.cancel().catch(() => undefined);
  });

  it('carries what a page of an allowed origin needs to read it', async () => {
    const reading = await follow(server.url + pathOf(await external()), token, { ...headers, origin });
    expect(reading.response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(reading.response.headers.get('cache-control')).toBe('no-store');
    expect(reading.response.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('a stream of an execution', () => {
  it('that is resumed behind its end answers 204, so that a browser stops coming back', async () => {
    const id = await external();
    await complete(id);
    const whole = await server.call('GET', `/api/executions/${id}/stream`, { token });
    const last = /id: (\d+)\n(?!.*id: )/s.exec(String(whole.body))?.[1] ?? '';
    const resume = (seq: string) =>
      server.call('GET', `/api/executions/${id}/stream`, { token, headers: { 'last-event-id': seq } });
    expect(await resume(last)).toMatchObject({ status: 204, body: '' });
    expect(await resume(String(Number(last) + 1))).toMatchObject({ status: 400, body: { code: 'CURSOR_INVALID' } });
    expect(String((await resume(String(Number(last) - 1))).body)).toContain(`id: ${last}\n`);
  });
});

describe('a page of an allowed origin', () => {
  it.each(['GET', 'POST', 'DELETE'])('may send %s with its credential', async (method) => {
    const answer = await server.call('OPTIONS', '/api/auth/keys', {
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-methods')?.split(', ')).toContain(method);
  });

  it('may read the headers that say how to go on', async () => {
    const { headers } = await server.call('GET', '/api/events', { token, headers: { origin } });
    expect(headers.get('position-next')).toMatch(/^\d+$/);
    expect(headers.get('access-control-expose-headers')).toContain('position-next');
  });
});

describe('a server that stops', () => {
  it('answers who waits for an end, and ends its streams, instead of cutting them off', async () => {
    const stopping = await TestServer.start(tempDir(), flags);
    const { token: credential } = await stopping.newUser();
    const { body } = await stopping.call('POST', '/api/executions', { token: credential, body: { name: 'external' } });
    const readings = await Promise.all(
      streams.map(([, pathOf, headers]) => follow(stopping.url + pathOf(body.executionId), credential, headers)),
    );
    await until('all have begun', () => readings.every(({ text }) => text.includes(body.executionId)));
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const waiting = stopping.call('POST', '/api/skills/noop/execute', {
      token: credential,
      body: { runAt },
      headers: { prefer: 'wait=50' },
    });
    await until('it waits', async () => {
      const list = await stopping.call('GET', '/api/executions?status=queued', { token: credential });
      return list.body.executions.some((execution: { skillId: string }) => execution.skillId === 'noop');
    });
    await stopping.stop();
    expect(await waiting).toMatchObject({ status: 202, body: { status: 'queued' } });
    await until('all have ended', () => readings.every(({ ended }) => ended));
  });
});
