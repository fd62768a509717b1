import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isAppError } from '../../../src/kernel/errors.ts';
import type { JsonValue } from '../../../src/kernel/json.ts';
import { checkDefinition } from '../../../src/workflows/check-definition.ts';
import { readYaml } from '../../../src/workflows/read-definition.ts';

const skills = { noop: {}, step: { text: { type: 'string' }, n: { type: 'integer', aliases: ['number'] } } } as const;
const parametersOf = (name: string) => (Object.hasOwn(skills, name) ? skills[name as keyof typeof skills] : undefined);
const problemsOf = (value: unknown): readonly string[] => {
  const checked = checkDefinition(value as JsonValue, parametersOf);
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
      parametersOf,
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

  it.each([
    [{ name: 'w', steps: {} }, '/steps must be an object with 1 to 200 steps by their ids'],
    [{ name: 'w', steps: { a: { skill: 'nop' } } }, '/steps/a/skill there is no skill nop'],
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
        const checked = checkDefinition(value, parametersOf);
        expect(checked.ok || checked.problems.length > 0).toBe(true);
      }),
      { numRuns: 2000 },
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
  });

  it.each(['a: [1', 'a: 1\na: 2', ': : :', `a: &x [1]\nb: [${'*x,'.repeat(200)}]`])('is refused: %j', (text) => {
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
