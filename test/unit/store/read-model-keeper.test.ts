import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { countsByType } from '../../../projections/event-counts/queries.ts';
import { projections } from '../../../projections/index.ts';
import { EventCodec } from '../../../src/event-log/codec.ts';
import { encodeRecord } from '../../../src/event-log/record.ts';
import { dataFiles } from '../../../src/store/data-dir.ts';
import { expectedCode, LogFile, type ProposedAppend } from '../../../src/store/log-file.ts';
import { ReadModelKeeper } from '../../../src/store/read-model-keeper.ts';
import { tick } from '../../support/log.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const base = tempDir();
const codec = new EventCodec();

function ticks(eventCount: number): ProposedAppend {
  const record = encodeRecord({
    appendId: '',
    atMs: 1000,
    actor: 'test',
    causationId: null,
    correlationId: null,
    events: Array.from({ length: eventCount }, (_, i) => codec.encode(tick(i))),
  });
  return { stream: 'exec_1', expected: expectedCode.any, eventCount, record, appendId: null };
}

function open(dataDir = mkdtempSync(join(base, 'data-'))) {
  const log = new LogFile(join(dataDir, dataFiles.log));
  const keeper = new ReadModelKeeper({ dataDir, log, projections });
  const counted = () => keeper.query(countsByType).ExecutionProgressed ?? 0;
  const close = () => {
    keeper.close();
    log.close();
  };
  return { dataDir, log, keeper, counted, close };
}

describe('the keeper of the read models', () => {
  it('INV-6: shows in a query whatever was committed before it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 10 }), (sizes) => {
        const { log, counted, close } = open();
        let due = 0;
        for (const size of sizes) {
          log.appendAll([ticks(size), ticks(1)]);
          due += size + 1;
          expect(counted()).toBe(due);
        }
        close();
      }),
      { numRuns: 10 },
    );
  });

  it('answers from the old file while it makes a new one, and counts nothing twice afterwards', async () => {
    const { log, keeper, counted, close } = open();
    for (let i = 0; i < 12; i++) log.appendAll([ticks(1000)]);
    expect(counted()).toBe(12_000);
    keeper.rebuild('asked for');
    expect(keeper.status()).toMatchObject({ ready: true, rebuilding: { position: 0 }, rebuiltBecause: 'asked for' });
    log.appendAll([ticks(5)]);
    expect(counted()).toBe(12_005);
    await until('the new file took over', () => keeper.status().rebuilding === null);
    log.appendAll([ticks(1)]);
    expect(counted()).toBe(12_006);
    close();
  });

  it('goes on where it stopped, and folds anew when its file is missing or damaged', () => {
    const first = open();
    first.log.appendAll([ticks(7)]);
    expect(first.counted()).toBe(7);
    first.close();

    const again = open(first.dataDir);
    expect(again.keeper.status()).toMatchObject({ ready: true, position: 1, rebuiltBecause: null });
    again.log.appendAll([ticks(3)]);
    again.close();

    writeFileSync(join(first.dataDir, dataFiles.readModels), Buffer.alloc(8192, 'not a database '));
    const repaired = open(first.dataDir);
    expect(repaired.keeper.status().rebuiltBecause).toBe('the file was damaged');
    expect(repaired.counted()).toBe(10);
    repaired.close();
  });

  it('says NOT_READY and how far it is while there is nothing to answer from yet', async () => {
    const { dataDir, log, close } = open();
    for (let i = 0; i < 6; i++) log.appendAll(Array.from({ length: 1000 }, () => ticks(1)));
    close();
    writeFileSync(join(dataDir, dataFiles.readModels), '');
    const fresh = open(dataDir);
    expect(fresh.counted).toThrow(expect.objectContaining({ code: 'NOT_READY', retryAfterMs: 1000 }));
    await until('the file was made', () => fresh.keeper.status().ready);
    expect(fresh.counted()).toBe(6000);
    fresh.close();
  });
});
