import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';

import {
  type CompleteEvent,
  type ErrorEvent,
  type ExecutionEvent,
  ExecutionFailedError,
  IhumanError,
  type LogEvent,
  type ProgressEvent,
  type Skill,
} from '../../packages/sdk-js/src/exports.ts';
import { IhumanClient } from '../../packages/sdk-js/src/index.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
const root = join(import.meta.dirname, '../..');
let server: TestServer;
let client: IhumanClient;
const clients: IhumanClient[] = [];

beforeAll(async () => {
  server = await TestServer.start(join(dir, 'data'), [
    `--skills=${join(root, 'skills')},${join(root, 'test/fixtures/skills')}`,
    '--egress-allow=127.0.0.1',
  ]);
  const { token } = await server.newUser();
  client = new IhumanClient({ baseUrl: server.url, token });
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});
afterEach(() => {
  for (const each of clients.splice(0)) each.disconnect();
});

async function newClient(): Promise<IhumanClient> {
  const { token } = await server.newUser();
  const made = new IhumanClient({ baseUrl: `${server.url}/`, token });
  clients.push(made);
  return made;
}

describe('an account', () => {
  it('is made, signed in and out, and tells of it', async () => {
    const fresh = new IhumanClient({ baseUrl: server.url });
    const told: unknown[] = [];
    fresh.on('authenticated', (user) => told.push(user));
    const registered = await fresh.register('sdk@example.com', 'sdk', 'a long enough phrase');
    expect(registered).toMatchObject({ email: 'sdk@example.com', username: 'sdk' });
    const user = await new IhumanClient({ baseUrl: server.url }).authenticate(
      'sdk@example.com',
      'a long enough phrase',
    );
    expect(user).toEqual(registered);
    await expect(fresh.getCurrentUser()).resolves.toMatchObject({ email: 'sdk@example.com' });
    await fresh.logout();
    await expect(fresh.getCurrentUser()).rejects.toMatchObject({
      name: 'AuthenticationError',
      code: 'UNAUTHENTICATED',
    });
    expect(told).toEqual([registered]);
  });

  it('is refused with a typed error', async () => {
    const stranger = new IhumanClient({ baseUrl: server.url });
    const refused = stranger.authenticate('nobody@example.com', 'wrong');
    await expect(refused).rejects.toBeInstanceOf(IhumanError);
    await expect(refused).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID', status: 401 });
    await expect(stranger.register('no address', 'x', 'short')).rejects.toMatchObject({
      name: 'ValidationError',
      problems: expect.arrayContaining([expect.objectContaining({ path: expect.any(String) })]),
    });
  });
});

describe('skills', () => {
  it('are listed, filtered, searched and described', async () => {
    const frontend = await client.listSkills({ category: 'frontend' });
    expect(frontend.map(({ name }) => name)).toEqual(['react-setup']);
    expect(frontend.total).toBe(1);
    const page = await client.listSkills({ limit: 2, offset: 1 });
    expect(page).toMatchObject({ length: 2, limit: 2, offset: 1 });
    expect((await client.searchSkills('count', { limit: 5 })).map(({ name }) => name)).toContain('countdown');
    await expect(client.getSkill('countdown')).resolves.toMatchObject({ name: 'countdown', version: '1.0.0' });
    await expect(client.getSkill('no/such skill')).rejects.toMatchObject({ name: 'NotFoundError' });
  });
});

describe('executions', () => {
  it('are requested, read, listed, repeated and explained', async () => {
    const execution = await client.executeSkill('countdown', { from: 1, intervalMs: 1 });
    expect(execution.executionId).toMatch(/^exec_/);
    const ended = await client.waitFor(execution);
    expect(ended).toMatchObject({ type: 'complete', result: { counted: 1 }, status: 'completed' });
    expect(ended.duration).toBe(ended.durationMs);
    await expect(client.getExecution(execution.executionId)).resolves.toMatchObject({ status: 'completed' });
    const history = await client.getExecutionHistory({ limit: 10, offset: 0, status: 'completed' });
    expect(history.some(({ executionId }) => executionId === execution.executionId)).toBe(true);
    expect(history.total).toBeGreaterThan(0);
    const again = await client.retryExecution(execution.executionId);
    await client.waitFor(again.executionId);
    await expect(client.getTree(execution.executionId)).resolves.toMatchObject({ tree: { id: execution.executionId } });
  });

  it('run to their result in one call, and fail with how they ended', async () => {
    await expect(client.run('countdown', { from: 0 })).resolves.toEqual({ counted: 0 });
    const failing = client.run('throws');
    await expect(failing).rejects.toBeInstanceOf(ExecutionFailedError);
    await expect(failing).rejects.toMatchObject({ execution: { status: 'failed' } });
    const { execution } = (await failing.catch((error: unknown) => error)) as ExecutionFailedError;
    await expect(client.waitFor(execution.executionId)).rejects.toMatchObject({ execution: { status: 'failed' } });
  });

  it('tell of their progress while one waits for the result', async () => {
    const [progress, lines]: [number[], string[]] = [[], []];
    const result = await client.run(
      'countdown',
      { from: 3, intervalMs: 1 },
      { onProgress: (event) => progress.push(event.progress), onLog: ({ message }) => lines.push(message) },
    );
    expect(result).toEqual({ counted: 3 });
    expect(lines).toEqual(['3 …', '2 …', '1 …', 'lift-off']);
    expect(progress.at(-1)).toBe(100);
  });

  it('are cancelled, with a reason', async () => {
    const { executionId } = await client.executeSkill('countdown', { from: 3000 });
    await client.cancelExecution(executionId, 'changed my mind');
    await expect(client.waitFor(executionId)).rejects.toMatchObject({ execution: { status: 'cancelled' } });
  });

  it('with the same key are one', async () => {
    const options = { idempotencyKey: 'twice' };
    const first = await client.executeSkill('noop', {}, options);
    const second = await client.executeSkill('noop', {}, options);
    expect(second.executionId).toBe(first.executionId);
  });

  it('leave files that are downloaded byte for byte', async () => {
    const { executionId } = await client.executeSkill('react-setup', { project_name: 'my-app' });
    await client.waitFor(executionId);
    const files = await client.artifacts.list(executionId);
    const path = 'my-app/package.json';
    expect(files.map((file) => file.path)).toContain(path);
    const bytes = await client.artifacts.download(executionId, path);
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ name: 'my-app' });
  });
});

describe('what happens', () => {
  it('is heard by listeners that are registered after connecting, from the first event on', async () => {
    const fresh = await newClient();
    const { executionId } = await fresh.executeSkill('countdown', { from: 2, intervalMs: 1 });
    await until('it is over', async () => (await fresh.getExecution(executionId)).status === 'completed');
    await fresh.connect(executionId);
    const heard: ExecutionEvent[] = [];
    fresh.on('progress', (event) => heard.push(event));
    fresh.on('log', (event) => heard.push(event));
    fresh.on('complete', (event) => heard.push(event));
    await until('the ending is heard', () => heard.at(-1)?.type === 'complete');
    const numbers = heard.map((event) => ('seq' in event ? event.seq : 0));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(heard.at(-1)).toMatchObject({ result: { counted: 2 }, duration: expect.any(Number) });
  });

  it('goes on when listeners throw or reject, and when nobody hears errors', async () => {
    const faults: unknown[] = [];
    const { token } = await server.newUser();
    const fresh = new IhumanClient({ baseUrl: server.url, token, onListenerError: (error) => faults.push(error) });
    clients.push(fresh);
    fresh.on('progress', () => {
      throw new Error('thrown');
    });
    const rejects = () => Promise.reject(new Error('rejected'));
    fresh.on('progress', rejects);
    let ended = false;
    const { executionId } = await fresh.executeSkill('throws');
    await fresh.connect(executionId);
    await until('the server has told all', () => faults.length >= 4);
    fresh.once('complete', () => (ended = true));
    await fresh.connect((await fresh.executeSkill('noop')).executionId);
    await until('the client lives', () => ended);
    expect(faults.map(String)).toEqual(expect.arrayContaining(['Error: thrown', 'Error: rejected']));
  });

  it('to an execution is told apart from what happens to the connection', async () => {
    const fresh = await newClient();
    const [failures, losses]: [unknown[], unknown[]] = [[], []];
    fresh.on('error', (event) => failures.push(event));
    fresh.on('disconnected', (event) => losses.push(event));
    const { executionId } = await fresh.executeSkill('throws');
    await fresh.connect(executionId);
    await until('the failure is told', () => failures.length === 1);
    expect(failures[0]).toMatchObject({ executionId, status: 'failed', error: expect.any(String) });
    expect(losses).toEqual([]);
  });

  it('is asked for as it is now', async () => {
    const fresh = await newClient();
    const snapshots: unknown[] = [];
    fresh.on('progress', (event) => {
      if (event.snapshot === true) snapshots.push(event);
    });
    const { executionId } = await fresh.executeSkill('countdown', { from: 3000 });
    expect(fresh.requestUpdate(executionId)).toBe(false);
    await fresh.connect(executionId);
    expect(fresh.requestUpdate(executionId)).toBe(true);
    await until('the state is told', () => snapshots.length === 1);
    fresh.unsubscribe(executionId);
    expect(fresh.requestUpdate(executionId)).toBe(false);
    await fresh.cancelExecution(executionId);
  });

  it('is told of an execution that is left and followed again, from its beginning', async () => {
    const fresh = await newClient();
    const { executionId } = await fresh.executeSkill('countdown', { from: 3000, intervalMs: 5 });
    const take = async (count: number): Promise<unknown[]> => {
      const numbers: unknown[] = [];
      for await (const event of fresh.events(executionId)) {
        numbers.push('seq' in event ? event.seq : event.type);
        if (numbers.length === count) break;
      }
      return numbers;
    };
    for (let i = 0; i < 5; i++) expect(await take(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await fresh.cancelExecution(executionId);
  });

  it('can be limited to what one wants, and to what comes', async () => {
    const { executionId } = await client.executeSkill('countdown', { from: 2, intervalMs: 1 });
    await client.waitFor(executionId);
    const seen: string[] = [];
    for await (const event of client.events(executionId, { types: ['complete'] })) seen.push(event.type);
    expect(seen).toEqual(['complete']);
    const last: unknown[] = [];
    for await (const event of client.events(executionId, { since: { tail: 1 } })) last.push(event.type);
    expect(last).toEqual(['gap', 'complete']);
  });

  it('to executions that are not there ends in a typed error', async () => {
    await expect(client.waitFor('exec_none')).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' });
    await expect(client.connect('x'.repeat(81))).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' });
    await expect(client.connect('')).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' });
    const fresh = await newClient();
    const told: unknown[] = [];
    fresh.on('error', (event) => told.push(event));
    fresh.subscribe('exec_none');
    await expect(fresh.connect('exec_none')).rejects.toMatchObject({ code: 'EXECUTION_NOT_FOUND' });
    expect(told).toEqual([
      expect.objectContaining({ executionId: 'exec_none', code: 'EXECUTION_NOT_FOUND', status: 'not-followed' }),
    ]);
  });

  it('to two thousand executions is heard by one client', async () => {
    const fresh = await newClient();
    const manager = server.platform.webSocketManager;
    const { id: owner } = await fresh.getCurrentUser();
    const ids = await Promise.all(
      Array.from({ length: 2000 }, () => manager.openExecution({ name: 'one-of-many', owner })),
    );
    const endings = ids.map((id) => fresh.waitFor<number>(id));
    for (const [i, id] of ids.entries()) await manager.broadcastExecutionComplete(id, i, 1);
    const results = (await Promise.all(endings)).map(({ result }) => result);
    expect(results).toEqual(ids.map((_, i) => i));
  });

  it('leaves nothing behind once the client is disconnected, also in the middle of connecting', async () => {
    const fresh = await newClient();
    const { executionId } = await fresh.executeSkill('countdown', { from: 3000 });
    await fresh.connect(executionId);
    expect(fresh.isConnected).toBe(true);
    const waiting = fresh.waitFor(executionId);
    fresh.disconnect();
    await expect(waiting).rejects.toMatchObject({ name: 'ConnectionError', code: 'DISCONNECTED' });
    expect(fresh.isConnected).toBe(false);
    const connecting = fresh.connect(executionId);
    fresh.disconnect();
    await expect(connecting).rejects.toMatchObject({ code: 'DISCONNECTED' });
    const stats = async () => (await server.call('GET', '/api/websocket/stats', { token: server.adminKey })).body;
    await until('the server sees nobody', async () => (await stats()).totalConnections === 0);
    await fresh.connect(executionId);
    expect(fresh.isConnected).toBe(true);
    await fresh.cancelExecution(executionId);
  });

  it('is not told any more to who is signed out', async () => {
    const fresh = await newClient();
    const { executionId } = await fresh.executeSkill('countdown', { from: 3000 });
    const waiting = fresh.waitFor(executionId);
    const losses: unknown[] = [];
    fresh.on('disconnected', (event) => losses.push(event));
    await until('it is connected', () => fresh.isConnected);
    await fresh.logout();
    await expect(waiting).rejects.toMatchObject({ name: 'ConnectionError', code: 'DISCONNECTED' });
    expect(losses).toEqual([expect.objectContaining({ retryInMs: null })]);
  });
});

describe('webhooks', () => {
  it('are made, deliver what verifies, and are listed, changed and deleted', async () => {
    const received: { body: string; headers: Record<string, string | string[] | undefined> }[] = [];
    const sink = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        received.push({ body, headers: request.headers });
        response.end();
      });
    });
    await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((sink.address() as AddressInfo).port)}/`;
    const hook = await client.webhooks.create({ eventType: 'order.*', url });
    expect(hook.secret).toMatch(/^whsec_/);
    await client.emitEvent('order.paid', { order: 7 });
    const { body, headers } = await until('it arrives', () => received[0]);
    const verified = await client.webhooks.verify<{ order: number }>(body, headers, hook.secret ?? '');
    expect(verified).toMatchObject({ event: 'order.paid', data: { order: 7 }, webhookId: hook.id });
    await expect(client.webhooks.verify(`${body} `, headers, hook.secret ?? '')).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    });
    const deliveries = await until('it is recorded', async () => {
      const page = await client.webhooks.deliveries(hook.id, { limit: 5 });
      return page[0]?.status === 'delivered' ? page : null;
    });
    expect(deliveries.total).toBe(1);
    await expect(client.webhooks.stats()).resolves.toMatchObject({ total: 1, delivered: 1, successRate: '100.00%' });
    await client.webhooks.disable(hook.id, 'for now');
    await client.webhooks.enable(hook.id, 'skip');
    const changed = await client.webhooks.update(hook.id, { eventType: 'order.paid' });
    expect(changed).toMatchObject({ eventType: 'order.paid' });
    expect((await client.webhooks.list()).map(({ id }) => id)).toEqual([hook.id]);
    await client.webhooks.delete(hook.id);
    await expect(client.webhooks.get(hook.id)).rejects.toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
    sink.closeAllConnections();
    sink.close();
  });
});

describe('schedules and workflows', () => {
  it('are made, looked ahead, paused, resumed, triggered and deleted', async () => {
    const schedule = await client.schedules.create({
      skillId: 'noop',
      cronExpression: '0 9 * * MON-FRI',
      timeZone: 'Europe/Berlin',
    });
    expect(await client.schedules.upcoming(schedule.id, 3)).toHaveLength(3);
    expect(await client.schedules.preview({ cronExpression: '0 0 1 * *', count: 2 })).toHaveLength(2);
    await client.schedules.pause(schedule.id, { note: 'holidays' });
    await expect(client.schedules.get(schedule.id)).resolves.toMatchObject({ status: 'paused' });
    await client.schedules.resume(schedule.id);
    await client.schedules.trigger(schedule.id);
    await until('it has run', async () => (await client.schedules.executions(schedule.id)).length === 1);
    await expect(client.schedules.stats()).resolves.toMatchObject({ totalSchedules: 1 });
    await client.schedules.delete(schedule.id);
    await expect(client.schedules.create({ skillId: 'noop', cronExpression: '99 * * * *' })).rejects.toMatchObject({
      name: 'ValidationError',
    });
  });

  it('run and give the results of their steps', async () => {
    const definition = {
      name: 'sdk',
      steps: { only: { skill: 'countdown', params: { from: 0 } } },
    };
    await client.workflows.define(definition);
    await client.workflows.define('name: sdk\nsteps:\n  only:\n    skill: countdown\n    params:\n      from: 1\n');
    expect(await client.workflows.versions('sdk')).toHaveLength(2);
    const run = await client.workflows.run('sdk');
    await client.waitFor(run.executionId);
    expect(await client.workflows.steps(run.executionId)).toHaveLength(1);
    expect((await client.workflows.runs('sdk')).total).toBe(1);
    await expect(client.workflows.define({ name: 'bad', steps: { a: { skill: 'none' } } })).rejects.toMatchObject({
      problems: [expect.objectContaining({ path: expect.stringContaining('skill') })],
    });
    await client.workflows.delete('sdk');
  });
});

describe('the log', () => {
  it('is read from its beginning, from a cursor on, and while it grows', async () => {
    const fresh = await newClient();
    await fresh.run('noop');
    const types: string[] = [];
    let after = '';
    for await (const event of fresh.feed({ follow: false })) {
      types.push(event.type);
      after = event.sequence;
    }
    expect(types).toContain('ihuman.ExecutionCompleted.v1');
    const stopper = new AbortController();
    const next = fresh.feed({ after, types: ['ExecutionRequested'], signal: stopper.signal });
    const coming = next.next();
    const { executionId } = await fresh.executeSkill('noop');
    await expect(coming).resolves.toMatchObject({ value: { subject: executionId } });
    stopper.abort(new Error('enough'));
    await expect(next.next()).rejects.toThrow('enough');
  });

  it('tells what became of webhooks, schedules and workflows of an account, and nothing of those of others', async () => {
    const [fresh, other] = [await newClient(), await newClient()];
    const hook = await fresh.webhooks.create({ eventType: 'order.*', url: server.url.replace('http', 'https') });
    await fresh.emitEvent('order.paid');
    const schedule = await fresh.schedules.create({ skillId: 'noop', cronExpression: '0 0 1 1 *' });
    await fresh.schedules.trigger(schedule.id);
    await fresh.workflows.define({ name: 'told', steps: { a: { skill: 'noop' } } });
    const wanted = ['WebhookCreated', 'EventEmitted', 'DeliveryAttemptFailed', 'ScheduleFired', 'WorkflowDefined'];
    const typesOf = async (reader: IhumanClient): Promise<string[]> => {
      const types: string[] = [];
      for await (const { type } of reader.feed({ follow: false, types: wanted })) types.push(type.split('.')[1] ?? '');
      return types;
    };
    await until('all of it is told', async () => new Set(await typesOf(fresh)).size === wanted.length);
    expect(await typesOf(other)).toEqual([]);
    const subjects = new Set<unknown>();
    for await (const { subject } of fresh.feed({ follow: false, stream: hook.id })) subjects.add(subject);
    expect([...subjects]).toEqual([hook.id]);
  });

  it('is exported as a whole to administrators only', async () => {
    const admin = new IhumanClient({ baseUrl: server.url, apiKey: server.adminKey });
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of await admin.exportLog()) text += decoder.decode(chunk, { stream: true });
    expect(text.trim().split('\n').length).toBeGreaterThan(2);
    await expect(client.exportLog()).rejects.toMatchObject({ name: 'PermissionError', code: 'FORBIDDEN' });
  });
});

describe('types', () => {
  it('follow from the names of events and the answers of the server', () => {
    client.on('progress', (event) => {
      expectTypeOf(event).toEqualTypeOf<ProgressEvent>();
    });
    client.on('complete', (event) => {
      expectTypeOf(event).toEqualTypeOf<CompleteEvent>();
    });
    client.on('error', (event) => {
      expectTypeOf(event).toEqualTypeOf<ErrorEvent>();
    });
    client.on('log', (event) => {
      expectTypeOf(event).toEqualTypeOf<LogEvent>();
    });
    // @ts-expect-error there is no such event
    client.on('finished', () => undefined);
    expectTypeOf<ReturnType<IhumanClient['getSkill']>>().resolves.toEqualTypeOf<Skill>();
    type Params = { readonly from: number };
    type Result = { readonly counted: number };
    const run = (): Promise<CompleteEvent<Result>> =>
      client.executeSkill<Params, Result>('countdown', { from: 1 }).then((started) => client.waitFor(started));
    expectTypeOf(run).returns.resolves.toHaveProperty('result').toEqualTypeOf<Result>();
    // @ts-expect-error the parameters are typed
    const wrong = (): unknown => client.executeSkill<Params, Result>('countdown', { from: 'one' });
    expectTypeOf(wrong).toBeFunction();
    const told = (event: ExecutionEvent<Result>): number => (event.type === 'complete' ? event.result.counted : 0);
    expect(told({ type: 'gap', executionId: 'e', fromSeq: 1, toSeq: 2, reason: 'limit' })).toBe(0);
  });
});
