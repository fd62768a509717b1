import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { executionStatuses } from '../../projections/executions/projection.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await TestServer.start(dir);
  ({ token } = await server.newUser());
});
afterAll(() => server.stop());

describe('running a skill over HTTP', () => {
  it('answers 202 with an id at once, and the execution completes with its result and artifacts', async () => {
    const accepted = await server.call('POST', '/api/skills/react-setup/execute', {
      token,
      body: { params: { projectName: 'my-app', typescript: true } },
    });
    expect(accepted.status).toBe(202);
    const path = `/api/executions/${accepted.body.executionId}`;
    const done = await until('the execution ends', async () => {
      const { body } = await server.call('GET', path, { token });
      return body.endedAt === null ? null : body;
    });
    expect(done).toMatchObject({
      status: 'completed',
      skillId: 'react-setup',
      progress: 100,
      attempt: 1,
      error: null,
      mode: 'process',
    });
    expect(done.skillDigest).toMatch(/^[0-9a-f]{64}$/);
    expect(done.artifacts.map((a: { path: string }) => a.path)).toContain('my-app/src/App.tsx');
    const manifest = done.artifacts.find((a: { path: string }) => a.path === 'my-app/package.json');
    const download = await server.call('GET', manifest.url, { token });
    expect(download.body).toMatchObject({ name: 'my-app', type: 'module' });
    expect(download.headers.get('content-disposition')).toContain('attachment');
  });

  it('waits for the end when asked to with Prefer: wait', async () => {
    const { status, body } = await server.run(token, 'countdown', { params: { from: 2, intervalMs: 10 } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'completed', result: { counted: 2 }, error: null });
  });

  it('takes the spelling of the Python example too', async () => {
    const { body } = await server.run(token, 'react-setup', { params: { project_name: 'snake', typescript: false } });
    expect(body).toMatchObject({ status: 'completed', result: { projectName: 'snake', typescript: false } });
  });

  it('profiles a real data set', async () => {
    const csv = readFileSync(
      join(import.meta.dirname, '../../node_modules/vega-datasets/data/seattle-weather.csv'),
      'utf8',
    );
    const { body } = await server.run(token, 'csv-profile', { params: { csv } });
    expect(body.result).toMatchObject({ rows: 1461, raggedRows: 0 });
    const types = Object.fromEntries(body.result.columns.map((c: { name: string; type: string }) => [c.name, c.type]));
    expect(types).toEqual({
      date: 'date',
      precipitation: 'number',
      temp_max: 'number',
      temp_min: 'number',
      wind: 'number',
      weather: 'text',
    });
  });

  it('names everything that is wrong with the parameters, and nothing happens', async () => {
    const before = (await server.call('GET', '/api/executions', { token })).body.total;
    const { status, body } = await server.call('POST', '/api/skills/countdown/execute', {
      token,
      body: { params: { from: 'x', zz: 1 } },
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'PARAMS_INVALID' });
    expect(body.problems.map((p: { path: string }) => p.path).sort()).toEqual(['/params/from', '/params/zz']);
    expect((await server.call('GET', '/api/executions', { token })).body.total).toBe(before);
  });

  it('the same Idempotency-Key gives the same execution; for another order it is refused', async () => {
    const call = (params: object) =>
      server.call('POST', '/api/skills/countdown/execute', {
        token,
        body: { params },
        headers: { 'idempotency-key': 'key-1' },
      });
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => call({ from: 1, intervalMs: 1 })));
    for (const other of others) expect(other.body.executionId).toBe(first!.body.executionId);
    const different = await call({ from: 2, intervalMs: 1 });
    expect(different).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const events = await server.call('GET', `/api/executions/${first!.body.executionId}/events`, { token });
    expect(events.body.events.filter((e: { type: string }) => e.type === 'ExecutionRequested')).toHaveLength(1);
  });

  it('cancels a waiting execution at once', async () => {
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const { body } = await server.call('POST', '/api/skills/countdown/execute', { token, body: { runAt } });
    const cancelled = await server.call('POST', `/api/executions/${body.executionId}/cancel`, {
      token,
      body: { reason: 'not needed' },
    });
    expect(cancelled).toMatchObject({
      status: 200,
      body: { status: 'cancelled', error: { message: 'not needed' }, attempt: 0 },
    });
    const again = await server.call('POST', `/api/executions/${body.executionId}/cancel`, { token });
    expect(again).toMatchObject({ status: 409, body: { code: 'EXECUTION_FINISHED' } });
  });

  it('cancels a running execution, which is told to stop', async () => {
    const { body } = await server.call('POST', '/api/skills/countdown/execute', {
      token,
      body: { params: { from: 3000, intervalMs: 50 } },
    });
    const path = `/api/executions/${body.executionId}`;
    await until('it runs', async () => (await server.call('GET', path, { token })).body.status === 'running');
    const asked = await server.call('POST', `${path}/cancel`, { token });
    expect([200, 202]).toContain(asked.status);
    await until('it is cancelled', async () => (await server.call('GET', path, { token })).body.status === 'cancelled');
    const types = (await server.call('GET', `${path}/events?limit=500`, { token })).body.events.map(
      (e: { type: string }) => e.type,
    );
    expect(types).toContain('ExecutionCancellationRequested');
    expect(types.at(-1)).toBe('ExecutionCancelled');
  });

  it('does not start what waited longer than its queue time to live', async () => {
    const blockers = await Promise.all(
      [1, 2, 3, 4].map(() =>
        server.call('POST', '/api/skills/countdown/execute', {
          token,
          body: { params: { from: 3000, intervalMs: 50 }, priority: 10 },
        }),
      ),
    );
    const { body } = await server.call('POST', '/api/skills/countdown/execute', { token, body: { queueTtlMs: 50 } });
    await until(
      'it expires',
      async () =>
        (await server.call('GET', `/api/executions/${body.executionId}`, { token })).body.status === 'expired',
    );
    for (const blocker of blockers)
      await server.call('POST', `/api/executions/${blocker.body.executionId}/cancel`, { token });
  });

  it('shows an execution as it was at any of its revisions', async () => {
    const { body } = await server.run(token, 'countdown', { params: { from: 1, intervalMs: 1 } });
    const path = `/api/executions/${body.executionId}`;
    const { body: now } = await server.call('GET', path, { token });
    const past = await Promise.all(
      [0, 1].map((revision) => server.call('GET', `${path}?revision=${revision}`, { token })),
    );
    expect(past.map((answer) => answer.body.status)).toEqual(['queued', 'running']);
    const latest = await server.call('GET', `${path}?revision=${now.revision}`, { token });
    expect(latest.body).toEqual(now);
  });

  it('runs a batch and answers each item by itself', async () => {
    const executions = [
      { skillId: 'noop' },
      { skillId: 'nope' },
      { skillId: 'countdown', params: { from: -1 } },
      { skillId: 'noop' },
    ];
    const { status, body } = await server.call('POST', '/api/executions/batch', { token, body: { executions } });
    expect(status).toBe(202);
    expect(body.accepted).toBe(2);
    expect(body.executions.map((item: { problem?: { code: string } }) => item.problem?.code ?? 'ok')).toEqual([
      'ok',
      'SKILL_NOT_FOUND',
      'PARAMS_INVALID',
      'ok',
    ]);
  });

  it('repeats an execution with its parameters, and says what it repeats', async () => {
    const { body } = await server.run(token, 'countdown', { params: { from: 1, intervalMs: 1 } });
    const again = await server.call('POST', `/api/executions/${body.executionId}/retry`, { token });
    const repeated = await server.call('GET', `/api/executions/${again.body.executionId}`, { token });
    expect(repeated.body).toMatchObject({
      params: { from: 1, intervalMs: 1 },
      cause: { kind: 'retry', id: body.executionId },
    });
  });

  it('does not run a skill in the place of another program, whatever that one called its execution', async () => {
    const opened = await server.call('POST', '/api/executions', { token, body: { name: 'noop' } });
    const again = await server.call('POST', `/api/executions/${opened.body.executionId}/retry`, { token });
    expect(again).toMatchObject({ status: 409, body: { code: 'MOVE_NOT_ALLOWED' } });
  });

  it('lists executions by status and skill, newest first, by offset and by cursor', async () => {
    const { token: other } = await server.newUser();
    for (let i = 0; i < 5; i++) await server.run(other, 'noop');
    await server.run(other, 'countdown', { params: { from: 0 } });
    const all = (await server.call('GET', '/api/executions', { token: other })).body;
    expect(all.total).toBe(6);
    expect(all.executions[0].skillId).toBe('countdown');
    const ids = all.executions.map((e: { executionId: string }) => e.executionId);
    const second = (await server.call('GET', '/api/executions?limit=2&offset=2', { token: other })).body;
    expect(second.executions.map((e: { executionId: string }) => e.executionId)).toEqual(ids.slice(2, 4));
    let cursor = '';
    const walked: string[] = [];
    do {
      const { body } = await server.call('GET', `/api/executions?limit=4${cursor}`, { token: other });
      walked.push(...body.executions.map((e: { executionId: string }) => e.executionId));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(walked).toEqual(ids);
    const noops = (await server.call('GET', '/api/executions?skillId=noop&status=completed', { token: other })).body;
    expect(noops.total).toBe(5);
  });

  it('follows an execution as server-sent events and ends with it', async () => {
    const { body } = await server.run(token, 'countdown', { params: { from: 2, intervalMs: 1 } });
    const response = await fetch(`${server.url}/api/executions/${body.executionId}/stream`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await response.text();
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(ids.map((_, i) => i + 1));
    expect(text).toContain('event: execution-complete');
    const rest = await fetch(`${server.url}/api/executions/${body.executionId}/stream`, {
      headers: { authorization: `Bearer ${token}`, 'last-event-id': String(ids.length - 1) },
    });
    expect([...(await rest.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual([ids.length]);
  });
});

describe('a history that is asked for by a status that is none', () => {
  it('is refused with every status that there is', async () => {
    const { status, body } = await server.call('GET', '/api/executions?status=bogus', { token });
    expect([status, body.detail]).toEqual([400, `/status must be one of ${executionStatuses.join(', ')}`]);
  });
});

describe('skills', () => {
  it('are listed, filtered, searched and read', async () => {
    const list = (await server.call('GET', '/api/skills', { token })).body;
    expect(list.skills.map((s: { id: string }) => s.id)).toEqual(['countdown', 'csv-profile', 'noop', 'react-setup']);
    expect(
      (await server.call('GET', '/api/skills?category=frontend&difficulty=intermediate', { token })).body.total,
    ).toBe(1);
    expect((await server.call('GET', '/api/skills/search?q=react', { token })).body.skills[0].id).toBe('react-setup');
    expect((await server.call('GET', '/api/skills/csv-profile', { token })).body.parameters.csv.required).toBe(true);
    expect(await server.call('GET', '/api/skills/..%2f..%2fetc', { token })).toMatchObject({
      status: 404,
      body: { code: 'SKILL_NOT_FOUND' },
    });
  });
});

describe('executions that another program runs', () => {
  it('are recorded, shown and ended by its reports', async () => {
    const opened = await server.call('POST', '/api/executions', {
      token,
      body: { name: 'nightly-import', params: { rows: 5 } },
    });
    expect(opened.status).toBe(201);
    const path = `/api/executions/${opened.body.executionId}`;
    await server.call('POST', `${path}/progress`, { token, body: { progress: 50, status: 'halfway' } });
    await server.call('POST', `${path}/logs`, { token, body: { level: 'info', message: 'hello' } });
    expect((await server.call('GET', path, { token })).body).toMatchObject({
      status: 'running',
      progress: 50,
      progressStatus: 'halfway',
      mode: 'external',
    });
    await server.call('POST', `${path}/complete`, { token, body: { result: { ok: true }, durationMs: 12 } });
    expect((await server.call('GET', path, { token })).body).toMatchObject({
      status: 'completed',
      result: { ok: true },
      durationMs: 12,
    });
    expect((await server.call('POST', `${path}/progress`, { token, body: { progress: 60 } })).body.code).toBe(
      'EXECUTION_FINISHED',
    );
  });

  it('cannot be faked for executions that ihuman runs', async () => {
    const { body } = await server.call('POST', '/api/skills/countdown/execute', {
      token,
      body: { params: { from: 50 } },
    });
    const answer = await server.call('POST', `/api/executions/${body.executionId}/complete`, {
      token,
      body: { result: 1, durationMs: 1 },
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'MOVE_NOT_ALLOWED' } });
    await server.call('POST', `/api/executions/${body.executionId}/cancel`, { token });
  });

  it('take the calls of the embeddable object, whose first report opens them', async () => {
    const manager = server.platform.webSocketManager;
    void manager.broadcastProgressUpdate('exec_123', 50, 'in-progress');
    void manager.broadcastLog('exec_123', 'info', 'Step 1 completed');
    await manager.broadcastExecutionComplete('exec_123', { done: true }, 5000);
    const { body } = await server.call('GET', '/api/executions/exec_123', { token: server.adminKey });
    expect(body).toMatchObject({ status: 'completed', result: { done: true }, durationMs: 5000 });
    await manager.broadcastExecutionError('exec_124', 'Connection timeout', 2000);
    expect((await server.call('GET', '/api/executions/exec_124', { token: server.adminKey })).body).toMatchObject({
      status: 'failed',
      error: { message: 'Connection timeout' },
    });
    expect(manager.getStats()).toMatchObject({
      totalConnections: 0,
      totalUsers: 0,
      totalExecutions: 0,
      connections: [],
    });
  });
});
