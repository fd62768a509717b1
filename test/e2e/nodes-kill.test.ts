import { afterAll, describe, expect, it } from 'vitest';

import { diceFrom } from '../support/dice.ts';
import { takeKafka } from '../support/kafka.ts';
import { TestNodes } from '../support/nodes.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const base = tempDir();
const kafka = await takeKafka();
afterAll(() => kafka.stop());

/**
 * In CI a few rounds; IHUMAN_TEST_KILLS sets another number, IHUMAN_TEST_SEED other victims, IHUMAN_TEST_STOP_MS how long a node
 * that is stopped stands still (else up to ten seconds).
 */
const rounds = Number(process.env.IHUMAN_TEST_KILLS ?? 4);
const seed = Number(process.env.IHUMAN_TEST_SEED ?? 20261);
const stopMs = Number(process.env.IHUMAN_TEST_STOP_MS ?? 0);
const patienceMs = 120_000 + rounds * stopMs + rounds * 20_000;
const workers = 4;

interface Execution {
  readonly executionId: string;
  readonly status: string;
}

interface Event {
  readonly type: string;
}

describe.skipIf(kafka.missing !== null)('nodes of a cell under load', () => {
  it(
    `INV-8: lose and repeat nothing while ${String(rounds)} times one of them is killed or stopped for a while (seed ${String(seed)})`,
    { timeout: 3 * patienceMs },
    async () => {
      const dice = diceFrom(seed);
      const cell = new TestNodes(base, kafka.brokers, {
        names: ['a', 'b', 'c'],
        flags: [`--kafka-cell=kills-${String(process.pid)}`, '--runner-slots=1', '--timeout-ms=60000'],
      });
      await cell.startAll();
      const asked = new Map<string, string | null>();
      let loading = true;
      let away = '';
      const request = async (name: string, key: string): Promise<string | null> => {
        try {
          const slow = key.endsWith('0');
          const answer = await cell.call(
            name,
            `/api/skills/${slow ? 'countdown' : 'noop'}/execute`,
            slow ? { params: { from: 10, intervalMs: 50 } } : {},
            { headers: { 'idempotency-key': key } },
          );
          if (answer.status !== 202 && answer.status !== 200) return null;
          return ((await answer.json()) as Execution).executionId;
        } catch {
          return null;
        }
      };
      const load = async (worker: number): Promise<void> => {
        for (let i = 0; loading; i++) {
          const there = cell.names.filter((name) => name !== away);
          const key = `key-${String(worker)}-${String(i)}`;
          asked.set(key, null);
          asked.set(key, await request(there[i % there.length] ?? 'a', key));
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const loads = Array.from({ length: workers }, (_, worker) => load(worker));
      for (let round = 0; round < rounds; round++) {
        const victim = cell.names[dice(3)] ?? 'a';
        await new Promise((resolve) => setTimeout(resolve, 300 + dice(1000)));
        away = victim;
        if (dice(2) === 0) {
          await cell.of(victim).kill();
          await cell.start(victim);
        } else {
          cell.of(victim).child.kill('SIGSTOP');
          await new Promise((resolve) => setTimeout(resolve, stopMs || 1000 + dice(9000)));
          cell.of(victim).child.kill('SIGCONT');
        }
        away = '';
      }
      loading = false;
      await Promise.all(loads);

      // What was not answered is asked again, at another node: it happens once all the same.
      const ids = new Map<string, string>();
      for (const [key, id] of asked) {
        const again = await until(`${key} is taken`, () => request(cell.names[dice(3)] ?? 'a', key), patienceMs);
        if (id !== null) expect(again).toBe(id);
        ids.set(key, again);
      }
      expect(new Set(ids.values()).size).toBe(ids.size);
      await until(
        'all have ended',
        async () => {
          const { total } = await cell.json<{ total: number }>('a', '/api/executions?status=completed&limit=1');
          return total === ids.size;
        },
        patienceMs,
      );
      for (const id of ids.values()) {
        const { events } = await cell.json<{ events: Event[] }>('b', `/api/executions/${id}/events?limit=500`);
        expect(events.filter(({ type }) => type === 'ExecutionCompleted')).toHaveLength(1);
        expect(events.at(-1)?.type).toBe('ExecutionCompleted');
      }
      await cell.stopAndCompare();
    },
  );
});
