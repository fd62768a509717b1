import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { checkParameters } from '../../../src/skills/parameters.ts';
import type { ParameterSpec } from '../../../src/skills/skill.ts';

const specs: Record<string, ParameterSpec> = {
  name: { type: 'string', required: true, aliases: ['user_name'], minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
  count: { type: 'integer', default: 3, minimum: 1, maximum: 10 },
  ratio: { type: 'number' },
  mode: { type: 'string', enum: ['a', 'b'] },
  list: { type: 'array', items: 'integer', maxLength: 2 },
  deep: { type: 'object' },
  flag: { type: 'boolean', default: false },
};

const problems = (given: unknown): string[] => {
  const checked = checkParameters(specs, given as never);
  return checked.ok ? [] : checked.problems.map(({ path }) => path);
};

describe('parameters', () => {
  it('get their defaults and their proper names', () => {
    expect(checkParameters(specs, { user_name: 'abc' })).toEqual({
      ok: true,
      params: { name: 'abc', count: 3, flag: false },
    });
  });

  it.each<[unknown, string[]]>([
    [{}, ['/params/name']],
    [{ name: 'abc', count: 0 }, ['/params/count']],
    [{ name: 'abc', count: '3' }, ['/params/count']],
    [{ name: 'abc', count: 2.5 }, ['/params/count']],
    [{ name: 'ABC' }, ['/params/name']],
    [{ name: 'a' }, ['/params/name']],
    [{ name: 'abcdef' }, ['/params/name']],
    [{ name: 'abc', mode: 'c' }, ['/params/mode']],
    [{ name: 'abc', list: [1, 'x'] }, ['/params/list']],
    [{ name: 'abc', list: [1, 2, 3] }, ['/params/list']],
    [{ name: 'abc', deep: [] }, ['/params/deep']],
    [{ name: 'abc', flag: 1 }, ['/params/flag']],
    [{ name: 'abc', ratio: null }, ['/params/ratio']],
    [{ name: 'abc', user_name: 'abc' }, ['/params/user_name']],
    [{ nam: 1, count: 99 }, ['/params/nam', '/params/name', '/params/count']],
    [[], ['/params']],
    ['x', ['/params']],
  ])('%j have problems at %j', (given, paths) => {
    expect(problems(given).sort()).toEqual([...paths].sort());
  });

  it('are counted as people count: one character, two characters', () => {
    const told = (type: 'string' | 'array', minLength: number, value: never): unknown =>
      checkParameters({ a: { type, minLength } }, { a: value });
    const wrong = (message: string) => ({ ok: false, problems: [{ path: '/params/a', message }] });
    expect(told('string', 1, '' as never)).toEqual(wrong('must have at least 1 character'));
    expect(told('string', 2, '' as never)).toEqual(wrong('must have at least 2 characters'));
    expect(told('array', 1, [] as never)).toEqual(wrong('must have at least 1 item'));
  });

  it('of any content are judged without an exception, and never touch a prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        checkParameters(specs, given);
        expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      }),
    );
    expect(problems(JSON.parse('{"name":"abc","__proto__":{"polluted":1}}'))).toEqual(['/params/__proto__']);
    expect(problems(JSON.parse('{"name":"abc","constructor":1,"toString":2}')).sort()).toEqual([
      '/params/constructor',
      '/params/toString',
    ]);
  });
});
