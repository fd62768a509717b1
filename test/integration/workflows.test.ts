import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openBackend } from '../../src/event-log/open-backend.ts';
import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const root = join(import.meta.dirname, '../..');
const flags = ['--runner=inline', `--skills=${join(root, 'test/fixtures/skills')},${join(root, 'skills')}`];
let server: TestServer;
let token: string;
let names = 0;

beforeAll(async () => {
  server = await TestServer.start(tempDir(), flags);
  ({ token } = await server.newUser());
});
afterAll(() => server.stop());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  server.call(method, path, { token, ...(body !== undefined && { body }), headers });

async function define(definition: object): Promise<string> {
  const name = `flow-${String(++names)}`;
  const answer = await call('POST', '/api/workflows', { name, ...definition });
  expect([answer.status, answer.body.detail]).toEqual([201, undefined]);
  return name;
}

const run = (name: string, params: object = {}): Promise<Answer> =>
  call('POST', `/api/workflows/${name}/run`, { params }, { prefer: 'wait=50' });
const start = async (name: string, params: object = {}): Promise<string> =>
  (await call('POST', `/api/workflows/${name}/run`, { params })).body.executionId as string;
const executionOf = async (id: string) => (await call('GET', `/api/executions/${id}`)).body;
const stepsOf = async (id: string) =>
  (await call('GET', `/api/executions/${id}/steps`)).body.steps as readonly {
    id: string;
    status: string;
    executions: readonly { id: string; status: string }[];
  }[];
const statusesOf = async (id: string) => Object.fromEntries((await stepsOf(id)).map((step) => [step.id, step.status]));
const ended = (id: string) =>
  until(`the end of ${id}`, async () => {
    const execution = await executionOf(id);
    return execution.endedAt === null ? null : execution;
  });

const chain = {
  input: { name: { type: 'string', required: true }, times: { type: 'integer', default: 2 } },
  steps: {
    first: { skill: 'step', params: { text: { $from: '/input/name' }, number: { $from: '/input/times' } } },
    second: { skill: 'step', params: { text: { $from: '/steps/first/result/text' } }, needs: ['first'] },
    third: { skill: 'step', params: { number: { $from: '/steps/first/result/number' } }, needs: 'second' },
  },
  output: { greeting: { $from: '/steps/second/result/text' }, number: { $from: '/steps/third/result/number' } },
};

describe('a workflow', () => {
  it('runs its steps one after the other, hands results on, and answers with what it was told to', async () => {
    const name = await define(chain);
    const answer = await run(name, { name: 'Ada' });
    expect(answer.body).toMatchObject({ status: 'completed', result: { greeting: 'Ada', number: 2 } });
    const id = answer.body.executionId as string;
    expect(await executionOf(id)).toMatchObject({
      skillId: `workflow:${name}`,
      skillVersion: '1',
      progress: 100,
      mode: 'workflow',
    });
    const steps = await stepsOf(id);
    expect(steps.map((step) => [step.id, step.status])).toEqual([
      ['first', 'completed'],
      ['second', 'completed'],
      ['third', 'completed'],
    ]);
    const child = await executionOf(steps[1]!.executions[0]!.id);
    expect(child.cause).toMatchObject({ kind: 'workflow', id: `${id}/second` });
  });

  it('is refused with everything that is wrong with it', async () => {
    const answer = await call('POST', '/api/workflows', {
      name: 'Not a name',
      unknown: 1,
      input: { a: { type: 'text' } },
      steps: {
        a: { skill: 'not-there', needs: ['b'] },
        b: { skill: 'step', needs: ['a', 'nobody'], params: { text: 1, other: true } },
        c: { skill: 'step', params: { text: { $from: '/steps/d/result' } }, when: { step: 'a', status: 'great' } },
        d: { skill: 'step', params: { number: { $from: '/input/aa' }, text: { $from: 'input' } }, weight: 0 },
        e: { skill: 'step', forEach: { from: '/item' }, retry: { maxAttempts: 0 } },
        f: { skill: 'takes-secret', params: { apiToken: 'shown' } },
      },
    });
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.body.problems.map(({ path }: { path: string }) => path).sort()).toEqual([
      '/input/a/type',
      '/name',
      '/steps',
      '/steps/a/skill',
      '/steps/b/needs/1',
      '/steps/b/params/other',
      '/steps/b/params/text',
      '/steps/c/when/status',
      '/steps/d/params/number',
      '/steps/d/params/text',
      '/steps/d/weight',
      '/steps/e/forEach',
      '/steps/e/retry/maxAttempts',
      '/steps/f/params/apiToken',
      '/unknown',
    ]);
    expect(answer.body.detail).toContain('need each other in a circle');
  });

  it('can be written in YAML, and says where that cannot be read', async () => {
    const yaml = 'name: from-yaml\nsteps:\n  one: # the only one\n    skill: step\n    params: { text: hello }\n';
    const headers = { 'content-type': 'application/yaml' };
    const made = await server.call('POST', '/api/workflows', { token, body: yaml, headers });
    expect([made.status, made.body.version]).toEqual([201, 1]);
    expect((await run('from-yaml')).body.result).toEqual({ one: { text: 'hello' } });
    const bad = await server.call('POST', '/api/workflows', { token, body: 'name: [unclosed', headers });
    expect([bad.status, bad.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(bad.body.detail).toContain('line 1');
  });

  it('has versions; a run keeps to the one that it began with', async () => {
    const name = await define(chain);
    const again = await call('POST', '/api/workflows', { name, ...chain });
    expect([again.status, again.body.version]).toEqual([200, 1]);
    const next = await call('POST', '/api/workflows', { name, steps: { only: { skill: 'noop' } } });
    expect([next.status, next.body.version]).toEqual([201, 2]);
    const { body } = await call('GET', `/api/workflows/${name}/versions`);
    expect(body.versions.map(({ version }: { version: number }) => version)).toEqual([2, 1]);
    expect((await call('GET', `/api/workflows/${name}/versions/1`)).body.version).toBe(1);
    expect((await call('GET', `/api/workflows/${name}/versions/3`)).status).toBe(404);
    expect((await call('GET', `/api/workflows/${name}/versions/x`)).status).toBe(400);
    const old = await call(
      'POST',
      `/api/workflows/${name}/run`,
      { version: 1, params: { name: 'x' } },
      { prefer: 'wait=50' },
    );
    expect(old.body.result.greeting).toBe('x');
    expect((await run(name)).body.result).toEqual({ only: null });
    expect((await call('GET', `/api/workflows/${name}/runs`)).body.total).toBe(2);
    await call('DELETE', `/api/workflows/${name}`);
    expect((await run(name)).body.code).toBe('WORKFLOW_NOT_FOUND');
  });

  it('runs a step for each item of a list, so many at a time, and keeps their order', async () => {
    const name = await define({
      input: { words: { type: 'array', required: true } },
      steps: {
        each: {
          skill: 'step',
          forEach: { from: '/input/words', concurrency: 2 },
          params: { text: { $from: '/item' }, number: { $from: '/index' }, waitMs: 5 },
        },
        after: { skill: 'step', params: { list: { $from: '/steps/each/result' } } },
      },
    });
    const { body } = await run(name, { words: ['a', 'b', 'c', 'd', 'e'] });
    expect(body.result.after.list).toEqual(['a', 'b', 'c', 'd', 'e'].map((text, number) => ({ text, number })));
    expect((await run(name, { words: [] })).body.result.after.list).toEqual([]);
  });

  it('says of steps and items that their skill does not take that they failed, also once it is over', async () => {
    const steps = (continueOnError: boolean) => ({
      each: { skill: 'step', forEach: { from: '/input/words' }, params: { text: { $from: '/item' } }, continueOnError },
      after: { skill: 'noop', needs: 'each' },
    });
    const input = { words: { type: 'array', required: true } };
    const refused = { code: 'PARAMS_INVALID', message: 'Item 1: text must be of type string' };
    const [going, failing] = [
      await define({ input, steps: steps(true) }),
      await define({ input, steps: steps(false) }),
    ];
    const { body: gone } = await run(going, { words: ['a', 5, 'c'] });
    expect(gone.status).toBe('completed');
    expect(await stepsOf(gone.executionId as string)).toMatchObject([
      { id: 'each', status: 'failed', progress: 100, items: { total: 3, ended: 3, failed: 1 }, error: refused },
      { id: 'after', status: 'completed' },
    ]);
    const { body: failed } = await run(failing, { words: ['a', 5] });
    expect(failed.error.message).toContain(refused.message);
    expect(await stepsOf(failed.executionId as string)).toMatchObject([
      { id: 'each', status: 'failed', error: refused },
      { id: 'after', status: 'skipped' },
    ]);
  });

  it('fails with the step that failed, skips what needs it, and finishes what does not', async () => {
    const name = await define({
      steps: {
        bad: { skill: 'step', params: { fail: true } },
        needsBad: { skill: 'noop', needs: ['bad'] },
        other: { skill: 'step', params: { text: 'done', waitMs: 20 } },
        cleanUp: { skill: 'noop', when: { step: 'bad', status: ['failed', 'cancelled'] } },
        never: { skill: 'noop', when: [{ step: 'bad', status: 'completed' }] },
      },
    });
    const { body } = await run(name);
    expect(body).toMatchObject({ status: 'failed', error: { code: 'WORKFLOW_STEP_FAILED' } });
    expect(body.error.message).toContain('Step bad failed: told to fail');
    expect(await statusesOf(body.executionId as string)).toEqual({
      bad: 'failed',
      needsBad: 'skipped',
      other: 'completed',
      cleanUp: 'completed',
      never: 'skipped',
    });
  });

  it('goes on over a failure where it is told to, and retries where it is told to', async () => {
    const name = await define({
      steps: {
        bad: { skill: 'step', params: { fail: true }, continueOnError: true },
        flaky: { skill: 'flaky', retry: { maxAttempts: 3, initialDelayMs: 1 } },
        last: {
          skill: 'step',
          needs: ['bad', 'flaky'],
          params: {
            text: { $from: '/steps/bad/status' },
            number: { $from: '/steps/flaky/result' },
            list: { $from: '/steps/bad/result', $default: [] },
          },
        },
      },
    });
    const { body } = await run(name);
    expect(body).toMatchObject({ status: 'completed', result: { last: { text: 'failed', number: 3, list: [] } } });
  });

  it('fails where a reference leads to nothing, or the parameters do not fit', async () => {
    const name = await define({
      input: { value: { type: 'object', default: {} } },
      steps: { one: { skill: 'step', params: { text: { $from: '/input/value/deep/er' } } } },
    });
    expect((await run(name)).body.error.message).toContain('/input/value/deep/er leads to nothing');
    const wrong = await run(name, { value: { deep: { er: 5 } } });
    expect(wrong.body.error.message).toContain('text must be of type string');
    expect((await run(name, { value: 1 })).body.code).toBe('PARAMS_INVALID');
  });

  it('that is cancelled has its steps cancelled, and begins none', async () => {
    const name = await define({
      steps: { slow: { skill: 'step', params: { waitMs: 60_000 } }, next: { skill: 'noop', needs: ['slow'] } },
    });
    const id = await start(name);
    await until('it runs', async () => (await executionOf(id)).progress > 0);
    expect((await executionOf(id)).progressStatus).toBe('slow');
    expect((await call('POST', `/api/executions/${id}/cancel`)).status).toBeLessThan(300);
    expect((await ended(id)).status).toBe('cancelled');
    expect(await statusesOf(id)).toEqual({ slow: 'cancelled', next: 'cancelled' });
  });

  it('that runs out of time is ended, and its steps with it', async () => {
    const name = await define({ timeoutMs: 50, steps: { slow: { skill: 'step', params: { waitMs: 60_000 } } } });
    const id = await start(name);
    expect((await ended(id)).status).toBe('timed-out');
    const [step] = await stepsOf(id);
    await ended(step!.executions[0]!.id);
  });

  it('that failed can be resumed: what was completed is not run again', async () => {
    const name = await define({
      steps: {
        good: { skill: 'step', params: { text: 'once' } },
        bad: {
          skill: 'takes-secret',
          needs: ['good'],
          params: { apiToken: { $from: '/input/key' } },
          continueOnError: false,
        },
      },
      input: { key: { type: 'string', secret: true } },
    });
    const failed = await run(name);
    expect(failed.body.status).toBe('failed');
    const id = failed.body.executionId as string;
    const resumed = await call('POST', `/api/executions/${id}/retry`);
    expect(resumed.status).toBe(202);
    const again = resumed.body.executionId as string;
    expect((await ended(again)).status).toBe('failed');
    const [good, bad] = await stepsOf(again);
    expect([good?.status, good?.executions.length, bad?.executions.length]).toEqual(['completed', 0, 0]);
    expect((await executionOf(again)).cause).toMatchObject({ kind: 'retry', id });
    const { body } = await call('GET', `/api/executions/${again}/tree`);
    expect(body.tree).toMatchObject({ kind: 'run', id });
    expect(body.tree.children.map(({ kind }: { kind: string }) => kind)).toEqual(['step', 'run']);
    expect(body.tree.children[0].children[0]).toMatchObject({ kind: 'attempt', status: 'completed' });
  });

  it('hands secrets on without showing them', async () => {
    const name = await define({
      input: { key: { type: 'string', secret: true, required: true } },
      steps: { uses: { skill: 'takes-secret', params: { apiToken: { $from: '/input/key' } } } },
    });
    const secret = 'secret-of-a-workflow';
    const { body } = await run(name, { key: secret });
    expect(body).toMatchObject({ status: 'completed', result: { uses: { secretLength: secret.length } } });
    const feed = await server.call('GET', '/api/events?limit=500', { token: server.adminKey });
    expect(JSON.stringify(feed.body) + JSON.stringify(body)).not.toContain(secret);
    const leaks = await call('POST', '/api/workflows', {
      name: 'leaks',
      input: { key: { type: 'string', secret: true } },
      steps: { shows: { skill: 'step', params: { text: { $from: '/input/key' } } } },
      output: { $from: '/input' },
    });
    expect(leaks.body.problems.map(({ path }: { path: string }) => path)).toEqual([
      '/steps/shows/params/text',
      '/output',
    ]);
  });

  it('can be followed over a WebSocket with all its steps', async () => {
    const name = await define({
      steps: {
        first: { skill: 'step', params: { waitMs: 100 } },
        second: { skill: 'step', needs: ['first'], params: { waitMs: 100 } },
      },
    });
    const id = await start(name);
    const socket = await TestSocket.open(`${server.url}/ws?token=${token}`);
    socket.send({ type: 'subscribe', executionId: id, steps: true });
    await socket.next('stream-end', ({ executionId }) => executionId === id);
    const steps = socket.of('step');
    expect(steps.map(({ executionId, step }) => [executionId, step])).toEqual([
      [id, 'first'],
      [id, 'second'],
    ]);
    for (const { stepExecutionId } of steps) {
      await socket.next('execution-complete', ({ executionId }) => executionId === stepExecutionId);
      expect(socket.seqs(stepExecutionId as string)[0]).toBe(1);
    }
    const late = await TestSocket.open(`${server.url}/ws?token=${token}`);
    late.send({ type: 'subscribe', executionId: id, steps: true });
    await until('all of it', () => late.of('stream-end').length === 3);
    expect(late.of('step')).toHaveLength(2);
    const plain = await TestSocket.open(`${server.url}/ws?token=${token}`);
    plain.send({ type: 'subscribe', executionId: id, id: 1 });
    await plain.next('stream-end');
    expect(plain.of('step')).toEqual([]);
    for (const each of [socket, late, plain]) each.close();
  });

  it('is run by a schedule, and the tree of causes says so', async () => {
    const name = await define(chain);
    const made = await call('POST', '/api/schedules', {
      cronExpression: '0 0 1 1 *',
      workflowId: name,
      params: { name: 'from a schedule' },
    });
    expect(made.body.warnings).toEqual([]);
    const { body } = await call('POST', `/api/schedules/${made.body.id as string}/trigger`);
    await ended(body.executionId as string);
    const { tree } = (await call('GET', `/api/executions/${body.executionId as string}/tree`)).body;
    const kinds = (node: { kind: string; children: [] }): string =>
      node.children.length === 0 ? node.kind : `${node.kind}(${node.children.map(kinds).join(' ')})`;
    expect(kinds(tree)).toBe('schedule(firing(run(step(attempt) step(attempt) step(attempt))))');
  });

  it("belongs to its owner, whose names are nobody else's business", async () => {
    const name = await define(chain);
    const { token: other } = await server.newUser();
    expect((await server.call('GET', `/api/workflows/${name}`, { token: other })).body.code).toBe('WORKFLOW_NOT_FOUND');
    const made = await server.call('POST', '/api/workflows', {
      token: other,
      body: { name, steps: { one: { skill: 'noop' } } },
    });
    expect([made.status, made.body.version]).toEqual([201, 1]);
    const runs = await server.call('POST', `/api/workflows/${name}/run`, { token: other });
    expect(runs.status).toBe(202);
    expect((await call('GET', `/api/executions/${runs.body.executionId as string}/tree`)).status).toBe(404);
  });
});

/** Records in the log of a server that is stopped that an account was erased, and does nothing of what follows from it. */
async function eraseIn(dataDir: string, userId: string): Promise<void> {
  const ignored = (): void => undefined;
  const backend = await openBackend({
    ...{ backend: 'embedded', dataDir, vaultKey: new Uint8Array(), node: 'test', kafka: null as never },
    ...{ onProgress: ignored, onFailure: ignored, onForeign: ignored, onCutOff: ignored },
  });
  const known = await backend.log.readStream(userId);
  const { outcome } = await backend.log.append({
    ...{ stream: userId, events: [{ type: 'UserErased', data: { reason: 'requested' } }], actor: userId },
    ...{ expected: known.length - 1, atMs: Date.now() },
  });
  await backend.close();
  expect(outcome).toBe('accepted');
}

it('a run that has ended begins no step that had to wait for room', async () => {
  const own = await TestServer.start(tempDir(), [...flags, '--max-queued=1']);
  const { token: mine } = await own.newUser();
  const asked = (method: string, path: string, body?: object) =>
    own.call(method, path, { token: mine, ...(body && { body }) });
  const steps = {
    first: { skill: 'step', params: { waitMs: 1000 } },
    second: { skill: 'step', needs: ['first'], params: { text: 'too late' } },
  };
  await asked('POST', '/api/workflows', { name: 'crowded', timeoutMs: 2500, steps });
  const id = (await asked('POST', '/api/workflows/crowded/run')).body.executionId as string;
  const children = async () => (await asked('GET', '/api/executions?skillId=step')).body.executions;
  await until('the first step runs', async () => (await children())[0]?.status === 'running');
  const waiting = (await asked('POST', '/api/skills/noop/execute', { delayMs: 3_600_000 })).body.executionId as string;
  await until(
    'its time is over',
    async () => (await asked('GET', `/api/executions/${id}`)).body.status === 'timed-out',
  );
  await asked('POST', `/api/executions/${waiting}/cancel`);
  // As long as it takes to ask again, and longer.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const begun = await children();
  await own.stop();
  expect(begun.map(({ status }: { status: string }) => status)).toEqual(['completed']);
});

it('a run of an account that was erased while nobody ran it is cancelled at the start', async () => {
  const dataDir = tempDir();
  const flagsOfRun = [...flags, '--shutdown-grace-ms=0'];
  let own = await TestServer.start(dataDir, flagsOfRun);
  const { token: mine, userId } = await own.newUser();
  const steps = { slow: { skill: 'step', params: { waitMs: 600_000 } } };
  await own.call('POST', '/api/workflows', { token: mine, body: { name: 'orphan', steps } });
  const id = (await own.call('POST', '/api/workflows/orphan/run', { token: mine })).body.executionId as string;
  const statusOf = async () =>
    (await own.call('GET', `/api/executions/${id}`, { token: own.adminKey })).body.status as string;
  await until('it runs', async () => (await statusOf()) === 'running');
  await own.stop();
  await eraseIn(dataDir, userId);
  own = await TestServer.start(dataDir, flags);
  await until('it is cancelled', async () => (await statusOf()) === 'cancelled');
  await own.stop();
});

describe('a server that starts again', () => {
  it('goes on with the runs of workflows where they were', async () => {
    const dataDir = tempDir();
    let own = await TestServer.start(dataDir, [...flags, '--shutdown-grace-ms=0']);
    const { token: mine } = await own.newUser();
    const steps = {
      quick: { skill: 'step', params: { text: 'once' } },
      slow: { skill: 'step', needs: ['quick'], params: { waitMs: 1500 } },
      last: { skill: 'step', needs: ['slow'], params: { text: { $from: '/steps/quick/result/text' } } },
    };
    await own.call('POST', '/api/workflows', { token: mine, body: { name: 'long', steps } });
    const { body } = await own.call('POST', '/api/workflows/long/run', { token: mine });
    const id = body.executionId as string;
    const execution = async () => (await own.call('GET', `/api/executions/${id}`, { token: mine })).body;
    await until('the slow step', async () => (await execution()).progress > 30);
    await own.stop();
    own = await TestServer.start(dataDir, flags);
    const after = await until('its end', async () => {
      const now = await execution();
      return now.endedAt === null ? null : now;
    });
    const { body: shown } = await own.call('GET', `/api/executions/${id}/steps`, { token: mine });
    await own.stop();
    expect(after).toMatchObject({ status: 'completed', result: { last: { text: 'once' } } });
    expect(shown.steps.map(({ executions }: { executions: unknown[] }) => executions.length)).toEqual([1, 1, 1]);
  });
});
