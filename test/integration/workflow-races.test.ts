import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { AppendedWith, AppendRequest, EventLog } from '../../src/event-log/event-log.ts';
import { AppError } from '../../src/kernel/errors.ts';
import { type Answer, TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const flags = ['--runner=inline', `--skills=${join(root, 'test/fixtures/skills')},${join(root, 'skills')}`];
let server: TestServer;
let log: EventLog;
let token: string;
let names = 0;

beforeAll(async () => {
  server = await TestServer.start(tempDir(), flags);
  ({ log } = server.platform.services);
  ({ token } = await server.newUser());
});
afterEach(() => {
  Reflect.deleteProperty(log, 'append');
  Reflect.deleteProperty(log, 'appendWith');
});
afterAll(() => server.stop());

type Appends = readonly AppendRequest[];
type Answers = Promise<AppendedWith>;

/** Puts something between appends and the log: a fact alone, or with what follows from it. */
function onAppend(meet: (appends: Appends, go: () => Answers) => Answers): void {
  const [append, appendWith] = [log.append.bind(log), log.appendWith.bind(log)];
  log.appendWith = (fact, consequences) => meet([fact, ...consequences], () => appendWith(fact, consequences));
  log.append = async (request) => {
    const { fact } = await meet([request], async () => ({ fact: await append(request), consequences: [] }));
    return fact;
  };
}

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  server.call(method, path, { token, ...(body !== undefined && { body }), headers });

async function define(definition: object): Promise<string> {
  const name = `race-${String(++names)}`;
  const answer = await call('POST', '/api/workflows', { name, ...definition });
  expect([answer.status, answer.body.detail]).toEqual([201, undefined]);
  return name;
}

const run = (name: string, params: object = {}): Promise<Answer> =>
  call('POST', `/api/workflows/${name}/run`, { params }, { prefer: 'wait=20' });
const stepsOf = async (id: string) =>
  (await call('GET', `/api/executions/${id}/steps`)).body.steps as readonly {
    id: string;
    status: string;
    executions: readonly { id: string; status: string }[];
  }[];
const summaryOf = async (id: string) =>
  Object.fromEntries(
    (await stepsOf(id)).map(({ id: step, status, executions }) => [step, `${status} ${String(executions.length)}`]),
  );
/** What the step says whose end is the fact. */
const endOf = ([fact]: Appends): string | null => {
  const last = fact?.events.at(-1);
  return last?.type === 'ExecutionCompleted' && fact?.expected !== 'none'
    ? ((last.data.result as { text?: string }).text ?? null)
    : null;
};
const cancelStep = (stream: string): Promise<unknown> =>
  server.platform.services.executions.execute(
    stream,
    { kind: 'request-cancellation', reason: 'at that very moment', nowMs: Date.now() },
    'test',
  );

const two = {
  steps: {
    first: { skill: 'step', params: { text: 'one' } },
    second: { skill: 'step', needs: ['first'], params: { text: { $from: '/steps/first/result/text' } } },
  },
};

describe('a run whose step is asked to stop as it ends', () => {
  it('goes on with what the step came to', async () => {
    const name = await define(two);
    onAppend(async ([fact, ...rest], go) => {
      if (endOf([fact!]) !== null && rest.length > 0) await cancelStep(fact!.stream);
      return go();
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => run(name)));
    for (const { body } of answers) {
      expect(body).toMatchObject({ result: { second: { text: 'one' } } });
      expect(await summaryOf(body.executionId as string)).toEqual({ first: 'completed 1', second: 'completed 1' });
    }
  });

  it('leaves alone what another step led to meanwhile, and begins nothing of which that end is a condition', async () => {
    const name = await define({
      steps: {
        held: { skill: 'step', params: { text: 'held' } },
        free: { skill: 'step', params: { text: 'free' } },
        afterFree: { skill: 'step', needs: ['free'], params: { text: 'afterFree', waitMs: 50 } },
        afterBoth: { skill: 'step', needs: ['held', 'free'], params: { text: 'afterBoth' } },
      },
    });
    const otherIsRecorded = Promise.withResolvers<undefined>();
    let isHeld = true;
    onAppend(async (appends, go) => {
      if (endOf(appends) === 'held' && isHeld) {
        isHeld = false;
        await otherIsRecorded.promise;
        await cancelStep(appends[0]!.stream);
      }
      const answers = await go();
      if (endOf(appends) === 'free') otherIsRecorded.resolve(undefined);
      return answers;
    });
    const { body } = await run(name);
    expect(body).toMatchObject({
      result: { afterFree: { text: 'afterFree' }, afterBoth: { text: 'afterBoth' } },
    });
    await expectOrdered(body.executionId as string);
  });
});

describe('a run whose log cannot be written for a moment', () => {
  it('goes on when it can', async () => {
    const name = await define(two);
    const refused = new Set<string>();
    onAppend((appends, go) => {
      const { stream } = appends[0]!;
      if (endOf(appends) === null || refused.has(stream)) return go();
      refused.add(stream);
      return Promise.reject(new AppError('STORAGE_FULL'));
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => run(name)));
    for (const { body } of answers) {
      expect(body).toMatchObject({ result: { second: { text: 'one' } } });
      expect(await summaryOf(body.executionId as string)).toEqual({ first: 'completed 1', second: 'completed 1' });
    }
  });
});

describe('two runs that are asked for under one key at once', () => {
  it('are one: with the input of the one that was recorded', async () => {
    const name = await define({
      input: { text: { type: 'string' }, secret: { type: 'string', secret: true } },
      steps: { only: { skill: 'step', params: { text: { $from: '/input/text' } } } },
    });
    const ask = (params: object) =>
      call('POST', `/api/workflows/${name}/run`, { params }, { prefer: 'wait=20', 'idempotency-key': name });
    const isRequest = ([fact]: Appends): boolean =>
      fact?.events[0]?.type === 'ExecutionRequested' && fact.stream.length > 0;
    const secondIsAsked = Promise.withResolvers<undefined>();
    const firstIsHeld = Promise.withResolvers<undefined>();
    const firstIsRecorded = Promise.withResolvers<undefined>();
    let requests = 0;
    onAppend(async (appends, go) => {
      const nth = isRequest(appends) ? ++requests : 0;
      if (nth === 1) {
        firstIsHeld.resolve(undefined);
        await secondIsAsked.promise;
      } else if (nth === 2) {
        secondIsAsked.resolve(undefined);
        await firstIsRecorded.promise;
      }
      const answers = await go();
      if (nth === 1) firstIsRecorded.resolve(undefined);
      return answers;
    });
    const first = ask({ text: 'first', secret: 'hidden' });
    await firstIsHeld.promise;
    const second = await ask({ text: 'second' });
    expect((await first).body.result).toEqual({ only: { text: 'first' } });
    expect(second.body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});

const ids = ['a', 'b', 'c', 'd', 'e'];
const flow = fc
  .array(fc.record({ needs: fc.subarray(ids), items: fc.nat(4), concurrency: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: ids.length,
  })
  .map((parts) =>
    parts.map(({ needs, items, concurrency }, i) => ({
      ...{ skill: 'step', params: { text: ids[i] }, needs: needs.filter((id) => ids.indexOf(id) < i) },
      ...(items > 0 && { forEach: { from: `/input/lists/${String(items)}`, concurrency } }),
    })),
  )
  .map((steps) => Object.fromEntries(steps.map((step, i) => [ids[i], step])));
const lists = Array.from({ length: 5 }, (_, length) => Array.from({ length }, (_item, i) => i));

/** Whatever a step needs has ended in the log before it is asked for there, and each of its items was asked for once. */
async function expectOrdered(run: string): Promise<void> {
  const { skillId } = (await call('GET', `/api/executions/${run}`)).body;
  const { definition } = (await call('GET', `/api/workflows/${String(skillId).replace('workflow:', '')}`)).body;
  const steps = await stepsOf(run);
  const streams = await Promise.all(
    steps.map(({ executions }) => Promise.all(executions.map(({ id }) => log.readStream(id)))),
  );
  const ends = new Map(steps.map(({ id }, i) => [id, Math.max(0, ...streams[i]!.map((of) => of.at(-1)!.position))]));
  for (const [i, { id, status }] of steps.entries()) {
    const { needs } = definition.steps.find((step: { id: string }) => step.id === id) as { needs: readonly string[] };
    const begins = streams[i]!.map(([request]) => request!.position);
    for (const need of needs) expect(Math.min(Infinity, ...begins)).toBeGreaterThan(ends.get(need) ?? 0);
    const causes = streams[i]!.map(([request]) => (request!.data as { causeId: string }).causeId);
    expect([status, new Set(causes).size]).toEqual(['completed', causes.length]);
  }
  const own = await log.readStream(run);
  expect(own.at(-1)?.type).toBe('ExecutionCompleted');
  expect(own.at(-1)?.position).toBeGreaterThan(Math.max(...ends.values()));
}

it('INV-11: whatever comes between a step and the log, a run asks for each step once, after what it needs, and ends', async () => {
  const fates = fc.infiniteStream(fc.constantFrom('none', 'none', 'cancelled', 'refused', 'late'));
  await fc.assert(
    fc.asyncProperty(flow, fates, async (steps, fate) => {
      const name = await define({ input: { lists: { type: 'array', required: true } }, steps });
      onAppend(async (appends, go) => {
        if (endOf(appends) === null) return go();
        const { value } = fate.next();
        if (value === 'cancelled') await cancelStep(appends[0]!.stream);
        if (value === 'refused') throw new AppError('STORAGE_FULL');
        if (value === 'late') for (let turns = 0; turns < 20; turns++) await new Promise((next) => setImmediate(next));
        return go();
      });
      const { body } = await run(name, { lists });
      const id = body.executionId as string;
      await until('its end', async () => (await call('GET', `/api/executions/${id}`)).body.endedAt !== null);
      await expectOrdered(id);
      Reflect.deleteProperty(log, 'append');
      Reflect.deleteProperty(log, 'appendWith');
    }),
    { numRuns: 25 },
  );
}, 180_000);

it('whenever a run is cancelled or runs out of time, nothing of it goes on', async () => {
  const fates = fc.infiniteStream(fc.constantFrom('none', 'run cancelled', 'step cancelled', 'refused', 'late'));
  const { runner, executions } = server.platform.services;
  await fc.assert(
    fc.asyncProperty(flow, fates, fc.constantFrom(null, 40), async (steps, fate, timeoutMs) => {
      const input = { lists: { type: 'array', required: true } };
      const name = await define({ input, steps, ...(timeoutMs !== null && { timeoutMs }) });
      onAppend(async (appends, go) => {
        const [fact] = appends;
        const isStep = fact?.actor.startsWith('exec_') === true;
        if (endOf(appends) === null && !isStep) return go();
        const { value } = fate.next();
        const run = isStep ? fact.actor : String((await executions.load(fact!.stream)).request?.causeId).split('/')[0]!;
        const cancelled = value === 'run cancelled' ? run : value === 'step cancelled' ? fact!.stream : null;
        if (cancelled !== null) await cancelStep(cancelled).catch(() => null);
        if (value === 'refused') throw new AppError('STORAGE_FULL');
        if (value === 'late') for (let turns = 0; turns < 20; turns++) await new Promise((next) => setImmediate(next));
        return go();
      });
      const id = (await call('POST', `/api/workflows/${name}/run`, { params: { lists } })).body.executionId as string;
      await until('its end', async () => (await call('GET', `/api/executions/${id}`)).body.endedAt !== null);
      Reflect.deleteProperty(log, 'append');
      Reflect.deleteProperty(log, 'appendWith');
      await until('nothing of it goes on', async () => {
        const parts = (await stepsOf(id)).flatMap(({ executions: own }) => own);
        return (
          parts.every(({ status }) => !['queued', 'running', 'retrying'].includes(status)) && runner().running === 0
        );
      });
    }),
    { numRuns: 25 },
  );
}, 180_000);
