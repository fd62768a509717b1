import fc from 'fast-check';
import { expect, it } from 'vitest';

import { canonicalJson, isShorterThan } from '../../../src/kernel/json.ts';

/** The same value with the keys of every object the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

it('gives equal values one text that means the same, and others another', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const text = canonicalJson(a);
      expect(canonicalJson(turned(a))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(a)));
      expect(canonicalJson(b) === text).toBe(canonicalJson(JSON.parse(JSON.stringify(b))) === text);
    }),
  );
  expect(canonicalJson({ b: 1, a: undefined })).toBe(canonicalJson({ b: 1 }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

it('tells long values from short ones, about as their text does', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { length } = JSON.stringify(value);
      expect(isShorterThan(value, 20 * length + 100)).toBe(true);
      expect(isShorterThan(value, length / 20)).toBe(false);
    }),
  );
});
