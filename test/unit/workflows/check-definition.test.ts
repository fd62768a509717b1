import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isAppError } from '../../../src/kernel/errors.ts';
import type { JsonValue } from '../../../src/kernel/json.ts';
import { checkDefinition } from '../../../src/workflows/check-definition.ts';
import { readYaml } from '../../../src/workflows/read-definition.ts';

const skills = { noop: {}, step: { text: { type: 'string' }, n: { type: 'integer', aliases: ['number'] } } } as const;
const known = {
  parametersOf: (name: string) => (Object.hasOwn(skills, name) ? skills[name as keyof typeof skills] : undefined),
  names: () => Object.keys(skills),
};
const problemsOf = (value: unknown): readonly string[] => {
  const checked = checkDefinition(value as JsonValue, known);
  return checked.ok ? [] : checked.problems.map(({ path, message }) => `${path} ${message}`);
};

describe('a definition', () => {
  it('gets what it leaves out, and its steps in an order in which each comes after its needs', () => {
    const checked = checkDefinition(
      {
        name: 'w',
        steps: {
          last: { skill: 'step', params: { text: { $from: '/steps/first/result' } }, needs: 'middle' },
          middle: { skill: 'noop', when: { step: 'first', status: 'completed' } },
          first: { skill: 'noop' },
        },
      },
      known,
    );
    expect(checked).toMatchObject({
      ok: true,
      definition: {
        output: null,
        timeoutMs: null,
        steps: [
          { id: 'first', needs: [], weight: 1, continueOnError: false },
          { id: 'middle', needs: ['first'], when: [{ step: 'first', status: ['completed'] }] },
          { id: 'last', needs: ['middle', 'first'] },
        ],
      },
    });
  });

  it('is told of every circle of its steps that shares none with another', () => {
    const needs = { a: 'b', b: ['a', 'c'], c: 'b', d: 'e', e: 'f', f: 'd', g: 'a' };
    const steps = Object.fromEntries(
      Object.entries(needs).map(([id, needed]) => [id, { skill: 'noop', needs: needed }]),
    );
    expect(problemsOf({ name: 'w', steps })).toEqual([
      '/steps the steps a -> b -> a need each other in a circle',
      '/steps the steps d -> e -> f -> d need each other in a circle',
    ]);
  });

  it.each([
    [{ name: 'w', steps: {} }, '/steps must be an object with 1 to 200 steps by their ids'],
    [{ name: 'w', steps: { a: { skill: 'nop' } } }, '/steps/a/skill there is no skill nop. Did you mean noop?'],
    [{ name: 'w', steps: { a: { skill: 'noop', needs: ['a'] } } }, '/steps/a/needs/0 is the step itself'],
    [
      { name: 'w', steps: { abc: { skill: 'noop' }, d: { skill: 'noop', needs: ['abd'] } } },
      '/steps/d/needs/0 must be the id of another step. Did you mean abc?',
    ],
    [
      { name: 'w', steps: { a: { skill: 'step', params: { text: { $from: '/item' } } } } },
      '/steps/a/params/text must begin with /input or /steps/<id>',
    ],
    [
      { name: 'w', steps: { a: { skill: 'noop' }, b: { skill: 'step', params: { text: { $from: '/steps/a/out' } } } } },
      '/steps/b/params/text of a step there are status, result and error',
    ],
    [
      {
        ...{ name: 'w', input: { x: { type: 'string' } } },
        steps: { a: { skill: 'step', params: { text: { $from: '/input/x', $defualt: 'y' } } } },
      },
      '/steps/a/params/text/$defualt is not known',
    ],
    [{ name: 'w', steps: { a: { skill: 'step', params: { n: 'x' } } } }, '/steps/a/params/n must be of type integer'],
    [
      { name: 'w', steps: { a: { skill: 'noop', timeout: 1 } } },
      '/steps/a/timeout is not known. Did you mean timeoutMs?',
    ],
  ])('%j is refused: %s', (value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });

  it('may refer to anything in the place of a value, under another name of the parameter too', () => {
    const input = { x: { type: 'integer' } };
    expect(
      problemsOf({ name: 'w', input, steps: { a: { skill: 'step', params: { number: { $from: '/input/x' } } } } }),
    ).toEqual([]);
  });

  it('that is far too large is refused before anybody waits for it', () => {
    const idOf = (i: number): string => `s${String(i).padStart(6, '0')}`;
    const listOf = (length: number): readonly string[] => Array.from({ length }, (_, i) => `t${idOf(i)}`);
    const many = Object.fromEntries(listOf(20_000).map((id) => [id, { skill: 'noop', needs: `x${id}` }]));
    const full = Object.fromEntries(
      listOf(200).map((id) => [id, { skill: 'noop', needs: listOf(200).map((x) => `x${x}`) }]),
    );
    const begun = performance.now();
    expect(problemsOf({ name: 'w', steps: many })).toEqual([
      '/steps must be an object with 1 to 200 steps by their ids',
    ]);
    expect(problemsOf({ name: 'w', steps: { a: { skill: 'noop', needs: listOf(100_000) } } })).toEqual([
      '/steps/a/needs must be at most 200',
    ]);
    expect(problemsOf({ name: 'w', steps: full })).toHaveLength(40_000);
    expect(problemsOf({ name: 'w', ['k'.repeat(1_000_000)]: 1, steps: { a: { skill: 'noop' } } })).toHaveLength(1);
    // It took minutes once; this leaves room for the slowest machine.
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('made of garbage is refused, and never breaks anything', () => {
    const leaf = fc.oneof(fc.jsonValue(), fc.constantFrom('noop', 'step', 'a', 'b', '/input/x', '/steps/a/result'));
    const anyStep = fc.dictionary(
      fc.constantFrom('skill', 'params', 'needs', 'when', 'forEach', 'retry', 'weight', 'x', '__proto__'),
      fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.constantFrom('$from', 'text', 'step', 'status', 'from'), leaf)),
    );
    const anyDefinition = fc.dictionary(
      fc.constantFrom('name', 'input', 'steps', 'output', 'timeoutMs', 'y'),
      fc.oneof(leaf, fc.dictionary(fc.constantFrom('a', 'b', 'constructor', '1'), fc.oneof(anyStep, leaf))),
    );
    fc.assert(
      fc.property(fc.oneof(anyDefinition, fc.jsonValue()), (value) => {
        const checked = checkDefinition(value, known);
        expect(checked.ok || checked.problems.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('YAML', () => {
  it('is read to what JSON can say', () => {
    expect(readYaml('a: 1\nb: [x, {c: null}]\nd: 2020-01-01\n')).toEqual({
      a: 1,
      b: ['x', { c: null }],
      d: '2020-01-01',
    });
    expect(readYaml('a: &x {k: 1}\nb: *x\n')).toEqual({ a: { k: 1 }, b: { k: 1 } });
  });

  it('says the line of what it cannot take', () => {
    const saying = (text: string): string => {
      try {
        readYaml(text);
        return 'taken';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(saying('a: 1\nb: 2\na: 3\n')).toBe('The YAML cannot be read: Map keys must be unique at line 3, column 1.');
    expect(saying('a: 1\nb: [1\n')).toMatch(/at line \d+, column \d+\.$/);
    expect(saying('a: !thing x\n')).toMatch(/Unresolved tag.* at line 1/);
  });

  it('is read or refused in a time that grows with its length', () => {
    const texts = [
      Array.from({ length: 40_000 }, (_, i) => `k${String(i)}: v`).join('\n'),
      '"'.repeat(300_000),
      Array.from({ length: 20_000 }, (_, i) => `k${String(i)}: &a${String(i)} v`).join('\n'),
    ];
    const begun = performance.now();
    for (const text of texts) {
      try {
        readYaml(text);
      } catch (error) {
        expect(isAppError(error) && error.code).toBe('VALIDATION_FAILED');
      }
    }
    // It took minutes once.
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  it.each([
    'a: [1',
    'a: 1\na: 2',
    ': : :',
    `a: &x [1]\nb: [${'*x,'.repeat(200)}]`,
    'a: .inf',
    'a: .nan',
    'a: !!binary aGVsbG8=',
    'a: !!set {b, c}',
    '&a [*a, *a]',
    '['.repeat(200) + ']'.repeat(200),
    'a: 1\n---\nb: 2',
  ])('is refused: %j', (text) => {
    try {
      readYaml(text);
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error) && error.code).toBe('VALIDATION_FAILED');
    }
  });

  it('of any kind is read or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          readYaml(text);
        } catch (error) {
          expect(isAppError(error) && error.code).toBe('VALIDATION_FAILED');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
