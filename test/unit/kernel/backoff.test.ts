import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { backoffDelayMs } from '../../../src/kernel/backoff.ts';

describe('the back-off', () => {
  it('grows by its factor from its first delay up to its limit', () => {
    const backoff = { initialDelayMs: 100, factor: 2, maxDelayMs: 500 };
    expect([1, 2, 3, 4, 5].map((attempt) => backoffDelayMs(backoff, attempt))).toEqual([100, 200, 400, 500, 500]);
  });

  it('is a whole number, never above the limit and never shorter than the one before', () => {
    const policy = fc.record({
      initialDelayMs: fc.integer({ min: 1, max: 86_400_000 }),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      maxDelayMs: fc.integer({ min: 1, max: 86_400_000 }),
    });
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 5000 }), (backoff, attempt) => {
        const delayMs = backoffDelayMs(backoff, attempt);
        expect(Number.isSafeInteger(delayMs)).toBe(true);
        expect(delayMs).toBeLessThanOrEqual(backoff.maxDelayMs);
        expect(backoffDelayMs(backoff, attempt + 1)).toBeGreaterThanOrEqual(delayMs);
      }),
    );
  });
});
