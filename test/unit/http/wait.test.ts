import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Endings } from '../../../src/commands/endings.ts';
import { EmbeddedLog } from '../../../src/event-log/embedded/embedded-log.ts';
import { toCursor } from '../../../src/event-log/cursor.ts';
import type { EventLog, NewEvent } from '../../../src/event-log/event-log.ts';
import { type EndingView, waitForEnding, waitMsOf } from '../../../src/http/wait.ts';
import { createQueries, type Queries } from '../../../src/store/query-client.ts';
import { StoreClient } from '../../../src/store/store-client.ts';
import { appendOf, tick } from '../../support/log.ts';
import { requestOf } from '../../support/requested.ts';
import { tempDir } from '../../support/temp-dir.ts';

it.each([
  [undefined, 0],
  ['wait=10', 10_000],
  ['respond-async, wait=5', 5000],
  ['respond-async;wait=5', 5000],
  ['wait=0', 0],
  ['wait=56', 55_000],
  ['wait=9999', 55_000],
  ['wait=99999', 55_000],
  ['wait=-1', 0],
  ['wait=1.5', 0],
  ['await=5', 0],
  ['wait=', 0],
])('a caller that prefers %j waits %i ms', (prefer, waitMs) => {
  expect(waitMsOf(prefer === undefined ? {} : { prefer })).toBe(waitMs);
});

const dataDir = tempDir();
const longMs = 600_000;
let store: StoreClient;
let log: EventLog;
let queries: Queries;
let endings: Endings;
let streams = 0;

beforeAll(async () => {
  store = await StoreClient.start({ dataDir });
  log = await EmbeddedLog.open(store);
  queries = createQueries(store);
  endings = new Endings(log);
});
afterAll(async () => {
  await log.close();
  await store.close();
});

const attempt = { attempt: 1, durationMs: 7, artifacts: [] };
const requested: NewEvent = { type: 'ExecutionRequested', data: requestOf({ skillDigest: '', timeoutMs: 1000 }) };
const completed: NewEvent = { type: 'ExecutionCompleted', data: { ...attempt, result: { rows: [1] } } };

async function open(...events: NewEvent[]): Promise<string> {
  const stream = `exec_w${String(streams++)}`;
  await log.append(appendOf(stream, { events: [requested, ...events] }));
  return stream;
}

async function end(executionId: string, event: NewEvent): Promise<string> {
  await log.append(appendOf(executionId, { events: [event] }));
  const last = (await log.readStream(executionId)).at(-1);
  return toCursor(last?.position ?? 0);
}

const wait = (executionId: string, created: boolean, waitMs = longMs): Promise<EndingView | null> =>
  waitForEnding({ queries, endings, log }, { executionId, created }, waitMs);

describe('a caller that waits for the end', () => {
  it.each<[NewEvent, Omit<EndingView, 'position' | 'durationMs'>]>([
    [completed, { status: 'completed', result: { rows: [1] }, error: null }],
    [
      { type: 'ExecutionFailed', data: { ...attempt, error: { code: 'SKILL_THREW', message: 'no', stack: null } } },
      { status: 'failed', result: null, error: { code: 'SKILL_THREW', message: 'no', stack: null } },
    ],
    [
      { type: 'ExecutionTimedOut', data: { ...attempt, timeoutMs: 9 } },
      { status: 'timed-out', result: null, error: expect.objectContaining({ code: 'SKILL_TIMED_OUT' }) },
    ],
    [
      { type: 'ExecutionCancelled', data: { ...attempt, reason: 'enough' } },
      { status: 'cancelled', result: null, error: { code: 'CANCELLED', message: 'enough', stack: null } },
    ],
    [
      { type: 'ExecutionExpired', data: { waitedMs: 5 } },
      { status: 'expired', result: null, error: expect.objectContaining({ code: 'EXPIRED' }) },
    ],
  ])(
    'hears of $type what one who repeats the request later hears, and where it stands in the log',
    async (event, view) => {
      const id = await open(tick(1));
      const waiting = [wait(id, true), wait(id, false)];
      const position = await end(id, event);
      const expected = { ...view, position, durationMs: event.type === 'ExecutionExpired' ? 0 : 7 };
      for (const heard of [...(await Promise.all(waiting)), await wait(id, false)]) expect(heard).toEqual(expected);
    },
  );

  it('hears nothing of progress, nor of the end of another execution', async () => {
    const [id, other] = [await open(), await open()];
    const waiting = wait(id, true);
    await log.append(appendOf(id, { events: [tick(50)] }));
    await end(other, { type: 'ExecutionExpired', data: { waitedMs: 1 } });
    await end(id, completed);
    expect(await waiting).toMatchObject({ status: 'completed' });
  });

  it('is answered null when its time passes first, and the next one hears the end', async () => {
    const id = await open();
    expect(await wait(id, false, 1)).toBeNull();
    const waiting = wait(id, false);
    await end(id, completed);
    expect(await waiting).toMatchObject({ status: 'completed' });
  });

  it('misses no end, at whatever moment it begins to wait', async () => {
    const pause = fc.nat(4);
    await fc.assert(
      fc.asyncProperty(pause, pause, fc.boolean(), async (before, ahead, early) => {
        const id = await open();
        const turns = async (count: number) => {
          for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
        };
        const late = turns(before).then(() => wait(id, false));
        const first = early ? wait(id, true) : null;
        await turns(ahead);
        const position = await end(id, completed);
        expect(await late).toMatchObject({ status: 'completed', position });
        if (first !== null) expect(await first).toMatchObject({ status: 'completed', position });
      }),
      { numRuns: 60 },
    );
  });
});
