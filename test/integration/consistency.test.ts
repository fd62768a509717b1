import { afterAll, beforeAll, expect, it } from 'vitest';

import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start(dir, ['--runner=inline']);
});
afterAll(() => server.stop());

it('INV-6: what was acknowledged is in the very next answer, whoever else is writing', async () => {
  const { token } = await server.newUser();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 25; i++) {
        const { body } = await server.call('POST', '/api/skills/noop/execute', { token });
        const shown = await server.call('GET', `/api/executions/${body.executionId}`, { token });
        expect(shown.status).toBe(200);
      }
    }),
  );
  expect((await server.call('GET', '/api/executions?limit=1', { token })).body.total).toBe(200);
});

it('the feed gives every event once and in order, in pages, long polls, NDJSON and server-sent events alike', async () => {
  const { token } = await server.newUser();
  for (let i = 0; i < 5; i++) await server.run(token, 'noop');
  const read = async (limit: number): Promise<string[]> => {
    const ids: string[] = [];
    let after = '';
    for (;;) {
      const page = await server.call('GET', `/api/events?limit=${limit}${after}`, { token });
      ids.push(...page.body.map((event: { id: string }) => event.id));
      after = `&after=${page.headers.get('position-next') ?? ''}`;
      if (page.body.length === 0) return ids;
    }
  };
  const whole = await read(500);
  expect(whole.length).toBe(1 + 15);
  expect(new Set(whole).size).toBe(whole.length);
  expect(await read(1)).toEqual(whole);
  expect(await read(4)).toEqual(whole);

  const follow = async (accept: string, line: RegExp): Promise<string[]> => {
    const stop = new AbortController();
    const response = await fetch(`${server.url}/api/events`, {
      headers: { authorization: `Bearer ${token}`, accept },
      signal: stop.signal,
    });
    const ids: string[] = [];
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      ids.splice(0, Infinity, ...[...text.matchAll(line)].map(([, id = '']) => id));
      if (ids.length >= whole.length) break;
    }
    stop.abort();
    return ids;
  };
  expect(await follow('application/x-ndjson', /^\{"specversion":"1.0","id":"([^"]+)".*\}$/gm)).toEqual(whole);
  expect(await follow('text/event-stream', /^data: \{"specversion":"1.0","id":"([^"]+)".*\}$/gm)).toEqual(whole);

  const head = (await server.call('GET', '/api/system/status', { token })).body.head;
  const poll = server.call('GET', `/api/events?after=${head}&waitMs=20000`, { token });
  await server.run(token, 'noop');
  expect((await poll).body[0].type).toBe('ihuman.ExecutionRequested.v1');
  expect(await server.call('GET', '/api/events?after=9999999999999999', { token })).toMatchObject({
    status: 400,
    body: { code: 'CURSOR_INVALID' },
  });
});
