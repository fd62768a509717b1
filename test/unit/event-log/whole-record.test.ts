import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type AppendRecord, decodeRecord, encodeRecord } from '../../../src/event-log/record.ts';
import { isWholeRecord } from '../../../src/event-log/whole-record.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record: fc.Arbitrary<AppendRecord> = fc.record({
  appendId: fc.string(),
  atMs: fc.integer({ min: 0, max: 2 ** 52 - 1 }),
  actor: fc.string({ unit: 'grapheme' }),
  causationId: fc.option(fc.string()),
  correlationId: fc.option(fc.string()),
  events: fc.array(bytes, { maxLength: 200 }),
});

describe('the bytes of an append', () => {
  it('are whole as they were written, with the number of events that they have and no other', () => {
    const check = (append: AppendRecord, other: number): void => {
      const encoded = encodeRecord(append);
      expect(isWholeRecord(encoded, append.events.length)).toBe(true);
      expect(isWholeRecord(encoded, other)).toBe(other === append.events.length);
    };
    fc.assert(fc.property(record, fc.nat(200), check));
  });

  it('are not whole when something is missing or follows', () => {
    const check = (append: AppendRecord, cut: number, more: Buffer): void => {
      const encoded = encodeRecord(append);
      const count = append.events.length;
      expect(isWholeRecord(encoded.subarray(0, cut % encoded.length), count)).toBe(false);
      expect(isWholeRecord(Buffer.concat([encoded, more]), count)).toBe(more.length === 0);
    };
    fc.assert(fc.property(record, fc.nat(), bytes, check));
  });

  it('can be read when they are whole, whoever wrote or changed them', () => {
    const check = (append: AppendRecord, changes: readonly (readonly [number, number])[]): void => {
      const changed = Buffer.from(encodeRecord(append));
      for (const [at, byte] of changes) changed[at % changed.length] = byte;
      if (!isWholeRecord(changed, append.events.length)) return;
      const read = decodeRecord(changed);
      expect(read.events).toHaveLength(append.events.length);
      expect(new Date(read.atMs).toISOString()).toMatch(/Z$/);
    };
    const change = fc.tuple(fc.nat(400), fc.nat(255));
    fc.assert(fc.property(record, fc.array(change, { minLength: 1, maxLength: 4 }), check), { numRuns: 2000 });
  });

  it('are not whole when they claim more than there is, and it takes no time to see that', () => {
    const huge = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]);
    const empty = Buffer.from([0, 0, 0, 0, 0]);
    for (const claim of [huge, Buffer.concat([empty, huge]), Buffer.concat([empty, huge, Buffer.alloc(100)])])
      for (const count of [0, 1, 65_535]) expect(isWholeRecord(claim, count)).toBe(false);
  });
});
