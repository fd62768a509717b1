import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { derivedId, derivedIdAt, newId, randomText } from '../../../src/kernel/ids.ts';

const at = (atMs: number) => ({ now: () => atMs, monotonicMs: () => 0 });

describe('identifiers', () => {
  it('sort by the time at which they were made', () => {
    const time = fc.integer({ min: 0, max: 62 ** 8 - 1 });
    fc.assert(
      fc.property(time, time, (a, b) => {
        fc.pre(a < b);
        expect(newId('exec', at(a)) < newId('exec', at(b))).toBe(true);
      }),
    );
  });

  it('differ when they are made in the same millisecond', () => {
    const ids = Array.from({ length: 5000 }, () => newId('exec', at(1)));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('say what they name and need no escaping', () => {
    expect(newId('key', at(1_700_000_000_000))).toMatch(/^key_[0-9A-Za-z]{16}$/);
    expect(derivedId('exec', 'a', 'b')).toMatch(/^exec_[0-9A-Za-z]{16}$/);
    expect(randomText(31)).toMatch(/^[0-9A-Za-z]{31}$/);
  });

  it('that are derived depend on every part and on where one part ends', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(derivedId('exec', ...a) === derivedId('exec', ...b)).toBe(same);
      }),
    );
    expect(derivedId('exec', 'ab', 'c')).not.toBe(derivedId('exec', 'a', 'bc'));
  });

  it('that are derived at a time depend on every part, and sort by that time among all others', () => {
    expect(derivedIdAt('exec', 5, 'a')).toBe(derivedIdAt('exec', 5, 'a'));
    expect(derivedIdAt('exec', 5, 'a')).not.toBe(derivedIdAt('exec', 5, 'b'));
    expect(derivedIdAt('exec', 5, 'a')).toMatch(/^exec_[0-9A-Za-z]{20}$/);
    const ids = [newId('exec', at(999)), derivedIdAt('exec', 1000, 'a'), newId('exec', at(1001))];
    expect([...ids].sort()).toEqual(ids);
  });
});
