import fc from 'fast-check';
import { expect, it } from 'vitest';

import { checkParameters, checkValue } from '../../../src/skills/parameters.ts';
import { sampleParameters, sampleValue } from '../../../src/skills/sample-parameters.ts';
import type { ParameterSpec } from '../../../src/skills/skill.ts';

const bound = fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined });
const length = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
const spec = fc.record(
  {
    type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object'),
    minimum: bound,
    maximum: bound,
    minLength: length,
    maxLength: length,
    items: fc.constantFrom('string', 'integer', 'object'),
  },
  { requiredKeys: ['type'] },
) as unknown as fc.Arbitrary<ParameterSpec>;

it('a made-up value is always one that the parameter takes', () => {
  fc.assert(
    fc.property(spec, (wanted) => {
      const value = sampleValue(wanted);
      return value === undefined || checkValue(wanted, value, '').length === 0;
    }),
  );
});

it.each<ParameterSpec>([
  { type: 'string' },
  { type: 'string', minLength: 300 },
  { type: 'string', maxLength: 1 },
  { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
  { type: 'string', pattern: '^https://' },
  { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
  { type: 'string', enum: ['a', 'b'] },
  { type: 'integer', minimum: 10, maximum: 10 },
  { type: 'integer', maximum: -3 },
  { type: 'number', minimum: 0.5, maximum: 0.75 },
  { type: 'array', minLength: 2, items: 'integer' },
  { type: 'array', maxLength: 0 },
  { type: 'object' },
  { type: 'boolean' },
])('there is a value for %j', (wanted) => {
  expect(sampleValue(wanted)).toBeDefined();
});

it('only what is required and not given is made up, and what cannot be is named', () => {
  const specs: Record<string, ParameterSpec> = {
    name: { type: 'string', required: true, aliases: ['title'] },
    other: { type: 'string', required: true },
    rare: { type: 'string', required: true, pattern: '^zz[0-9]{9}$' },
    count: { type: 'integer', required: true, default: 3 },
    free: { type: 'boolean' },
  };
  const { params, unknown } = sampleParameters(specs, { title: 'mine' });
  expect(params).toEqual({ title: 'mine', other: 'example' });
  expect(unknown).toEqual(['rare']);
  expect(checkParameters(specs, { ...params, rare: 'zz123456789' }).ok).toBe(true);
});
