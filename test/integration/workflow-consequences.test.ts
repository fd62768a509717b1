import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { RecordedEvent } from '../../src/event-log/event-log.ts';
import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const flags = ['--runner=inline', `--skills=${join(root, 'test/fixtures/skills')},${join(root, 'skills')}`];
let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await TestServer.start(tempDir(), flags);
  ({ token } = await server.newUser());
});
afterAll(() => server.stop());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  server.call(method, path, { token, ...(body !== undefined && { body }), headers });

/** Defines a workflow of three steps in a row. */
async function defineRow(name: string): Promise<void> {
  const step = (needs: string[]) => ({ skill: 'step', params: { text: 'x' }, needs });
  const steps = { first: step([]), second: step(['first']), third: step(['second']) };
  expect((await call('POST', '/api/workflows', { name, steps })).status).toBe(201);
}

/** What the log has of runs and their steps from a position on, by what it says and of which step. */
async function heard(after: number): Promise<{ readonly said: string; readonly position: number }[]> {
  const { events } = await server.platform.services.log.readAll({ after });
  const stepOf = new Map<string, string>();
  return events.map((event: RecordedEvent) => {
    if (event.type === 'ExecutionRequested') stepOf.set(event.stream, event.data.causeId?.split('/')[1] ?? 'run');
    return { said: `${event.type} ${stepOf.get(event.stream) ?? ''}`, position: event.position };
  });
}

it('what follows from the end of a step stands right behind it, and so do the first steps behind the request', async () => {
  await defineRow('row');
  await call('POST', '/api/workflows/row/run', {}, { prefer: 'wait=50' });
  const before = server.platform.services.log.head();
  await call('POST', '/api/workflows/row/run', {}, { prefer: 'wait=50' });
  const events = await heard(before);
  const at = new Map(events.map(({ said, position }) => [said, position]));
  const pairs = [
    ['ExecutionStarted run', 'ExecutionStarted first'],
    ['ExecutionCompleted first', 'ExecutionStarted second'],
    ['ExecutionCompleted second', 'ExecutionStarted third'],
    ['ExecutionCompleted third', 'ExecutionCompleted run'],
  ] as const;
  for (const [fact, next] of pairs) expect([next, at.get(next)]).toEqual([next, (at.get(fact) ?? NaN) + 1]);
  for (const step of ['first', 'second', 'third'])
    expect(at.get(`ExecutionRequested ${step}`)).toBe(at.get(`ExecutionStarted ${step}`));
});

it('whatever is cancelled at whatever moment, every run and step ends, and every place is free again', async () => {
  await defineRow('cut');
  const cancel = (id: string): Promise<Answer> => call('POST', `/api/executions/${id}/cancel`, {});
  const runs = await Promise.all(
    Array.from({ length: 120 }, async (_, i) => {
      const id = (await call('POST', '/api/workflows/cut/run', {})).body.executionId as string;
      for (let turn = i % 7; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
      const steps = (await call('GET', `/api/executions/${id}/steps`)).body.steps as { executions: { id: string }[] }[];
      const open = steps.flatMap(({ executions }) => executions).at(-1);
      await cancel(i % 2 === 0 || open === undefined ? id : open.id);
      return id;
    }),
  );
  for (const id of runs) {
    const run = await until(`the end of ${id}`, async () => {
      const { body } = await call('GET', `/api/executions/${id}`);
      return body.endedAt === null ? null : body;
    });
    expect(['completed', 'failed', 'cancelled']).toContain(run.status);
  }
  await until('no step is left', async () => {
    const open = await Promise.all(
      ['queued', 'running', 'cancelling'].map((status) => call('GET', `/api/executions?status=${status}`)),
    );
    return open.every(({ body }) => body.total === 0);
  });
  await until('all places are free', () => {
    const { running, waiting } = server.platform.services.runner();
    return running === 0 && waiting === 0;
  });
  const again = await call('POST', '/api/workflows/cut/run', {}, { prefer: 'wait=50' });
  expect(again.body.status).toBe('completed');
});

it('a run that is asked for twice under one key at once is one run, whose steps run once', async () => {
  await defineRow('twice');
  for (let i = 0; i < 20; i++) {
    const headers = { 'idempotency-key': `key-${String(i)}`, prefer: 'wait=50' };
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => call('POST', '/api/workflows/twice/run', {}, headers)),
    );
    expect(new Set(answers.map(({ body }) => body.executionId as string)).size).toBe(1);
    const id = answers[0]?.body.executionId as string;
    await until('its end', async () => (await call('GET', `/api/executions/${id}`)).body.endedAt !== null);
    const { body } = await call('GET', `/api/executions/${id}`);
    expect(body.status).toBe('completed');
    const children = (await call('GET', `/api/executions/${id}/steps`)).body.steps as { executions: object[] }[];
    expect(children.map(({ executions }) => executions.length)).toEqual([1, 1, 1]);
  }
});
