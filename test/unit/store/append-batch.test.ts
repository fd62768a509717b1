import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { packAppends, packVerdicts, unpackAppends, verdictAt } from '../../../src/store/append-batch.ts';
import type { BatchVerdict } from '../../../src/store/log-file.ts';

const name = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)), maxLength });

const proposal = fc.record({
  stream: name(200),
  expected: fc.integer({ min: -3, max: 2 ** 31 - 1 }),
  eventCount: fc.integer({ min: 0, max: 32_767 }),
  appendId: fc.option(name(200)),
  record: fc.uint8Array({ maxLength: 300 }),
  linked: fc.boolean(),
  position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
});

const revision = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const verdict: fc.Arbitrary<BatchVerdict> = fc.oneof(
  fc.record({ kind: fc.constantFrom('accepted', 'duplicate'), position: revision, firstRevision: revision }),
  fc.record({ kind: fc.constant('conflict' as const), actualRevision: fc.integer({ min: -1 }) }),
  fc.constant({ kind: 'skipped' as const }),
);

describe('a packed batch', () => {
  it('gives back the appends that went in', () => {
    fc.assert(
      fc.property(fc.array(proposal, { maxLength: 20 }), fc.nat(), (appends, folded) => {
        const back = unpackAppends(packAppends(appends, folded));
        expect(back.folded).toBe(folded);
        expect(back.appends.map((append) => ({ ...append, record: [...append.record] }))).toEqual(
          appends.map((append) => ({ ...append, record: [...append.record] })),
        );
      }),
    );
  });

  it('gives back the verdicts that went in', () => {
    fc.assert(
      fc.property(fc.array(verdict, { maxLength: 20 }), (verdicts) => {
        const packed = packVerdicts(verdicts);
        expect(verdicts.map((_, i) => verdictAt(packed, i))).toEqual(verdicts);
      }),
    );
  });
});
