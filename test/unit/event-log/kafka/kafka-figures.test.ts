import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { KafkaLog } from '../../../../src/event-log/kafka/kafka-log.ts';
import { manifestRecord, recordOf } from '../../../../src/event-log/kafka/log-record.ts';
import type { ClusterFigures } from '../../../../src/event-log/log-figures.ts';
import { encodeRecord } from '../../../../src/event-log/record.ts';
import { definitely } from '../../../../src/kernel/assert.ts';
import { StoreClient } from '../../../../src/store/store-client.ts';
import { diceFrom } from '../../../support/dice.ts';
import { appendOf } from '../../../support/log.ts';
import { noFaults, SimulatedPartition, type SimulatedTransport } from '../../../support/simulated-partition.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

const base = tempDir();

async function openLog(transport: SimulatedTransport, outcomeMs: number): Promise<KafkaLog> {
  const { log, store } = await KafkaLog.open({
    transport,
    cell: 'test',
    openStore: (epoch) => StoreClient.start({ dataDir: mkdtempSync(join(base, 'node-')), copyOf: epoch }),
    onFailure: () => undefined,
    resendMs: 20,
    outcomeMs,
  });
  onTestFinished(async () => {
    await log.close();
    await store.close();
  });
  return log;
}

/** The last bucket of a histogram counts everything. */
function countOf({ upTo }: { readonly upTo: readonly { readonly count: number }[] }): number {
  return upTo.at(-1)?.count ?? 0;
}

function clusterOf(log: KafkaLog): ClusterFigures {
  return definitely(log.figures().cluster, 'a log on Kafka has figures of its cluster');
}

describe('what a log on Kafka measures of itself', () => {
  it('counts appends by how they end, and times those that were acknowledged', async () => {
    const partition = new SimulatedPartition(diceFrom(1), noFaults);
    const log = await openLog(partition.connect(), 60_000);
    const before = log.figures();
    await log.append(appendOf('exec_a', { expected: 'none' }));
    await log.append(appendOf('exec_b', { expected: 'none' }));
    await log.append(appendOf('exec_a', { expected: 'none' }));
    await expect(log.append(appendOf('not a name'))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    const { appends, appendSeconds, cluster } = log.figures();
    expect(appends).toEqual({ accepted: before.appends.accepted + 2, conflict: 1, unknown: 0, failed: 1 });
    expect(countOf(appendSeconds)).toBe(countOf(before.appendSeconds) + 3);
    expect(cluster).toMatchObject({ waiting: 0, resends: 0, produceFailures: 0, foreign: 0, lag: 0 });
  });

  it('counts what is sent again, requests that fail, and outcomes that stay unknown', async () => {
    const partition = new SimulatedPartition(diceFrom(2), noFaults);
    const log = await openLog(partition.connect(), 600);
    partition.faults = { ...noFaults, lostRecord: 100 };
    const append = log.append(appendOf('exec_a'));
    expect(clusterOf(log).waiting).toBe(1);
    await expect(append).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    const { appends, cluster } = log.figures();
    expect(appends).toMatchObject({ conflict: 0, unknown: 1 });
    expect(cluster?.waiting).toBe(0);
    expect(cluster?.resends).toBeGreaterThan(0);
    await until('every request has failed', () => clusterOf(log).produceFailures === 1 + clusterOf(log).resends);
  });

  it('counts what is no append, and goes on', async () => {
    const partition = new SimulatedPartition(diceFrom(4), noFaults);
    const log = await openLog(partition.connect(), 60_000);
    const transport = partition.connect();
    const envelope = { atMs: 1, actor: 'x', causationId: null, correlationId: null, events: [Buffer.from('event')] };
    const record = encodeRecord({ appendId: 'a', ...envelope });
    const good = recordOf({ stream: 'exec_foreign', expected: -1, eventCount: 1, record, appendId: 'a' });
    await transport.produce([
      { key: 'exec_a', headers: {}, value: good.value },
      { ...good, value: Buffer.alloc(20, 0xff) },
      { ...good, value: good.value.subarray(1) },
    ]);
    await transport.produce([manifestRecord({ epoch: 'of another start', cell: 'cell' })]);
    await log.append(appendOf('exec_a', { expected: 'none' }));
    expect(clusterOf(log).foreign).toBe(3);
    expect(await log.readStream('exec_foreign')).toEqual([]);
  });

  it('times the requests that are confirmed', async () => {
    const log = await openLog(new SimulatedPartition(diceFrom(3), noFaults).connect(), 60_000);
    const before = countOf(clusterOf(log).produceSeconds);
    await log.append(appendOf('exec_a'));
    await until('the request is confirmed', () => countOf(clusterOf(log).produceSeconds) > before);
  });

  it('says how many records of the partition it has not taken in, and when it last heard of it', async () => {
    const partition = new SimulatedPartition(diceFrom(4), noFaults);
    const transport = partition.connect();
    const log = await openLog(transport, 60_000);
    const fetchedAtMs = definitely(clusterOf(log).fetchedAtMs, 'a log that is open has fetched');
    await until('the clock has moved on', () => (clusterOf(log).fetchedAtMs ?? 0) > fetchedAtMs);
    transport.asleep = true;
    await log.sync();
    transport.lastFetch = { end: partition.records.length + 7, atMs: Date.now() };
    expect(clusterOf(log).lag).toBe(7);
  });
});
