import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readVaultKey } from '../../src/vault/key-file.ts';
import { VaultFile } from '../../src/vault/vault-file.ts';
import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
const root = join(import.meta.dirname, '../..');
const flags = [`--skills=${join(root, 'test/fixtures/skills')},${join(root, 'skills')}`, '--max-queued=1000'];
let server: TestServer;
let token: string;
let keys = 0;

beforeAll(async () => {
  server = await TestServer.start(dir, flags);
  ({ token } = await server.newUser());
});
afterAll(() => server.stop());

const newKey = (): string => `key-${String(++keys)}`;

function post(path: string, body: object, key?: string): Promise<Answer> {
  return server.call('POST', path, { token, body, headers: key === undefined ? {} : { 'idempotency-key': key } });
}

const run = (skill: string, body: object, key?: string) => post(`/api/skills/${skill}/execute`, body, key);

/** How many executions have secrets in the vault. */
function secretsKept(): number {
  const vault = new DatabaseSync(join(dir, 'vault.db'), { readOnly: true });
  try {
    return Number(vault.prepare("SELECT count(*) AS kept FROM entries WHERE kind = 'params'").get()?.kept);
  } finally {
    vault.close();
  }
}

async function end(id: string): Promise<void> {
  await post(`/api/executions/${id}/cancel`, {});
  await expect.poll(secretsKept, { timeout: 20_000 }).toBe(0);
}

const later = { delayMs: 3_600_000 };

describe('an order that is repeated under its key', () => {
  it.each([
    [
      'the keys of its parameters are in another order',
      { params: { from: 1, intervalMs: 2 } },
      { params: { intervalMs: 2, from: 1 } },
    ],
    [
      'it says what is the default',
      { params: { from: 1 } },
      { params: { from: 1 }, priority: 0, retry: { maxAttempts: 1 } },
    ],
    ['it waits for a delay', { ...later, queueTtlMs: 5000 }, { ...later, queueTtlMs: 5000 }],
    ['its time has passed', { runAt: '2020-01-01T00:00:00Z' }, { runAt: '2020-01-01T00:00:00Z' }],
  ])('is the same when %s', async (_, body, again) => {
    const key = newKey();
    const first = await run('countdown', body, key);
    expect(first.status).toBe(202);
    expect((await run('countdown', again, key)).body).toEqual(first.body);
    await post(`/api/executions/${String(first.body.executionId)}/cancel`, {});
  });

  it('is the same when the skill has changed meanwhile, and with it its defaults', async () => {
    const { requests, catalog } = server.platform.services;
    const skill = catalog.get('countdown')!;
    const changed = { ...skill, digest: 'ab'.repeat(32), metadata: { ...skill.metadata, priority: 7, timeoutMs: 99 } };
    const order = { owner: 'user_a', actor: 'user_a', params: {}, options: { ...later, idempotencyKey: newKey() } };
    const first = await requests.request({ ...order, skill });
    expect(await requests.request({ ...order, skill: changed })).toEqual({ ...first, created: false });
    const command = { kind: 'request-cancellation', reason: null, nowMs: Date.now() } as const;
    await server.platform.services.executions.execute(first.executionId, command, 'user_a');
  });

  it('is the same when the time at which it was to start has come meanwhile', async () => {
    const key = newKey();
    const runAt = new Date(Date.now() + 300).toISOString();
    const first = await run('noop', { runAt }, key);
    await expect
      .poll(
        async () => {
          const { body } = await server.call('GET', `/api/executions/${String(first.body.executionId)}`, { token });
          return body.status as string;
        },
        { timeout: 20_000 },
      )
      .toBe('completed');
    expect((await run('noop', { runAt }, key)).body.executionId).toBe(first.body.executionId);
  });

  it.each([
    ['another priority', { priority: 1 }],
    ['another time limit', { timeoutMs: 1234 }],
    ['other retries', { retry: { maxAttempts: 2 } }],
    ['another delay', { delayMs: 3_600_001 }],
    ['a time instead of a delay', { delayMs: undefined, runAt: new Date(Date.now() + 7_200_000).toISOString() }],
    ['another time to live', { queueTtlMs: 9999 }],
    ['other parameters', { params: { from: 2 } }],
  ])('is refused with %s', async (_, change) => {
    const key = newKey();
    const body = { params: { from: 1 }, ...later };
    const first = await run('countdown', body, key);
    expect(await run('countdown', { ...body, ...change }, key)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    await post(`/api/executions/${String(first.body.executionId)}/cancel`, {});
  });

  it('is refused with a time and a delay at once', async () => {
    const answer = await run('noop', { delayMs: 1, runAt: new Date().toISOString() });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', problems: [{ path: '/delayMs' }] },
    });
  });
});

describe('a batch', () => {
  const executions = [
    { skillId: 'noop', params: {} },
    { skillId: 'countdown', params: { from: 1, intervalMs: 1 }, delayMs: 5 },
  ];

  it('that is repeated under its key is the same batch of the same executions', async () => {
    const key = newKey();
    const first = await post('/api/executions/batch', { executions }, key);
    expect(first.body.accepted).toBe(2);
    expect((await post('/api/executions/batch', { executions }, key)).body).toEqual(first.body);
    expect((await post('/api/executions/batch', { executions }, newKey())).body.batchId).not.toBe(first.body.batchId);
  });

  it('stands in the log as what its executions belong to', async () => {
    const { body } = await post('/api/executions/batch', { executions });
    for (const { executionId } of body.executions) {
      const [event] = await server.platform.services.log.readStream(executionId);
      expect(event).toMatchObject({ type: 'ExecutionRequested', correlationId: body.batchId, causationId: null });
    }
  });
});

it('an execution that is run again names the event that it follows', async () => {
  const { body } = await server.run(token, 'noop');
  const again = await post(`/api/executions/${String(body.executionId)}/retry`, {});
  const events = await server.platform.services.log.readStream(body.executionId);
  const [requested] = await server.platform.services.log.readStream(again.body.executionId);
  expect(requested?.causationId).toBe(events.at(-1)?.id);
});

describe('secret parameters', () => {
  const order = (apiToken: string, rest: object = {}) => ({ params: { apiToken, visible: 'shown' }, ...rest });

  it('tell a repetition from another order, also after they are gone', async () => {
    const key = newKey();
    const first = await run('takes-secret', order('sesame', later), key);
    const { executionId } = first.body;
    expect((await run('takes-secret', order('sesame', later), key)).body).toEqual(first.body);
    const reused = { status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } };
    expect(await run('takes-secret', order('other', later), key)).toMatchObject(reused);
    expect(secretsKept()).toBe(1);
    await end(executionId);
    expect((await run('takes-secret', order('sesame', later), key)).body).toEqual(first.body);
    expect(await run('takes-secret', order('other', later), key)).toMatchObject(reused);
    expect(secretsKept()).toBe(0);
  });

  it('of orders that arrive at once under one key are those of the one that is run', async () => {
    const key = newKey();
    const answers = await Promise.all(
      ['a', 'bb', 'ccc', 'a', 'bb', 'ccc'].map((apiToken) =>
        server.call('POST', '/api/skills/takes-secret/execute', {
          token,
          body: order(apiToken),
          headers: { 'idempotency-key': key, prefer: 'wait=50' },
        }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 422, 422, 200, 422, 422]);
    expect(answers[0]!.body.result).toMatchObject({ secretLength: 1 });
    await expect.poll(secretsKept, { timeout: 20_000 }).toBe(0);
  });

  it('and guesses at them stand nowhere in the log, and are shown as they always are', async () => {
    const first = await run('takes-secret', order('sesame-canary', later), newKey());
    const path = `/api/executions/${String(first.body.executionId)}`;
    const { body } = await server.call('GET', path, { token });
    expect(body.params).toEqual({ apiToken: '***', visible: 'shown' });
    for (const file of ['log.db', 'log.db-wal']) {
      expect(readFileSync(join(dir, file)).toString('latin1')).not.toContain('sesame-canary');
    }
    await end(first.body.executionId);
  });

  it('do not stay when the log does not take the order', async () => {
    const { requests, catalog } = server.platform.services;
    const { log } = server.platform.services;
    const visible = 'x'.repeat(log.capabilities.maxAppendBytes);
    const asked = { owner: 'user_a', actor: 'user_a', skill: catalog.get('takes-secret')! };
    for (const options of [{}, { idempotencyKey: newKey() }]) {
      const refused = requests.request({ ...asked, params: { apiToken: 's', visible }, options });
      await expect(refused).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
    }
    expect(secretsKept()).toBe(0);
  });

  it('that a crash left behind are gone after the next start; those of open executions are not', async () => {
    const { body } = await run('takes-secret', order('kept', later));
    const ended = await run('takes-secret', order('ended', later));
    await post(`/api/executions/${String(ended.body.executionId)}/cancel`, {});
    await expect.poll(secretsKept, { timeout: 20_000 }).toBe(1);
    await server.stop();
    const path = join(dir, 'vault.db');
    const vault = new VaultFile(path, readVaultKey(dir, path));
    for (const id of ['exec_neverwritten', ended.body.executionId])
      vault.put('params', id, 'user_a', { apiToken: 'x' });
    expect(vault.keys('params')).toHaveLength(3);
    vault.close();
    server = await TestServer.start(dir, flags);
    expect(secretsKept()).toBe(1);
    await end(body.executionId);
  });
});
