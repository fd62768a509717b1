import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { expectedCode, LogFile, type ProposedAppend } from '../../../src/store/log-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
let files = 0;
const opened: LogFile[] = [];

function open(path = join(dir, `${String(files++)}.db`)): LogFile {
  const log = new LogFile(path);
  opened.push(log);
  return log;
}

afterAll(() => {
  for (const log of opened) log.close();
});

function proposal(part: Partial<ProposedAppend> = {}): ProposedAppend {
  return { stream: 's', expected: expectedCode.any, eventCount: 1, record: Buffer.from('r'), appendId: null, ...part };
}

describe('the log file as arbiter', () => {
  it('accepts an append only when the stream is as expected', () => {
    const log = open();
    const judge = (expected: number) => log.appendAll([proposal({ expected })])[0]?.kind;
    expect(judge(expectedCode.exists)).toBe('conflict');
    expect(judge(0)).toBe('conflict');
    expect(judge(expectedCode.none)).toBe('accepted');
    expect(judge(expectedCode.none)).toBe('conflict');
    expect(judge(expectedCode.exists)).toBe('accepted');
    expect(judge(1)).toBe('accepted');
    expect(judge(1)).toBe('conflict');
    expect(log.head).toBe(3);
  });

  it('judges the appends of one batch in their order', () => {
    const twice = open().appendAll([proposal({ expected: -1 }), proposal({ expected: -1 }), proposal({ expected: 0 })]);
    expect(twice).toEqual([
      { kind: 'accepted', position: 1, firstRevision: 0 },
      { kind: 'conflict', actualRevision: 0 },
      { kind: 'accepted', position: 2, firstRevision: 1 },
    ]);
  });

  it('answers a repeated append id as it did at first, also when it had refused', () => {
    const log = open();
    log.appendAll([proposal({ eventCount: 3, appendId: 'a' })]);
    const refused = log.appendAll([proposal({ expected: 5, appendId: 'b' })]);
    log.appendAll([proposal({ eventCount: 3 })]);
    expect(log.appendAll([proposal({ eventCount: 3, appendId: 'a' })])).toEqual([
      { kind: 'duplicate', position: 1, firstRevision: 0 },
    ]);
    expect(log.appendAll([proposal({ expected: 5, appendId: 'b' })])).toEqual(refused);
    expect(log.head).toBe(2);
  });

  it('INV-2: keeps the revisions of every stream dense, also when it is opened again', () => {
    const append = fc.record({
      stream: fc.constantFrom('a', 'b', 'c'),
      eventCount: fc.integer({ min: 1, max: 4 }),
      reopen: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(append, { maxLength: 25 }), (appends) => {
        const path = join(dir, `${String(files++)}.db`);
        let log = new LogFile(path);
        const due = new Map<string, number>();
        for (const [i, { stream, eventCount, reopen }] of appends.entries()) {
          const firstRevision = due.get(stream) ?? 0;
          const verdict = log.appendAll([proposal({ stream, eventCount })]);
          expect(verdict).toEqual([{ kind: 'accepted', position: i + 1, firstRevision }]);
          due.set(stream, firstRevision + eventCount);
          if (reopen) {
            log.close();
            log = new LogFile(path);
          }
        }
        expect(log.verifyChain(0).intact).toBe(true);
        log.close();
      }),
      { numRuns: 20 },
    );
  });
});

describe('the hash chain', () => {
  const path = join(dir, 'chain.db');
  const log = new LogFile(path);
  for (let i = 0; i < 20; i++) {
    log.appendAll([proposal({ stream: `s${String(i % 3)}`, record: Buffer.from(`record number ${String(i)}`) })]);
  }
  log.close();

  function damaged(change: (db: DatabaseSync) => void): ReturnType<LogFile['verifyChain']> {
    const copy = join(dir, `${String(files++)}.db`);
    copyFileSync(path, copy);
    const db = new DatabaseSync(copy);
    change(db);
    db.close();
    const check = new LogFile(copy);
    try {
      return check.verifyChain(0);
    } finally {
      check.close();
    }
  }

  it('is walked from anywhere, also where positions have holes', () => {
    const copy = new LogFile(join(dir, `${String(files++)}.db`));
    for (const position of [4, 7, 20]) copy.appendAll([proposal({ position })]);
    const records = [0, 3, 4, 6, 7, 19, 20, 30].map((from) => {
      const check = copy.verifyChain(from);
      return check.intact && check.records;
    });
    expect(records).toEqual([3, 3, 2, 2, 1, 1, 0, 0]);
    copy.close();
  });

  it('fits when nothing was changed', () => {
    expect(damaged(() => undefined)).toMatchObject({ intact: true, records: 20, events: 20 });
  });

  it('INV-3: names the position of any flipped bit, in a record or in a hash', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom('record', 'hash'),
        fc.nat(1000),
        fc.nat(7),
        (position, column, byte, bit) => {
          const check = damaged((db) => {
            const row = db.prepare(`SELECT ${column} AS bytes FROM records WHERE position = ?`).get(position);
            const bytes = Buffer.from(row?.bytes as Uint8Array);
            const at = byte % bytes.length;
            bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
            db.prepare(`UPDATE records SET ${column} = ? WHERE position = ?`).run(bytes, position);
          });
          expect(check).toMatchObject({ intact: false, position });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('INV-3: does not fit when a record is taken out or moved to another stream', () => {
    expect(damaged((db) => db.exec('DELETE FROM records WHERE position = 7'))).toMatchObject({ intact: false });
    expect(damaged((db) => db.exec("UPDATE streams SET name = 'other' WHERE name = 's1'"))).toMatchObject({
      intact: false,
      position: 2,
    });
  });
});
