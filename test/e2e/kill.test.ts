import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { verifyDataDir } from '../../src/verify.ts';
import { takeKafka } from '../support/kafka.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const base = tempDir();
const kafka = await takeKafka();
afterAll(() => kafka.stop());
const onKafka = ['--log=kafka', `--kafka-brokers=${kafka.brokers.join(',')}`];

interface Backend {
  readonly name: string;
  readonly dir: string;
  /** How the server of a data directory is started. */
  readonly flagsFor: (place: string) => readonly string[];
  readonly missing: string | null;
}

const backends: readonly Backend[] = [
  { name: 'the embedded log', dir: join(base, 'embedded'), flagsFor: () => [], missing: null },
  {
    name: 'Kafka',
    dir: join(base, 'kafka'),
    // A data directory has a log of its own.
    flagsFor: (place) => [...onKafka, `--kafka-cell=kill-${String(process.pid)}-${place.length.toString()}`],
    missing: kafka.missing,
  },
];

/** In CI a few rounds; IHUMAN_TEST_KILLS sets another number. */
const rounds = Number(process.env.IHUMAN_TEST_KILLS ?? 6);
const seed = Number(process.env.IHUMAN_TEST_SEED ?? 20261);
/** How long the last server may take for what the rounds left open: every tenth execution is a slow one. */
const drainMs = 60_000 + rounds * 20_000;
const flags = ['--runner=process', '--runner-slots=2', '--timeout-ms=60000'];

/** Mulberry32: the rounds can be repeated from the seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Acknowledged {
  readonly key: string;
  readonly executionId: string;
}

/** Asks for executions until the server is gone; returns those that it acknowledged. */
async function load(url: string, token: string, round: number): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  const one = async (worker: number): Promise<void> => {
    for (let i = 0; ; i++) {
      const key = `round-${round}-${worker}-${i}`;
      const slow = i % 10 === 0;
      const body = slow ? { params: { from: 3, intervalMs: 20 } } : {};
      const response = await fetch(`${url}/api/skills/${slow ? 'countdown' : 'noop'}/execute`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      });
      if (response.status !== 202) throw new Error(`unexpected answer ${response.status}`);
      acknowledged.push({ key, executionId: ((await response.json()) as { executionId: string }).executionId });
    }
  };
  await Promise.allSettled(Array.from({ length: 8 }, (_, worker) => one(worker)));
  return acknowledged;
}

describe.each(backends)('on $name', ({ dir, flagsFor, missing }) => {
  const start = (place: string): Promise<ServerProcess> => ServerProcess.start(place, [...flags, ...flagsFor(place)]);

  it.skipIf(missing !== null)(
    `INV-1: every acknowledged execution is there once, ends, and log and read models agree after ${rounds} kill -9 under load (seed ${seed})`,
    { timeout: 2 * drainMs },
    async () => {
      const random = randomFrom(seed);
      const acknowledged: Acknowledged[] = [];
      for (let round = 0; round < rounds; round++) {
        const server = await start(dir);
        const token = readFileSync(server.adminKeyFile, 'utf8').trim();
        const loading = load(server.url, token, round);
        await new Promise((resolve) => setTimeout(resolve, 50 + random() * 450));
        await server.kill();
        acknowledged.push(...(await loading));
      }
      expect(acknowledged.length).toBeGreaterThan(rounds);

      const server = await start(dir);
      const token = readFileSync(server.adminKeyFile, 'utf8').trim();
      const get = async (path: string): Promise<Record<string, unknown>> => {
        const response = await fetch(server.url + path, { headers: { authorization: `Bearer ${token}` } });
        return (await response.json()) as Record<string, unknown>;
      };
      await until(
        'nothing is open any more',
        async () => {
          const { runner } = (await get('/api/system/status')) as { runner: { running: number; waiting: number } };
          return runner.running === 0 && runner.waiting === 0;
        },
        drainMs,
      );
      const ends = new Set(['completed', 'failed', 'timed-out', 'cancelled', 'expired']);
      for (const { executionId, key } of acknowledged) {
        const execution = await get(`/api/executions/${executionId}`);
        expect(ends.has(String(execution.status)), `${key}: ${JSON.stringify(execution)}`).toBe(true);
      }
      expect(new Set(acknowledged.map(({ executionId }) => executionId)).size).toBe(acknowledged.length);
      expect(await server.terminate()).toBe(0);
      const verification = verifyDataDir(dir, () => undefined);
      expect(verification).toMatchObject({ clean: true, chain: { intact: true }, readModels: { differences: [] } });
    },
  );

  it.skipIf(missing !== null)(
    'an attempt that was running when the server died runs again, and the trail says so',
    async () => {
      const place = join(dir, 'running');
      const first = await start(place);
      const token = readFileSync(first.adminKeyFile, 'utf8').trim();
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const asked = await fetch(`${first.url}/api/skills/countdown/execute`, {
        method: 'POST',
        headers,
        body: '{"params":{"from":20,"intervalMs":50}}',
      });
      const { executionId } = (await asked.json()) as { executionId: string };
      const shown = async (url: string): Promise<{ status: string; attempt: number; progress: number }> =>
        (await (await fetch(`${url}/api/executions/${executionId}`, { headers })).json()) as {
          status: string;
          attempt: number;
          progress: number;
        };
      await until('it is half-way', async () => (await shown(first.url)).progress > 20);
      await first.kill();
      const second = await start(place);
      await until('it completes', async () => (await shown(second.url)).status === 'completed');
      expect((await shown(second.url)).attempt).toBe(2);
      const trail = (await (
        await fetch(`${second.url}/api/executions/${executionId}/events?limit=500`, { headers })
      ).json()) as { events: { type: string }[] };
      const types = trail.events.map((event) => event.type);
      expect(types.filter((type) => type === 'ExecutionAttemptLost')).toHaveLength(1);
      expect(types.filter((type) => type === 'ExecutionCompleted')).toHaveLength(1);
      await second.terminate();
    },
  );
});
