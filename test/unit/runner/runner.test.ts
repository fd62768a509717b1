import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import type { ExecutionRequested } from '../../../schemas/generated/events.ts';
import { aloneAs } from '../../../src/event-log/membership.ts';
import { ExecutionStore } from '../../../src/commands/execution-store.ts';
import { EmbeddedLog } from '../../../src/event-log/embedded/embedded-log.ts';
import type { EventLog } from '../../../src/event-log/event-log.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import type { RunHandle, RunOutcome } from '../../../src/runner/run-outcome.ts';
import { Runner } from '../../../src/runner/runner.ts';
import type { LoadedSkill } from '../../../src/skills/skill.ts';
import { createQueries } from '../../../src/store/query-client.ts';
import { StoreClient } from '../../../src/store/store-client.ts';
import { createVault } from '../../../src/vault/vault.ts';
import { appendOf } from '../../support/log.ts';
import { requestOf } from '../../support/requested.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const ended = { durationMs: 1, artifacts: [] };
const completed = (result: unknown): RunOutcome => ({ kind: 'completed', result: result as never, ...ended });
const handle = (outcome: Promise<RunOutcome>): RunHandle => ({ outcome, cancel: () => undefined });
const noop = { metadata: { name: 'noop', parameters: {} }, digest: 'ab' } as unknown as LoadedSkill;
const retry = { maxAttempts: 2, initialDelayMs: 1, factor: 1, maxDelayMs: 1, maxLostAttempts: 1 };

let store: StoreClient;
let log: EventLog;
let runner: Runner;
let executions = 0;
/** What happens in place of the runs, one after the other. */
const runs: (() => RunHandle)[] = [];

beforeAll(async () => {
  store = await StoreClient.start({ dataDir: tempDir() });
  log = await EmbeddedLog.open(store);
  const queries = createQueries(store);
  runner = new Runner({
    log,
    executions: new ExecutionStore(log, systemClock),
    vault: createVault((method, ...args) => store.write(method, ...args)),
    clock: systemClock,
    skillRunner: { mode: 'inline', slots: 1, run: () => runs.shift()!(), stop: () => Promise.resolve() },
    node: 'node_a',
    membership: aloneAs('node_a'),
    limits: { heapMb: 1, rssMb: 1, outputBytes: 1, resultBytes: 1 },
    skillOf: (name) => (name === 'noop' ? noop : undefined),
    todo: (after, limit) => queries.todoAfter(after, limit),
    onError: () => undefined,
  });
  await runner.start();
});
afterEach(() => {
  expect([runs.length, runner.running, runner.open]).toEqual([0, 0, 0]);
});
afterAll(async () => {
  await runner.stop(0);
  await log.close();
  await store.close();
});

/** The last event of an execution whose runs go like this. */
async function lastEvent(run: (() => RunHandle)[], part: Partial<ExecutionRequested> = {}): Promise<unknown> {
  runs.push(...run);
  const id = `exec_r${String(executions++)}`;
  await log.append(appendOf(id, { events: [{ type: 'ExecutionRequested', data: requestOf(part) }] }));
  await until('it has ended', () => runner.open === 0 && runner.running === 0);
  const { type, data } = (await log.readStream(id)).at(-1)!;
  return { type, data };
}

const throws = (): RunHandle => {
  throw new Error('no room');
};
const rejects = (): RunHandle => handle(Promise.reject(new Error('no room')));
const answers = (result: unknown) => (): RunHandle => handle(Promise.resolve(completed(result)));

it.each([
  ['cannot be started', throws],
  ['breaks down', rejects],
])('an attempt whose run %s has failed, and is repeated', async (_, run) => {
  expect(await lastEvent([run, answers(7)], { retry })).toMatchObject({
    type: 'ExecutionCompleted',
    data: { attempt: 2, result: 7 },
  });
  expect(await lastEvent([run])).toMatchObject({
    type: 'ExecutionFailed',
    data: { error: { code: 'SKILL_START_FAILED', message: 'The node could not start the run: no room' } },
  });
});

it('an outcome that cannot be written down fails its execution, which does not run for ever', async () => {
  expect(await lastEvent([answers(7n)])).toMatchObject({
    type: 'ExecutionFailed',
    data: { error: { code: 'OUTCOME_NOT_RECORDED' } },
  });
});

it('an execution whose secret parameters are gone fails instead of running without them', async () => {
  expect(await lastEvent([], { secretParams: ['apiToken'] })).toMatchObject({
    type: 'ExecutionFailed',
    data: { error: { code: 'SECRETS_MISSING' } },
  });
});
