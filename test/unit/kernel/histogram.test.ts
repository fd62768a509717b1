import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Histogram } from '../../../src/kernel/histogram.ts';

describe('a histogram', () => {
  it('counts a value in its bucket and in all above; a bound belongs to its own bucket', () => {
    const histogram = new Histogram([1, 2.5, 10]);
    for (const value of [0, 1, 1.01, 2.5, 11]) histogram.observe(value);
    expect(histogram.read()).toEqual({
      upTo: [
        { bound: 1, count: 2 },
        { bound: 2.5, count: 4 },
        { bound: 10, count: 4 },
        { bound: Infinity, count: 5 },
      ],
      sum: 15.51,
    });
  });

  it('is empty before its first value', () => {
    expect(new Histogram([1]).read()).toEqual({
      upTo: [
        { bound: 1, count: 0 },
        { bound: Infinity, count: 0 },
      ],
      sum: 0,
    });
  });

  it('counts as one would by hand, whatever the values', () => {
    const bounds = fc.uniqueArray(fc.integer({ min: -100, max: 100 })).map((some) => some.sort((a, b) => a - b));
    fc.assert(
      fc.property(bounds, fc.array(fc.integer({ min: -150, max: 150 })), (limits, values) => {
        const histogram = new Histogram(limits);
        for (const value of values) histogram.observe(value);
        const { upTo, sum } = histogram.read();
        expect(sum).toBe(values.reduce((total, value) => total + value, 0));
        expect(upTo.map(({ bound }) => bound)).toEqual([...limits, Infinity]);
        for (const { bound, count } of upTo) expect(count).toBe(values.filter((value) => value <= bound).length);
      }),
    );
  });
});
