import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

let server: TestServer;
let token: string;
let userId: string;
let opened = 0;

beforeAll(async () => {
  server = await TestServer.start(tempDir());
  ({ token, userId } = await server.newUser());
});
afterAll(() => server.stop());

function post(path: string, body: object, key?: string): Promise<Answer> {
  return server.call('POST', path, { token, body, headers: key === undefined ? {} : { 'idempotency-key': key } });
}

async function open(): Promise<string> {
  const { body } = await post('/api/executions', { name: `import-${String(++opened)}` });
  return `/api/executions/${String(body.executionId)}`;
}

async function typesOf(path: string): Promise<string[]> {
  const { body } = await server.call('GET', `${path}/events?limit=500`, { token });
  return body.events.map(({ type }: { type: string }) => type.replace('Execution', ''));
}

const reused = { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } };

describe('opening under an Idempotency-Key', () => {
  it('makes one execution, however often and in whatever key order it is asked for', async () => {
    const bodies = [
      { name: 'a', params: { rows: 1, of: { x: 1, y: 2 } } },
      { params: { of: { y: 2, x: 1 }, rows: 1 }, name: 'a' },
    ];
    const answers = await Promise.all([...bodies, ...bodies].map((body) => post('/api/executions', body, 'open-1')));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await typesOf(`/api/executions/${String(answers[0]!.body.executionId)}`)).toEqual(['Requested', 'Started']);
  });

  it('is refused for another name, other parameters, or what a skill was asked under that key', async () => {
    await post('/api/executions', { name: 'a', params: { rows: 1 } }, 'open-2');
    expect(await post('/api/executions', { name: 'b', params: { rows: 1 } }, 'open-2')).toMatchObject(reused);
    expect(await post('/api/executions', { name: 'a', params: { rows: 2 } }, 'open-2')).toMatchObject(reused);
    await post('/api/skills/noop/execute', {}, 'open-3');
    expect(await post('/api/executions', { name: 'noop' }, 'open-3')).toMatchObject(reused);
  });
});

describe('a report under an Idempotency-Key', () => {
  it.each([
    ['/progress', { progress: 50, status: 'halfway' }, { progress: 10 }],
    ['/logs', { level: 'info', message: 'hello' }, { level: 'info', message: 'bye' }],
    ['/complete', { result: { a: 1, b: 2 }, durationMs: 5 }, { result: { a: 2 }, durationMs: 5 }],
    ['/error', { error: 'broken', durationMs: 5 }, { error: 'fine', durationMs: 5 }],
    ['/cancelled', { reason: 'enough', durationMs: 5 }, { durationMs: 5 }],
  ])('to %s is recorded once, and another one under that key is refused', async (kind, body, other) => {
    const path = await open();
    const first = await post(path + kind, body, 'k');
    expect(first.status).toBe(200);
    const before = await typesOf(path);
    const repeated = await Promise.all([1, 2, 3].map(() => post(path + kind, body, 'k')));
    for (const answer of repeated) expect(answer).toMatchObject({ status: 200, body: first.body });
    expect(await post(path + kind, other, 'k')).toMatchObject(reused);
    expect(await typesOf(path)).toEqual(before);
  });

  it('is recorded once also when it is sent many times at once, while others report', async () => {
    const path = await open();
    const line = (message: string, key?: string) => post(`${path}/logs`, { level: 'info', message }, key);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? line('keyed', 'once') : line(`other ${String(i)}`))),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const { body } = await server.call('GET', `${path}/events?limit=500`, { token });
    const messages = body.events.map(({ data }: { data: { message?: string } }) => data.message);
    expect(messages.filter((message: string) => message === 'keyed')).toHaveLength(1);
    expect(messages.filter((message?: string) => message?.startsWith('other'))).toHaveLength(20);
  });

  it('is recorded for each execution by itself, and another kind of report under that key is refused', async () => {
    const [one, two] = [await open(), await open()];
    for (const path of [one, two]) {
      expect((await post(`${path}/progress`, { progress: 5 }, 'shared')).status).toBe(200);
      expect(await typesOf(path)).toEqual(['Requested', 'Started', 'Progressed']);
    }
    expect(await post(`${one}/complete`, { durationMs: 1 }, 'shared')).toMatchObject(reused);
  });

  it('is found again after a restart', async () => {
    const dir = tempDir();
    const first = await TestServer.start(dir);
    const { token: other } = await first.newUser();
    const call = (on: TestServer, path: string, body: object) =>
      on.call('POST', path, { token: other, body, headers: { 'idempotency-key': 'k' } });
    const { body } = await call(first, '/api/executions', { name: 'a' });
    const path = `/api/executions/${String(body.executionId)}/complete`;
    const answer = await call(first, path, { durationMs: 1 });
    await first.stop();
    const second = await TestServer.start(dir);
    expect((await call(second, '/api/executions', { name: 'a' })).body).toEqual(body);
    expect(await call(second, path, { durationMs: 1 })).toMatchObject({ status: 200, body: answer.body });
    await second.stop();
  });
});

describe('a program that is asked to stop', () => {
  it('learns it from the answers to its reports, and says when it has stopped', async () => {
    const path = await open();
    const before = await post(`${path}/progress`, { progress: 1 });
    expect(before.body.cancellationRequested).toBe(false);
    expect((await post(`${path}/cancel`, { reason: 'too slow' })).status).toBe(202);
    expect((await post(`${path}/logs`, { level: 'info', message: 'x' })).body.cancellationRequested).toBe(true);
    const stopped = await post(`${path}/cancelled`, { durationMs: 12, reason: 'too slow' });
    expect(stopped).toMatchObject({ status: 200, body: { cancellationRequested: false } });
    expect((await server.call('GET', path, { token })).body).toMatchObject({
      status: 'cancelled',
      durationMs: 12,
      error: { code: 'CANCELLED', message: 'too slow' },
    });
    expect(await post(`${path}/cancelled`, { durationMs: 12 })).toMatchObject({
      status: 409,
      body: { code: 'EXECUTION_FINISHED' },
    });
  });

  it('may stop by itself, but not what ihuman runs', async () => {
    const path = await open();
    expect((await post(`${path}/cancelled`, { durationMs: 0 })).status).toBe(200);
    const { body } = await post('/api/skills/countdown/execute', { params: { from: 50 } });
    const run = `/api/executions/${String(body.executionId)}`;
    expect(await post(`${run}/cancelled`, { durationMs: 0 })).toMatchObject({ body: { code: 'MOVE_NOT_ALLOWED' } });
    await post(`${run}/cancel`, {});
  });
});

describe('the embeddable object', () => {
  const refusal = { code: 'VALIDATION_FAILED' };
  const show = async (id: string) =>
    (await server.call('GET', `/api/executions/${id}`, { token: server.adminKey })).body;

  it('opens executions for a user, under a name, with parameters, and only once for an id', async () => {
    const manager = server.platform.webSocketManager;
    const wanted = { owner: userId, name: 'nightly', params: { rows: 5, skipped: undefined } };
    const id = await manager.openExecution(wanted);
    expect((await server.call('GET', `/api/executions/${id}`, { token })).body).toMatchObject({
      status: 'running',
      userId,
      skillId: 'nightly',
      params: { rows: 5 },
    });
    expect(await manager.openExecution({ ...wanted, executionId: id })).toBe(id);
    await expect(manager.openExecution({ executionId: id })).rejects.toMatchObject({ code: 'MOVE_NOT_ALLOWED' });
    await expect(manager.openExecution({ owner: 'nobody' })).rejects.toMatchObject(refusal);
    await expect(manager.openExecution({ name: 'Not A Name' })).rejects.toMatchObject(refusal);
    await expect(manager.openExecution({ params: [] })).rejects.toMatchObject(refusal);
  });

  it('takes what programs have at hand: fractions, nothing, dates, errors', async () => {
    const manager = server.platform.webSocketManager;
    await manager.broadcastExecutionComplete('exec_undefined', undefined, 12.6);
    expect(await show('exec_undefined')).toMatchObject({ status: 'completed', result: null, durationMs: 13 });
    const result = { at: new Date(0), left: undefined, list: [undefined, 1] };
    const done = manager.broadcastExecutionComplete('exec_copied', result, 0);
    result.list.push(2);
    await done;
    expect((await show('exec_copied')).result).toEqual({ at: '1970-01-01T00:00:00.000Z', list: [null, 1] });
    const error = new TypeError('no such file');
    await manager.broadcastExecutionError('exec_error', error, 1);
    expect((await show('exec_error')).error).toEqual({
      code: 'EXTERNAL_ERROR',
      message: 'no such file',
      stack: error.stack,
    });
    await manager.broadcastExecutionError('exec_thrown', { reason: 7 }, 1);
    expect((await show('exec_thrown')).error).toMatchObject({ message: '{ reason: 7 }', stack: null });
    await manager.broadcastExecutionCancelled('exec_cancelled', 1.2, 'enough');
    expect(await show('exec_cancelled')).toMatchObject({ status: 'cancelled', error: { message: 'enough' } });
  });

  it('refuses what no event can hold with a reason, and opens nothing', async () => {
    const manager = server.platform.webSocketManager;
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    let deep: unknown = 1;
    for (let i = 0; i < 101; i++) deep = [deep];
    const id = 'exec_refused';
    const wrong = [
      ...[Number.NaN, 150, -1, '5', undefined].map((percent) => manager.broadcastProgressUpdate(id, percent as number)),
      manager.broadcastProgressUpdate(id, 1, 'x'.repeat(1001)),
      ...[Number.NaN, -1, Infinity, 2 ** 31, '5'].map((ms) => manager.broadcastExecutionComplete(id, 1, ms as number)),
      ...[circular, 1n, deep].map((value) => manager.broadcastExecutionComplete(id, value, 1)),
      manager.broadcastExecutionError(id, 'x', undefined as never),
      manager.broadcastLog(id, 'fatal' as never, 'x'),
      manager.broadcastLog(id, 'info', 7 as never),
      manager.broadcastLog(id, 'info', 'x'.repeat(65_537)),
      manager.broadcastExecutionCancelled(id, 1, 7 as never),
      ...['', 'job 1', `exec_${'x'.repeat(76)}`, 'skill_noop', userId, 7].map((other) =>
        manager.broadcastLog(other as string, 'info', 'x'),
      ),
    ];
    for (const outcome of await Promise.allSettled(wrong)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: refusal });
    }
    expect(await server.platform.services.log.readStream(id)).toEqual([]);
  });

  it('adds progress and log lines to what ihuman runs, and leaves its end to ihuman', async () => {
    const manager = server.platform.webSocketManager;
    const { body } = await post('/api/skills/countdown/execute', { params: { from: 100, intervalMs: 1000 } });
    const id = String(body.executionId);
    await expect.poll(async () => (await show(id)).status, { timeout: 20_000 }).toBe('running');
    await manager.broadcastLog(id, 'warn', 'from outside');
    await manager.broadcastProgressUpdate(id, 1, 'watched');
    for (const ending of [
      manager.broadcastExecutionComplete(id, 1, 1),
      manager.broadcastExecutionError(id, 'x', 1),
      manager.broadcastExecutionCancelled(id, 1),
    ]) {
      await expect(ending).rejects.toMatchObject({ code: 'MOVE_NOT_ALLOWED' });
    }
    await post(`/api/executions/${id}/cancel`, {});
    await expect.poll(async () => (await show(id)).status, { timeout: 20_000 }).toBe('cancelled');
    const lines = await server.platform.services.log.readStream(id);
    expect(lines.some((event) => event.type === 'ExecutionLogged' && event.data.message === 'from outside')).toBe(true);
  });

  it('keeps the order of its calls, from the one that opens the execution on', async () => {
    const manager = server.platform.webSocketManager;
    const calls = Array.from({ length: 20 }, (_, i) => manager.broadcastLog('exec_ordered', 'info', String(i)));
    await Promise.all([...calls, manager.broadcastExecutionComplete('exec_ordered', null, 1)]);
    const events = await server.platform.services.log.readStream('exec_ordered');
    const lines = events.flatMap((event) => (event.type === 'ExecutionLogged' ? [event.data.message] : []));
    expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });
});
