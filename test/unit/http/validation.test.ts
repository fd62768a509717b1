import { Type } from 'typebox';
import { expect, it } from 'vitest';

import { validatorCompiler } from '../../../src/http/validation.ts';

const schema = Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 0 })), text: Type.Optional(Type.String()) });
const check = validatorCompiler({ schema, method: 'GET', url: '/', httpPart: 'querystring' });

it('a number in a query is one that is written as a decimal number', () => {
  expect(check({ limit: '12', text: '12' })).toEqual({ value: { limit: 12, text: '12' } });
  for (const limit of ['', ' ', 'true', 'false', 'null', '0x1', '1e1', '1.5', '-1', ' 1', '１', 'Infinity', ['1', '2']])
    expect(check({ limit }), String(limit)).toHaveProperty('error');
});
