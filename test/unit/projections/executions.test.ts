import { describe, expect, it } from 'vitest';

import { executionsProjection } from '../../../projections/executions/projection.ts';
import type { ExecutionEvent } from '../../../src/domain/execution/decide.ts';
import { foldInMemory } from '../../../src/projecting/memory-fold.ts';
import { recorded } from '../../support/recorded.ts';

const requested: ExecutionEvent = {
  type: 'ExecutionRequested',
  data: {
    owner: 'user_a',
    skill: 'noop',
    skillVersion: '1.0.0',
    skillDigest: 'ab',
    params: { a: 1 },
    secretParams: [],
    cause: 'api',
    causeId: null,
    priority: 3,
    dueAtMs: 500,
    expiresAtMs: null,
    timeoutMs: 30_000,
    retry: { maxAttempts: 2, initialDelayMs: 1, factor: 2, maxDelayMs: 9, maxLostAttempts: 3 },
  },
};
const started = (attempt: number): ExecutionEvent => ({
  type: 'ExecutionStarted',
  data: { attempt, node: 'node_a', mode: 'process', limits: null, skillDigest: null },
});
const error = { code: 'SKILL_THREW', message: 'as planned', stack: null };
const progressed: ExecutionEvent = { type: 'ExecutionProgressed', data: { attempt: 1, progress: 40, status: 'half' } };
const cancelling: ExecutionEvent = { type: 'ExecutionCancellationRequested', data: { reason: null } };
const attemptFailed: ExecutionEvent = {
  type: 'ExecutionAttemptFailed',
  data: { attempt: 1, error, durationMs: 5, retryAtMs: 9000 },
};
const lost: ExecutionEvent = { type: 'ExecutionAttemptLost', data: { attempt: 1, node: 'node_a', retryAtMs: 8000 } };
const artifacts = [{ path: 'a.txt', sizeBytes: 2, sha256: 'cd' }];
const completed: ExecutionEvent = {
  type: 'ExecutionCompleted',
  data: { attempt: 1, result: [7], durationMs: 5, artifacts },
};
const failed: ExecutionEvent = { type: 'ExecutionFailed', data: { attempt: 1, error, durationMs: 5, artifacts } };
const timedOut: ExecutionEvent = {
  type: 'ExecutionTimedOut',
  data: { attempt: 1, timeoutMs: 30_000, durationMs: 30_001, artifacts: [] },
};
const cancelled: ExecutionEvent = {
  type: 'ExecutionCancelled',
  data: { attempt: 0, durationMs: 5, reason: 'not needed', artifacts: [] },
};
const expired: ExecutionEvent = { type: 'ExecutionExpired', data: { waitedMs: 77 } };

function given(...events: readonly ExecutionEvent[]) {
  const tables = foldInMemory(executionsProjection, recorded(...events.map((event) => ['exec_1', event] as const)));
  const counts = tables.get('ended_counts') ?? [];
  return { row: tables.get('executions')?.[0], counts: counts.map((row) => [row.status, row.executions]) };
}

describe('the row of an execution', () => {
  it('waits as it was requested', () => {
    expect(given(requested).row).toMatchObject({
      id: 'exec_1',
      owner: 'user_a',
      status: 'queued',
      requestedBy: 'user_a',
      priority: 3,
      paramsJson: '{"a":1}',
      requestedAtMs: 1000,
      dueAtMs: 500,
      attempt: 0,
      revision: 0,
      position: 1,
    });
  });

  it('shows what its attempt has reached, and starts again from nothing with the next', () => {
    expect(given(requested, started(1), progressed).row).toMatchObject({
      status: 'running',
      node: 'node_a',
      startedAtMs: 2000,
      dueAtMs: null,
      progress: 40,
      progressStatus: 'half',
      revision: 2,
      position: 1,
    });
    expect(given(requested, started(1), progressed, attemptFailed, started(2)).row).toMatchObject({
      attempt: 2,
      startedAtMs: 2000,
      progress: 0,
      progressStatus: null,
    });
  });

  it.each([
    ['queued', [requested]],
    ['running', [requested, started(1)]],
    ['cancelling', [requested, started(1), cancelling]],
    ['retrying', [requested, started(1), attemptFailed]],
    ['retrying', [requested, started(1), lost]],
    ['completed', [requested, started(1), completed]],
    ['failed', [requested, started(1), failed]],
    ['timed-out', [requested, started(1), timedOut]],
    ['cancelled', [requested, cancelled]],
    ['expired', [requested, expired]],
  ] as const)('is %s, and counted as that once it has ended, after %j', (status, events) => {
    const { row, counts } = given(...events);
    expect(row?.status).toBe(status);
    expect(counts).toEqual(row?.endedAtMs === null ? [] : [[status, 1]]);
  });

  it('is due again when the event says so', () => {
    expect(given(requested, started(1), attemptFailed).row?.dueAtMs).toBe(9000);
    expect(given(requested, started(1), lost).row?.dueAtMs).toBe(8000);
  });

  it('holds the result, or the error, and the files', () => {
    const filesJson = JSON.stringify(artifacts);
    expect(given(requested, started(1), attemptFailed, started(2), completed).row).toMatchObject({
      resultJson: '[7]',
      errorJson: null,
      progress: 100,
      endedAtMs: 5000,
      artifactsJson: filesJson,
    });
    expect(given(requested, started(1), failed).row).toMatchObject({
      resultJson: null,
      errorJson: JSON.stringify(error),
      artifactsJson: filesJson,
    });
    expect(given(requested, cancelled).row?.errorJson).toContain('not needed');
    expect(given(requested, expired).row?.errorJson).toContain('77 ms');
  });

  it('keeps its first ending whatever comes after', () => {
    const { row, counts } = given(requested, started(1), completed, failed, progressed);
    expect(row).toMatchObject({ status: 'completed', progress: 100, errorJson: null, revision: 4 });
    expect(counts).toEqual([['completed', 1]]);
  });

  it('is made by the request alone', () => {
    expect(given(started(1), completed).row).toBeUndefined();
  });
});
