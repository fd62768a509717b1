import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { metrics } from '../../src/metric-table.ts';
import { takeKafka } from '../support/kafka.ts';
import { TestNodes } from '../support/nodes.ts';
import { metricsOf, samplesOf } from '../support/scrape.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { TestSocket } from '../support/web-socket.ts';

const base = tempDir();
const kafka = await takeKafka();
afterAll(() => kafka.stop());

/** A node that is not heard of is gone after six seconds; a slow machine may take its time. */
const patienceMs = 90_000;

interface Execution {
  readonly executionId: string;
  readonly status: string;
  readonly attempt: number;
}

interface Event {
  readonly type: string;
  readonly data: { readonly node?: string; readonly attempt?: number };
}

describe.skipIf(kafka.missing !== null)('three nodes of a cell', () => {
  const cell = new TestNodes(base, kafka.brokers, {
    names: ['a', 'b', 'c'],
    flags: [`--kafka-cell=nodes-${String(process.pid)}`, '--runner=process', '--runner-slots=1', '--timeout-ms=60000'],
  });
  const { names } = cell;
  const json = <T>(name: string, path: string, body?: unknown): Promise<T> => cell.json<T>(name, path, body);
  const run = async (name: string, from: number, intervalMs: number): Promise<string> => {
    const path = '/api/skills/countdown/execute';
    return (await json<Execution>(name, path, { params: { from, intervalMs } })).executionId;
  };
  const eventsOf = async (name: string, id: string): Promise<readonly Event[]> =>
    (await json<{ events: Event[] }>(name, `/api/executions/${id}/events?limit=500`)).events;
  const allEnd = (name: string, ids: readonly string[]): Promise<unknown> =>
    until(
      'all are completed',
      async () => {
        const shown = await Promise.all(ids.map((id) => json<Execution>(name, `/api/executions/${id}`)));
        return shown.every(({ status }) => status === 'completed');
      },
      patienceMs,
    );
  const idOf = async (name: string): Promise<string> => (await json<{ node: string }>(name, '/api/system/status')).node;
  /** An execution that runs on this node. */
  const runningOn = (name: string, node: string, ids: readonly string[]): Promise<string> =>
    until(
      'one runs there',
      async () => {
        for (const id of ids) {
          const last = (await eventsOf(name, id)).findLast(({ type }) => /Started|Lost|Completed/.test(type));
          if (last?.type === 'ExecutionStarted' && last.data.node === node) return id;
        }
        return '';
      },
      patienceMs,
    );
  const expectOneEnd = async (name: string, ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      const types = (await eventsOf(name, id)).map(({ type }) => type);
      expect(types.filter((type) => type === 'ExecutionCompleted')).toHaveLength(1);
      expect(types.at(-1)).toBe('ExecutionCompleted');
    }
  };

  beforeAll(async () => {
    await cell.startAll();
  }, patienceMs);

  it('know each other, and each owns a share', { timeout: patienceMs }, async () => {
    interface Cluster {
      readonly cluster: { readonly nodes: readonly string[]; readonly shards: number };
    }
    await until('all are members', async () => {
      const shown = await Promise.all(names.map((name) => json<Cluster>(name, '/api/system/status')));
      const shards = shown.reduce((sum, { cluster }) => sum + cluster.shards, 0);
      return shown.every(({ cluster }) => cluster.nodes.length === 3 && cluster.shards > 0) && shards === 64;
    });
  });

  it('share accounts: who signs in at one is known to all, and signed out everywhere', async () => {
    const known = { email: 'ann@example.org', password: 'correct horse battery' };
    expect((await cell.call('a', '/api/auth/register', { ...known, username: 'ann' })).status).toBe(201);
    const session = await json<{ token: string }>('b', '/api/auth/login', known);
    expect(session.token).toMatch(/./);
    expect((await cell.call('c', '/api/auth/register', { ...known, username: 'other' })).status).toBe(409);
    for (const name of names)
      expect((await cell.call(name, '/api/auth/me', undefined, { token: session.token })).status).toBe(200);
    expect((await cell.call('c', '/api/auth/logout', {}, { token: session.token })).status).toBeLessThan(300);
    await until('all have heard of it', async () => {
      const answers = await Promise.all(
        names.map((name) => cell.call(name, '/api/auth/me', undefined, { token: session.token })),
      );
      return answers.every(({ status }) => status === 401);
    });
  });

  it('share the work, and each knows at once what another one took', { timeout: patienceMs }, async () => {
    const ids: string[] = [];
    for (let i = 0; i < 18; i++) {
      const id = await run('a', 3, 100);
      expect((await cell.call('c', `/api/executions/${id}`)).status).toBe(200);
      ids.push(id);
    }
    await allEnd('b', ids);
    const ran = new Set<string | undefined>();
    for (const id of ids)
      for (const { type, data } of await eventsOf('b', id)) if (type === 'ExecutionStarted') ran.add(data.node);
    expect(ran.size).toBe(3);
    await expectOneEnd('c', ids);
  });

  it('measure the way to Kafka and back: every metric of the table is in the scrape of each', async () => {
    const scrapes = await Promise.all(names.map(async (name) => (await cell.call(name, '/metrics')).text()));
    for (const scrape of scrapes) {
      const own = [...metricsOf(scrape)].filter((metric) => metric.startsWith('ihuman_'));
      expect(own.toSorted()).toEqual(metrics.map(({ name }) => name).toSorted());
      const samples = samplesOf(scrape);
      expect(samples.get('ihuman_kafka_produce_duration_seconds_count')).toBeGreaterThan(0);
      expect(samples.get('ihuman_kafka_membership_changes_total')).toBeGreaterThan(0);
      expect(samples.get('ihuman_kafka_last_fetch_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000 - 3600);
    }
    const owned = scrapes.map((scrape) => samplesOf(scrape).get('ihuman_kafka_shards_owned') ?? 0);
    expect(owned.reduce((sum, shards) => sum + shards, 0)).toBe(64);
    await until('nobody is behind', async () => {
      const now = await Promise.all(
        names.map(async (name) => samplesOf(await (await cell.call(name, '/metrics')).text())),
      );
      return now.every((samples) => samples.get('ihuman_kafka_fold_lag_records') === 0);
    });
  });

  it(
    'run elsewhere what ran on one that was killed, and a socket goes on at another one without a gap',
    { timeout: 2 * patienceMs },
    async () => {
      const ids = await Promise.all(Array.from({ length: 9 }, () => run('a', 40, 50)));
      const victim = await idOf('b');
      const followed = await runningOn('a', victim, ids);
      const options = { headers: { authorization: `Bearer ${cell.token}` } };
      const before = await TestSocket.open(`${cell.of('b').url}/ws?v=2&execution=${followed}`, options);
      await until('it has seen some of it', () => before.seqs(followed).length > 3);
      await cell.of('b').kill();
      const last = before.seqs(followed).at(-1) ?? 0;
      const after = await TestSocket.open(`${cell.of('c').url}/ws?v=2`, options);
      after.send({ type: 'subscribe', executionId: followed, since: { seq: last } });
      await allEnd('a', ids);
      await until('the socket has seen the end', () => after.of('execution-complete').length === 1);
      const messages = [...before.messages, ...after.messages].filter(({ seq }) => seq !== undefined);
      const seqs = messages.filter(({ type }) => type.startsWith('execution-')).map(({ seq }) => Number(seq));
      expect(new Set(seqs).size).toBe(seqs.length);
      expect(seqs).toEqual([...seqs].sort((x, y) => x - y));
      const lost = (await eventsOf('a', followed)).filter(({ type }) => type === 'ExecutionAttemptLost');
      expect(lost).toHaveLength(1);
      await expectOneEnd('a', ids);
      after.close();
      await cell.start('b');
    },
  );

  it('are not harmed by one that was stopped in its tracks and wakes up', { timeout: 2 * patienceMs }, async () => {
    const ids = await Promise.all(Array.from({ length: 9 }, () => run('a', 60, 50)));
    const sleeper = await idOf('b');
    const taken = await runningOn('a', sleeper, ids);
    cell.of('b').child.kill('SIGSTOP');
    await until(
      'its attempt is lost',
      async () => (await eventsOf('a', taken)).some(({ type }) => type === 'ExecutionAttemptLost'),
      patienceMs,
    );
    await allEnd('a', ids);
    cell.of('b').child.kill('SIGCONT');
    await until(
      'it has caught up',
      async () => (await json<Execution>('b', `/api/executions/${taken}`)).status === 'completed',
    );
    await expectOneEnd('b', ids);
    const more = await Promise.all(Array.from({ length: 6 }, () => run('b', 3, 50)));
    await allEnd('c', more);
    await expectOneEnd('a', [...ids, ...more]);
  });

  it('do what their roles say: one answers and runs nothing, another one runs and answers nothing', async () => {
    await cell.start('api', ['--roles=api']);
    await cell.start('runner', ['--roles=runner']);
    expect((await cell.call('runner', '/api/skills')).status).toBe(404);
    expect((await cell.call('runner', '/health/ready')).status).toBe(200);
    const ids = await Promise.all(Array.from({ length: 8 }, () => run('api', 2, 50)));
    await allEnd('api', ids);
    const apiNode = await idOf('api');
    for (const id of ids) for (const { data } of await eventsOf('api', id)) expect(data.node ?? '').not.toBe(apiNode);
    const { cluster } = await json<{ cluster: { shards: number; nodes: string[] } }>('api', '/api/system/status');
    expect(cluster.shards).toBe(0);
    expect(cluster.nodes).not.toContain(apiNode);
    for (const name of ['api', 'runner']) expect(await cell.of(name).terminate()).toBe(0);
  });

  it('have the same log, down to its last hash', async () => {
    await cell.stopAndCompare();
  });
});
