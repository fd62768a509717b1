import fc from 'fast-check';
import { expect, it } from 'vitest';

import { isWanted } from '../../../projections/webhooks/public-event.ts';

const wants = (pattern: string, name: string): boolean => isWanted({ eventTypes: [pattern], skills: null }, name, null);

it.each([
  ['execution.*', 'execution.completed', true],
  ['execution.*', 'executions.completed', false],
  ['*', 'anything.at.all', true],
  ['*.completed', 'execution.completed', true],
  ['a*b*c', 'a.b.b.c', true],
  ['a*b*c', 'a.c.b', false],
  ['ab*ba', 'aba', false],
  ['a**c', 'ac', true],
  ['a*', 'a', true],
])('%s and %s: %s', (pattern, name, wanted) => {
  expect(wants(pattern, name)).toBe(wanted);
});

it('a star stands for any run of characters, as in a regular expression', () => {
  const text = (maxLength: number, letters: readonly string[]) =>
    fc.array(fc.constantFrom(...letters), { maxLength }).map((all) => all.join(''));
  fc.assert(
    fc.property(text(8, ['a', 'b', '*']), text(12, ['a', 'b']), (pattern, name) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      expect(wants(pattern, name)).toBe(expression.test(name));
    }),
    { numRuns: 2000 },
  );
});
