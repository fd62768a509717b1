import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RecordedEvent } from '../../../src/event-log/event-log.ts';
import { diceFrom } from '../../support/dice.ts';
import { type CellNode, openCellNode, type Ownership, TestCell } from '../../support/cell.ts';
import { appendOf, wholeLog } from '../../support/log.ts';
import { requestOf } from '../../support/requested.ts';
import { noFaults, SimulatedPartition } from '../../support/simulated-partition.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const base = tempDir();
const names = ['node_a', 'node_b', 'node_c'];
const retry = { maxAttempts: 1, initialDelayMs: 1, factor: 1, maxDelayMs: 1, maxLostAttempts: 50 };
const endings = ['ExecutionCompleted', 'ExecutionFailed', 'ExecutionTimedOut', 'ExecutionCancelled'];

/** Each execution ran to one end, attempt after attempt, and nobody spoke for an attempt that was not the present one. */
function expectOrdered(events: readonly RecordedEvent[]): void {
  let attempt = 0;
  let running = false;
  let node = '';
  for (const event of events) {
    if (event.type === 'ExecutionStarted') {
      expect([running, event.data.attempt]).toEqual([false, attempt + 1]);
      attempt = event.data.attempt;
      running = true;
      node = event.data.node;
    } else if (event.type !== 'ExecutionRequested') {
      expect([running, (event.data as { attempt: number }).attempt]).toEqual([true, attempt]);
      if (event.type !== 'ExecutionProgressed') running = false;
    }
  }
  expect(events.filter(({ type }) => endings.includes(type)).map(({ type }) => type)).toEqual(['ExecutionCompleted']);
  expect(events.at(-1)).toMatchObject({ type: 'ExecutionCompleted', data: { result: { node, attempt } } });
}

async function expectAllRunOnce(node: CellNode, requested: number): Promise<void> {
  const byStream = Map.groupBy(
    (await wholeLog(node.log)).filter(({ stream }) => stream.startsWith('exec_')),
    ({ stream }) => stream,
  );
  expect(byStream.size).toBe(requested);
  for (const events of byStream.values()) expectOrdered(events);
}

describe.each<Ownership>(['shared', 'off'])('nodes of a cell, with ownership %s', (ownership) => {
  it(
    'INV-8: run every execution to one end, while one of them dies and one is cut off and comes back',
    { timeout: 180_000 },
    async () => {
      const faults = { lostAck: 5, lostRecord: 5, duplicate: 5, late: 5, pause: 5, again: 5 };
      const run = async (seed: number, dies: number, sleeps: number): Promise<void> => {
        const dice = diceFrom(seed);
        const partition = new SimulatedPartition(dice, faults);
        const cell = new TestCell(ownership);
        const nodes = await Promise.all(names.map((name) => openCellNode(name, { cell, partition, dice, base })));
        const order = [dies, (dies + 1 + sleeps) % 3, (dies + 2 - sleeps) % 3];
        const [dead, sleeper, awake] = order.map((i) => nodes[i]) as [CellNode, CellNode, CellNode];
        let requested = 0;
        const request = async (): Promise<unknown> => {
          const stream = `exec_${String(requested++).padStart(4, '0')}`;
          const living = nodes.filter((node) => node !== dead);
          const { log } = living[dice(living.length)] as CellNode;
          return log.append(
            appendOf(stream, {
              expected: 'none',
              events: [{ type: 'ExecutionRequested', data: requestOf({ retry }) }],
            }),
          );
        };
        await Promise.all(Array.from({ length: 15 }, request));
        for (const { skillRunner } of nodes) skillRunner.hangs = true;
        await Promise.all(Array.from({ length: 15 }, request));
        await dead.log.close();
        sleeper.transport.asleep = true;
        cell.remove(dead.name);
        const listeners = cell.remove(sleeper.name);
        await until('the others run again what both were running', async () => (await awake.elsewhere()) === 0);
        sleeper.skillRunner.hangs = false;
        await until('the sleeper has something to say', () => sleeper.skillRunner.running === 0);
        sleeper.transport.asleep = false;
        cell.restore(sleeper.name, listeners);
        await Promise.all(Array.from({ length: 5 }, request));
        awake.skillRunner.hangs = false;
        partition.faults = noFaults;
        const living = nodes.filter((node) => node !== dead);
        await until('all have ended', () => living.every(({ runner }) => runner.open === 0 && runner.running === 0));
        for (const node of living) {
          expect(node.errors).toEqual([]);
          await expectAllRunOnce(node, requested);
        }
        dead.skillRunner.hangs = false;
        await Promise.all(nodes.map((node) => node.close()));
      };
      await fc.assert(fc.asyncProperty(fc.nat(), fc.nat(2), fc.nat(1), run), { numRuns: 6 });
    },
  );
});
