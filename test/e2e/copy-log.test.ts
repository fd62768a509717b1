import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { verifyDataDir } from '../../src/verify.ts';
import { takeKafka } from '../support/kafka.ts';
import { run } from '../support/python.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const base = tempDir();
const kafka = await takeKafka();
afterAll(() => kafka.stop());

const at = (name: string): string => join(base, name);
const onKafka = [`--kafka-brokers=${kafka.brokers.join(',')}`, `--kafka-cell=copy-${String(process.pid)}`];
const account = { email: 'ann@example.org', password: 'correct horse battery' };

interface Shown {
  readonly total: number;
  readonly executions: readonly { readonly executionId: string; readonly status: string }[];
}

/** What a server shows to somebody who signs in, and then to an administrator. */
async function shownBy(dir: string, flags: readonly string[], adminKey: string): Promise<Shown> {
  const server = await ServerProcess.start(at(dir), ['--runner=inline', ...flags]);
  const signedIn = await fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(account),
  });
  expect(signedIn.status).toBe(200);
  const headers = { authorization: `Bearer ${adminKey}` };
  const shown = (await (await fetch(`${server.url}/api/executions?limit=50`, { headers })).json()) as Shown;
  expect(await server.terminate()).toBe(0);
  return {
    total: shown.total,
    executions: shown.executions.map(({ executionId, status }) => ({ executionId, status })),
  };
}

const log = (...args: string[]): ReturnType<typeof run> => run(process.execPath, ['src/log-main.ts', ...args]);

describe.skipIf(kafka.missing !== null)('moving a log', () => {
  it(
    'to Kafka and back keeps every append, account and key, and says so by the chain',
    { timeout: 120_000 },
    async () => {
      const first = await ServerProcess.start(at('embedded'), ['--runner=inline']);
      const key = readFileSync(first.adminKeyFile, 'utf8').trim();
      const post = (path: string, body: unknown): Promise<Response> =>
        fetch(first.url + path, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer: 'wait=20' },
          body: JSON.stringify(body),
        });
      expect((await post('/api/auth/register', { ...account, username: 'ann' })).status).toBe(201);
      for (let i = 0; i < 5; i++) await post('/api/skills/countdown/execute', { params: { from: 2, intervalMs: 1 } });
      expect(await first.terminate()).toBe(0);
      const before = await shownBy('embedded', [], key);
      expect(before.total).toBe(5);

      const there = await log(
        'copy',
        '--to=kafka',
        `--data-dir=${at('embedded')}`,
        `--new-data-dir=${at('node')}`,
        ...onKafka,
      );
      expect(there.code, there.output).toBe(0);
      const chain = verifyDataDir(at('embedded'), () => undefined).chain;
      expect(there.stdout).toContain(chain.intact ? chain.headHash : 'intact');
      expect(await shownBy('node', ['--log=kafka', ...onKafka], key)).toEqual(before);

      const again = await log(
        'copy',
        '--to=kafka',
        `--data-dir=${at('embedded')}`,
        `--new-data-dir=${at('other')}`,
        ...onKafka,
      );
      expect([again.code, again.output]).toEqual([2, expect.stringContaining('holds a log already')]);

      const back = await log(
        'copy',
        '--to=embedded',
        `--data-dir=${at('node')}`,
        `--new-data-dir=${at('back')}`,
        ...onKafka,
      );
      expect(back.code, back.output).toBe(0);
      expect(await shownBy('back', [], key)).toEqual(before);
      expect(verifyDataDir(at('back'), () => undefined)).toMatchObject({ clean: true });

      const occupied = await log(
        'copy',
        '--to=embedded',
        `--data-dir=${at('node')}`,
        `--new-data-dir=${at('back')}`,
        ...onKafka,
      );
      expect([occupied.code, occupied.output]).toEqual([2, expect.stringContaining('Choose a new directory')]);
    },
  );

  it('refuses what a server is using, and what it cannot understand', async () => {
    const server = await ServerProcess.start(at('busy'), ['--runner=inline']);
    const used = await log(
      'copy',
      '--to=kafka',
      `--data-dir=${at('busy')}`,
      `--new-data-dir=${at('never')}`,
      ...onKafka,
    );
    expect([used.code, used.output]).toEqual([2, expect.stringContaining('Another server is using')]);
    await server.terminate();
    expect((await log('copy', '--to=paper')).code).toBe(2);
    expect((await log('--help')).stdout).toContain('npm run log -- copy');
  });

  it('lets a node join from a snapshot', { timeout: 60_000 }, async () => {
    const snapshot = (...args: string[]): ReturnType<typeof run> =>
      run(process.execPath, ['src/snapshot-main.ts', ...args]);
    const created = await snapshot('create', `--data-dir=${at('node')}`, `--to=${at('snapshot')}`);
    expect(created.code, created.output).toBe(0);
    const restored = await snapshot('restore', `--from=${at('snapshot')}`, `--data-dir=${at('joined')}`);
    expect(restored.code, restored.output).toBe(0);
    const environment = { IHUMAN_VAULT_KEY: readFileSync(join(at('node'), 'vault.key'), 'utf8').trim() };
    const server = await ServerProcess.start(at('joined'), ['--runner=inline', '--log=kafka', ...onKafka], environment);
    const key = readFileSync(join(at('embedded'), 'admin-key'), 'utf8').trim();
    const answer = await fetch(`${server.url}/api/executions`, { headers: { authorization: `Bearer ${key}` } });
    expect(await answer.json()).toMatchObject({ total: 5 });
    expect(await server.terminate()).toBe(0);
  });
});
