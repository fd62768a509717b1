import { expect, it } from 'vitest';

import { counted } from '../../../src/kernel/counted.ts';

it.each([
  [0, '0 skills'],
  [1, '1 skill'],
  [2, '2 skills'],
])('%i of them is told as "%s"', (count, text) => {
  expect(counted(count, 'skill')).toBe(text);
});

it('a plural of another kind is given', () => {
  expect([counted(1, 'property', 'properties'), counted(2, 'property', 'properties')]).toEqual([
    '1 property',
    '2 properties',
  ]);
});
