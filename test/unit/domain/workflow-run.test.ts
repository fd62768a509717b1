import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { StepDefinition, WorkflowDefinition } from '../../../src/domain/workflow/definition.ts';
import { decideWorkflow, evolveWorkflow, initialWorkflow } from '../../../src/domain/workflow/decide.ts';
import { type PartOutcome, WorkflowRun } from '../../../src/domain/workflow/run.ts';
import { isAppError } from '../../../src/kernel/errors.ts';
import type { JsonValue } from '../../../src/kernel/json.ts';

const step = (id: string, changes: Partial<StepDefinition> = {}): StepDefinition => ({
  id,
  skill: 'noop',
  params: {},
  needs: [],
  when: [],
  forEach: null,
  retry: null,
  timeoutMs: null,
  continueOnError: false,
  weight: 1,
  ...changes,
});
const workflow = (...steps: readonly StepDefinition[]): WorkflowDefinition => ({
  name: 'w',
  description: '',
  input: {},
  steps,
  output: null,
  timeoutMs: null,
});
const good = (result: JsonValue = null): PartOutcome => ({ status: 'completed', result, error: null });
const bad: PartOutcome = { status: 'failed', result: null, error: { code: 'X', message: 'broken' } };
const names = (run: WorkflowRun): readonly string[] =>
  run.launches().map(({ step: { id }, index }) => (index === null ? id : `${id}/${String(index)}`));

describe('a run of a workflow', () => {
  it('begins each step when all that it needs has ended well', () => {
    const run = new WorkflowRun(workflow(step('a'), step('b'), step('c', { needs: ['a', 'b'] })), {});
    expect(names(run)).toEqual(['a', 'b']);
    expect(names(run)).toEqual([]);
    run.hasEnded('a', null, good());
    expect(names(run)).toEqual([]);
    run.hasEnded('b', null, good(5));
    expect(names(run)).toEqual(['c']);
    expect(run.progress).toBeCloseTo(66.7);
    run.hasEnded('c', null, good('end'));
    expect(names(run)).toEqual([]);
    expect(run.ending).toEqual({ kind: 'completed', result: { c: 'end' } });
  });

  it('hands on null as a value, and a default only where nothing is', () => {
    const params = {
      nothing: { $from: '/steps/a/result' },
      input: { $from: '/input/empty', $default: 'unused' },
      missing: { $from: '/input/other', $default: 'used' },
    };
    const run = new WorkflowRun(workflow(step('a'), step('b', { params, needs: ['a'] })), { empty: null });
    run.launches();
    run.hasEnded('a', null, good(null));
    expect(run.launches()).toMatchObject([{ params: { nothing: null, input: null, missing: 'used' } }]);
  });

  it('counts progress by the weights of its steps, of open ones what they report', () => {
    const run = new WorkflowRun(workflow(step('a', { weight: 3 }), step('b')), {});
    run.launches();
    run.progressed('a', null, 50);
    expect(run.progress).toBe(37.5);
    run.hasEnded('b', null, good());
    run.launches();
    expect(run.progress).toBe(62.5);
  });

  it('launches items within the concurrency, stops at the first failure, and gives results in order', () => {
    const each = step('each', { forEach: { from: '/input/list', concurrency: 2 }, params: { v: { $from: '/item' } } });
    const run = new WorkflowRun(workflow(each), { list: ['x', 'y', 'z'] });
    expect(run.launches().map(({ params }) => params)).toEqual([{ v: 'x' }, { v: 'y' }]);
    run.hasEnded('each', 1, good(1));
    expect(names(run)).toEqual(['each/2']);
    run.hasEnded('each', 0, bad);
    run.hasEnded('each', 2, good(2));
    expect(names(run)).toEqual([]);
    expect(run.view()[0]).toMatchObject({
      status: 'failed',
      items: { total: 3, ended: 3, failed: 1 },
      result: [null, 1, 2],
    });
    expect(run.ending).toMatchObject({ kind: 'failed', error: { code: 'WORKFLOW_STEP_FAILED' } });
    const noList = new WorkflowRun(workflow(each), { list: 'abc' });
    expect(names(noList)).toEqual([]);
    expect(noList.ending).toMatchObject({ kind: 'failed' });
  });

  it('INV-11: ends the same however often it is taken up anew, launches nothing twice, and always ends', () => {
    const anyWorkflow = fc.integer({ min: 1, max: 7 }).chain((count) =>
      fc.tuple(
        ...Array.from({ length: count }, (_, i) =>
          fc.record({
            needs: fc.subarray(Array.from({ length: i }, (__, j) => `s${String(j)}`)),
            when: fc.array(conditionOn(i), { maxLength: i === 0 ? 0 : 1 }),
            continueOnError: fc.boolean(),
            items: fc.option(fc.integer({ min: 0, max: 4 })),
            concurrency: fc.integer({ min: 1, max: 3 }),
          }),
        ),
      ),
    );
    const choices = fc.array(fc.record({ pick: fc.nat(), fails: fc.boolean(), restart: fc.boolean() }), {
      minLength: 50,
      maxLength: 50,
    });
    fc.assert(
      fc.property(anyWorkflow, choices, fc.option(fc.nat(10)), (shapes, dice, cancelAfter) => {
        const input = Object.fromEntries(shapes.map(({ items }, i) => [`l${String(i)}`, Array(items ?? 0).fill(0)]));
        const steps = shapes.map(({ needs, when, continueOnError, items, concurrency }, i) =>
          step(`s${String(i)}`, {
            needs: [...new Set([...needs, ...when.map((one) => one.step)])],
            when,
            continueOnError,
            forEach: items === null ? null : { from: `/input/l${String(i)}`, concurrency },
          }),
        );
        const definition = workflow(...steps);
        let run = new WorkflowRun(definition, input);
        const open: [string, number | null][] = [];
        const done: [string, number | null, PartOutcome][] = [];
        const launched: string[] = [];
        let cancelled = false;
        for (let round = 0; round < dice.length; round++) {
          for (const launch of run.launches()) {
            open.push([launch.step.id, launch.index]);
            launched.push(`${launch.step.id}/${String(launch.index)}`);
          }
          if (run.ending !== null) break;
          const { pick, fails, restart } = dice[round]!;
          expect(open.length).toBeGreaterThan(0);
          const [[id, index]] = open.splice(pick % open.length, 1) as [[string, number | null]];
          const outcome = fails ? bad : good(round);
          run.hasEnded(id, index, outcome);
          done.push([id, index, outcome]);
          if (round === cancelAfter) {
            cancelled = true;
            run.cancel();
          }
          if (!restart) continue;
          run = new WorkflowRun(definition, input);
          for (const [step1, at] of open) run.isOpen(step1, at);
          for (const [step1, at, ended] of done.toReversed()) run.hasEnded(step1, at, ended);
          if (cancelled) run.cancel();
        }
        expect(run.ending).not.toBeNull();
        expect(new Set(launched).size).toBe(launched.length);
        const straight = new WorkflowRun(definition, input);
        for (const each of done) straight.hasEnded(...each);
        if (cancelled) straight.cancel();
        expect(straight.launches()).toEqual([]);
        // Of a step that never had an execution, the log does not say whether the run was cancelled before its turn.
        const known = new Set(done.map(([id]) => id));
        const shown = (of: WorkflowRun) =>
          of.view().flatMap(({ id, status }) => (cancelled && !known.has(id) ? [] : [[id, status]]));
        expect(shown(straight)).toEqual(shown(run));
      }),
      { numRuns: 500 },
    );
  });

  function conditionOn(i: number) {
    return fc.record({
      step: fc.integer({ min: 0, max: Math.max(0, i - 1) }).map((j) => `s${String(j)}`),
      status: fc.subarray(['completed', 'failed', 'skipped', 'cancelled'] as const, { minLength: 1 }),
    });
  }
});

describe('a workflow', () => {
  const define = { kind: 'define', owner: 'user_a', name: 'w', definition: { a: 1 } } as const;
  const defined = {
    type: 'WorkflowDefined',
    data: { owner: 'user_a', name: 'w', version: 1, definition: { a: 1 } },
  } as const;
  const state = evolveWorkflow(initialWorkflow, defined);

  it('gets a version for each definition that is another one, also after it was taken away', () => {
    expect(decideWorkflow(define, initialWorkflow)).toEqual([defined]);
    expect(decideWorkflow(define, state)).toEqual([]);
    expect(decideWorkflow({ ...define, definition: {} }, state)).toMatchObject([{ data: { version: 2 } }]);
    const retired = evolveWorkflow(state, { type: 'WorkflowRetired', data: {} });
    expect(decideWorkflow(define, retired)).toMatchObject([{ data: { version: 2 } }]);
  });

  it.each([initialWorkflow, evolveWorkflow(state, { type: 'WorkflowRetired', data: {} })])(
    'cannot be taken away when it is %j',
    (gone) => {
      try {
        decideWorkflow({ kind: 'retire' }, gone);
        expect.unreachable();
      } catch (error) {
        expect(isAppError(error) && error.code).toBe('WORKFLOW_NOT_FOUND');
      }
    },
  );

  it('names the item of a list that failed first', () => {
    const each = step('each', { forEach: { from: '/input/list', concurrency: 2 } });
    const run = new WorkflowRun(workflow(each), { list: ['a', 'b'] });
    run.launches();
    run.hasEnded('each', 1, { status: 'failed', result: null, error: { code: 'X', message: 'No.' } });
    run.hasEnded('each', 0, { status: 'completed', result: null, error: null });
    expect(run.launches()).toEqual([]);
    expect(run.ending).toMatchObject({ kind: 'failed', error: { message: 'Step each failed: Item 1: No. (X)' } });
  });
});
