import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { AppendRequest, AppendResult, Expected, StoredAppend } from '../../../../src/event-log/event-log.ts';
import { KafkaLog } from '../../../../src/event-log/kafka/kafka-log.ts';
import type { KafkaTransport } from '../../../../src/event-log/kafka/transport.ts';
import { isAppError } from '../../../../src/kernel/errors.ts';
import { StoreClient } from '../../../../src/store/store-client.ts';
import { diceFrom } from '../../../support/dice.ts';
import { appendOf, tick } from '../../../support/log.ts';
import { noFaults, SimulatedPartition } from '../../../support/simulated-partition.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

const base = tempDir();
const newPlace = (): string => mkdtempSync(join(base, 'node-'));

interface Node {
  readonly log: KafkaLog;
  readonly place: string;
  readonly failures: readonly Error[];
  close(): Promise<void>;
}

async function openNode(transport: KafkaTransport, place: string, outcomeMs = 60_000): Promise<Node> {
  const failures: Error[] = [];
  const { log, store } = await KafkaLog.open({
    transport,
    cell: 'test',
    openStore: (epoch) => StoreClient.start({ dataDir: place, copyOf: epoch }),
    onFailure: (error) => failures.push(error),
    resendMs: 20,
    outcomeMs,
  });
  const close = async (): Promise<void> => {
    await log.close();
    await store.close();
  };
  return { log, place, failures, close };
}

async function allAppends({ log }: Node): Promise<readonly StoredAppend[]> {
  const appends: StoredAppend[] = [];
  for (;;) {
    const page = await log.readAppends({ after: appends.at(-1)?.position ?? 0, limit: 500 });
    if (page.length === 0) return appends;
    appends.push(...page);
  }
}

interface Step {
  readonly node: number;
  readonly stream: string;
  readonly expected: Expected;
  readonly count: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  node: fc.nat(2),
  stream: fc.constantFrom('exec_a', 'exec_b', 'exec_c'),
  expected: fc.oneof(fc.constantFrom<Expected>('any', 'none', 'exists'), fc.integer({ min: 0, max: 8 })),
  count: fc.integer({ min: 1, max: 3 }),
});

describe('nodes that share a partition on which everything goes wrong', () => {
  it('agree on every append, whoever was late, cut off, repeated or started again', { timeout: 120_000 }, async () => {
    const faults = { lostAck: 10, lostRecord: 10, duplicate: 10, late: 10, pause: 5, again: 10 };
    const run = async (seed: number, steps: readonly Step[], restartAt: number): Promise<void> => {
      const partition = new SimulatedPartition(diceFrom(seed), faults);
      const places = [newPlace(), newPlace(), newPlace()];
      const nodes = await Promise.all(places.map((place) => openNode(partition.connect(), place)));
      const answers = new Map<string, { request: AppendRequest; result: AppendResult }>();
      const sent = steps.map(async ({ node, stream, expected, count }, i) => {
        if (i === restartAt) {
          await nodes[2]?.close();
          nodes[2] = await openNode(partition.connect(), places[2] ?? '');
        }
        const events = Array.from({ length: count }, () => tick(i));
        const request = appendOf(stream, { expected, events, appendId: `id-${String(i)}` });
        try {
          answers.set(`id-${String(i)}`, { request, result: await (nodes[node] as Node).log.append(request) });
        } catch (error) {
          // The node that was just being started again.
          expect(isAppError(error) && error.code).toBe('LOG_UNAVAILABLE');
        }
      });
      await Promise.all(sent);
      partition.faults = noFaults;
      await until('nothing is on its way', () => Promise.resolve(partition.late === 0));
      const fresh = await openNode(partition.connect(), newPlace());
      const all = [...nodes, fresh];
      await Promise.all(all.map(({ log }) => log.sync()));

      const [first = [], ...others] = await Promise.all(all.map(allAppends));
      for (const other of others) expect(other).toEqual(first);
      expect(all.flatMap(({ failures }) => failures)).toEqual([]);
      expectDense(first);
      for (const { request, result } of answers.values()) {
        expectKept(first, request, result);
        expect(await fresh.log.append(request)).toEqual(result);
      }
      await Promise.all(all.map((node) => node.close()));
    };
    await fc.assert(fc.asyncProperty(fc.nat(), fc.array(step, { minLength: 20, maxLength: 60 }), fc.nat(40), run), {
      numRuns: 8,
    });
  });

  it('sees after a sync what another node acknowledged before', async () => {
    const faults = { ...noFaults, pause: 50, again: 10 };
    const partition = new SimulatedPartition(diceFrom(3), faults);
    const [a, b] = [await openNode(partition.connect(), newPlace()), await openNode(partition.connect(), newPlace())];
    for (let i = 0; i < 30; i++) {
      await a.log.append(appendOf(`exec_${String(i)}`, { expected: 'none' }));
      await b.log.sync();
      expect(await b.log.readStream(`exec_${String(i)}`)).toHaveLength(1);
    }
    await Promise.all([a.close(), b.close()]);
  });

  it('leaves an append that never comes back as unknown, and settles it under the same id later', async () => {
    const partition = new SimulatedPartition(diceFrom(7), noFaults);
    const node = await openNode(partition.connect(), newPlace(), 300);
    partition.faults = { ...noFaults, lostRecord: 100 };
    const request = appendOf('exec_a', { expected: 'none', appendId: 'the-id' });
    await expect(node.log.append(request)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    partition.faults = noFaults;
    const settled = await node.log.append(request);
    expect(settled).toMatchObject({ outcome: 'accepted', firstRevision: 0 });
    expect(await node.log.append(request)).toEqual(settled);
    await node.close();
  });
});

describe('a partition that is not what a node knows', () => {
  it('stops a node when records are missing in the middle', async () => {
    const partition = new SimulatedPartition(diceFrom(1), noFaults);
    const node = await openNode(partition.connect(), newPlace());
    await node.log.append(appendOf('exec_a'));
    const { length } = partition.records;
    const last = partition.records.at(-1);
    partition.records.push({ key: '', value: Buffer.alloc(0), ...last, headers: {}, offset: length + 5 });
    await until('the node has noticed', () => Promise.resolve(node.failures.length === 1));
    expect(node.failures[0]?.message).toContain('records are missing between the offsets');
    await expect(node.log.append(appendOf('exec_a'))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    await node.close();
  });

  it('refuses to start on a partition that was cut off behind the back of the copy', async () => {
    const partition = new SimulatedPartition(diceFrom(2), noFaults);
    const place = newPlace();
    const node = await openNode(partition.connect(), place);
    for (let i = 0; i < 5; i++) await node.log.append(appendOf('exec_a'));
    await node.close();
    partition.records.splice(-2);
    await expect(openNode(partition.connect(), place)).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  it('stops a node whose last record is another one now', async () => {
    const partition = new SimulatedPartition(diceFrom(3), noFaults);
    const place = newPlace();
    const node = await openNode(partition.connect(), place);
    await node.log.append(appendOf('exec_a', { events: [tick(1)] }));
    await node.close();
    const last = partition.records.pop();
    if (last !== undefined) partition.records.push({ ...last, value: Buffer.from('something else') });
    const again = await openNode(partition.connect(), place).catch((error: unknown) => error);
    if (again instanceof Error) expect(again).toMatchObject({ code: 'LOG_CORRUPT' });
    else {
      const opened = again as Node;
      await until('the node has noticed', () => Promise.resolve(opened.failures.length === 1));
      await opened.close();
    }
  });

  it('refuses the data directory of another log', async () => {
    const place = newPlace();
    const one = await openNode(new SimulatedPartition(diceFrom(4), noFaults).connect(), place);
    await one.close();
    const other = new SimulatedPartition(diceFrom(5), noFaults).connect();
    await expect(openNode(other, place)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' });
  });

  it('passes over records that are no appends, and keeps its place among them', async () => {
    const partition = new SimulatedPartition(diceFrom(6), noFaults);
    const place = newPlace();
    const node = await openNode(partition.connect(), place);
    for (const headers of [{}, { ap: 'none' }, { ap: '-7 1 x' }, { ap: 'none 0 x' }, { ap: 'none 1 x y' }]) {
      partition.write({ key: 'exec_a', headers, value: Buffer.from('?') });
    }
    expect(await node.log.append(appendOf('exec_a'))).toMatchObject({ outcome: 'accepted', firstRevision: 0 });
    await node.close();
    const again = await openNode(partition.connect(), place);
    expect(await again.log.append(appendOf('exec_a'))).toMatchObject({ outcome: 'accepted', firstRevision: 1 });
    await again.close();
  });
});

function expectDense(appends: readonly StoredAppend[]): void {
  const due = new Map<string, number>();
  for (const { stream, firstRevision, events } of appends) {
    expect(firstRevision).toBe(due.get(stream) ?? 0);
    due.set(stream, firstRevision + events.length);
  }
}

/** An accepted append is there once, where it was acknowledged; a refused one is nowhere. */
function expectKept(appends: readonly StoredAppend[], { stream, events }: AppendRequest, result: AppendResult): void {
  const mark = JSON.stringify(events[0]?.data);
  const found = appends.filter((append) => append.stream === stream && JSON.stringify(append.events[0]?.data) === mark);
  expect(found).toHaveLength(result.outcome === 'accepted' ? 1 : 0);
  if (result.outcome === 'accepted') {
    expect(found[0]).toMatchObject({ position: result.position, firstRevision: result.firstRevision });
  }
}
