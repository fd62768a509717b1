import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { RetryPolicy } from '../../../schemas/generated/events.ts';
import { decideExecution, type ExecutionCommand, type ExecutionEvent } from '../../../src/domain/execution/decide.ts';
import { evolveExecution } from '../../../src/domain/execution/evolve.ts';
import { type ExecutionState, initialExecution } from '../../../src/domain/execution/state.ts';
import { isAppError } from '../../../src/kernel/errors.ts';
import { given } from '../../support/decider.ts';
import { requestOf } from '../../support/requested.ts';

const retry: RetryPolicy = { maxAttempts: 3, initialDelayMs: 100, factor: 2, maxDelayMs: 150, maxLostAttempts: 2 };
const request = requestOf({ expiresAtMs: 5000, retry });

const requested: ExecutionEvent = { type: 'ExecutionRequested', data: request };
const started = (attempt = 1): ExecutionEvent => ({
  type: 'ExecutionStarted',
  data: { attempt, node: 'node_a', mode: 'process', limits: null, skillDigest: null },
});
const progressed = (progress: number, status: string | null = null): ExecutionEvent => ({
  type: 'ExecutionProgressed',
  data: { attempt: 1, progress, status },
});
const completed: ExecutionEvent = {
  type: 'ExecutionCompleted',
  data: { attempt: 1, result: 7, durationMs: 5, artifacts: [] },
};
const error = { code: 'SKILL_THREW', message: 'as planned', stack: null };
const attemptFailed = (attempt: number, retryAtMs: number): ExecutionEvent => ({
  type: 'ExecutionAttemptFailed',
  data: { attempt, error, durationMs: 5, retryAtMs },
});
const lost = (attempt: number): ExecutionEvent => ({
  type: 'ExecutionAttemptLost',
  data: { attempt, node: 'node_a', retryAtMs: 2000 },
});
const cancellationRequested: ExecutionEvent = { type: 'ExecutionCancellationRequested', data: { reason: null } };

const start: ExecutionCommand = { kind: 'start', node: 'node_a', mode: 'process', limits: null, skillDigest: null };
const complete: ExecutionCommand = { kind: 'complete', result: 7, durationMs: 5, artifacts: [] };
const fail: ExecutionCommand = {
  kind: 'fail-attempt',
  error,
  retryable: true,
  nowMs: 1000,
  durationMs: 5,
  artifacts: [],
};
const lose: ExecutionCommand = { kind: 'lose-attempt', nowMs: 2000 };
const cancel: ExecutionCommand = { kind: 'request-cancellation', reason: null, nowMs: 1500 };
const confirm: ExecutionCommand = { kind: 'confirm-cancellation', reason: null, durationMs: 5, artifacts: [] };
const timeOut: ExecutionCommand = { kind: 'time-out', nowMs: 1000, durationMs: 5, artifacts: [] };
const expire: ExecutionCommand = { kind: 'expire', nowMs: 6000 };

describe('an execution', () => {
  it('is requested once', () => {
    given().when({ kind: 'request', request }).then(requested);
    given(requested).when({ kind: 'request', request }).refused('MOVE_NOT_ALLOWED');
  });

  it('starts when it waits, and only then', () => {
    given(requested).when(start).then(started(1));
    given(requested, started()).when(start).refused('MOVE_NOT_ALLOWED');
    given().when(start).refused('EXECUTION_NOT_FOUND');
  });

  it('completes when it runs', () => {
    given(requested, started()).when(complete).then(completed);
    given(requested).when(complete).refused('MOVE_NOT_ALLOWED');
  });

  it('reports progress that is clamped, only grows, and says nothing twice', () => {
    given(requested, started()).when({ kind: 'report-progress', progress: 140, status: null }).then(progressed(100));
    given(requested, started(), progressed(40)).when({ kind: 'report-progress', progress: 20, status: null }).then();
    given(requested, started(), progressed(40, 'a'))
      .when({ kind: 'report-progress', progress: 20, status: 'b' })
      .then(progressed(40, 'b'));
    given(requested, started()).when({ kind: 'report-progress', progress: NaN, status: null }).then();
  });

  it('is repeated after a failed attempt, later each time but never later than allowed', () => {
    given(requested, started()).when(fail).then(attemptFailed(1, 1100));
    given(requested, started(), attemptFailed(1, 1100), started(2)).when(fail).then(attemptFailed(2, 1150));
  });

  it('fails after its last attempt, or at once when repeating is useless', () => {
    const failed = (attempt: number): ExecutionEvent => ({
      type: 'ExecutionFailed',
      data: { attempt, error, durationMs: 5, artifacts: [] },
    });
    given(requested, started(), attemptFailed(1, 0), started(2), attemptFailed(2, 0), started(3))
      .when(fail)
      .then(failed(3));
    given(requested, started())
      .when({ ...fail, retryable: false })
      .then(failed(1));
  });

  it('repeats lost attempts by a limit of their own', () => {
    given(requested, started()).when(lose).then(lost(1));
    given(requested, started(), lost(1), started(2)).when(lose).then(lost(2));
    const message = 'The node stopped while it ran the skill, 3 times.';
    const failed: ExecutionEvent = {
      type: 'ExecutionFailed',
      data: { attempt: 3, error: { code: 'ATTEMPT_LOST', message, stack: null }, durationMs: 1000, artifacts: [] },
    };
    given(requested, started(), lost(1), started(2), lost(2), started(3)).when(lose).then(failed);
  });

  it('is cancelled at once while it waits, and by its runner while it runs', () => {
    given(requested)
      .when(cancel)
      .then({ type: 'ExecutionCancelled', data: { attempt: 0, durationMs: 500, reason: null, artifacts: [] } });
    given(requested, started()).when(cancel).then(cancellationRequested);
    given(requested, started(), cancellationRequested).when(cancel).then();
    given(requested, started(), cancellationRequested)
      .when(confirm)
      .then({ type: 'ExecutionCancelled', data: { attempt: 1, durationMs: 5, reason: null, artifacts: [] } });
    given(requested, started(), cancellationRequested)
      .when(fail)
      .then({ type: 'ExecutionCancelled', data: { attempt: 1, durationMs: 5, reason: null, artifacts: [] } });
  });

  it('ends with the reason that its cancellation was asked for with, however it ends then', () => {
    const asked: ExecutionEvent = { type: 'ExecutionCancellationRequested', data: { reason: 'no longer wanted' } };
    for (const command of [confirm, fail, timeOut]) {
      given(requested, started(), asked)
        .when(command)
        .then({
          type: 'ExecutionCancelled',
          data: { attempt: 1, durationMs: 5, reason: 'no longer wanted', artifacts: [] },
        });
    }
  });

  it('completes although its cancellation was asked for, when the result came first', () => {
    given(requested, started(), cancellationRequested).when(complete).then(completed);
  });

  it('times out after its last attempt, and is repeated before', () => {
    const single = { ...request, retry: { ...retry, maxAttempts: 1 } };
    given({ type: 'ExecutionRequested', data: single }, started())
      .when(timeOut)
      .then({ type: 'ExecutionTimedOut', data: { attempt: 1, timeoutMs: 30_000, durationMs: 5, artifacts: [] } });
    const timedOut = { code: 'SKILL_TIMED_OUT', message: 'The attempt ran longer than 30000 ms.', stack: null };
    given(requested, started())
      .when(timeOut)
      .then({ type: 'ExecutionAttemptFailed', data: { attempt: 1, error: timedOut, durationMs: 5, retryAtMs: 1100 } });
  });

  it('expires when it waited too long for its first start, and only then', () => {
    given(requested)
      .when(expire)
      .then({ type: 'ExecutionExpired', data: { waitedMs: 5000 } });
    given(requested).when({ kind: 'expire', nowMs: 4000 }).refused('MOVE_NOT_ALLOWED');
    given(requested, started()).when(expire).refused('MOVE_NOT_ALLOWED');
    given(requested, started(), attemptFailed(1, 9000)).when(expire).refused('MOVE_NOT_ALLOWED');
  });

  it('INV-5: whatever is commanded in whatever order, one terminal event at most, and nothing after it', () => {
    const commands: ExecutionCommand[] = [
      start,
      complete,
      fail,
      lose,
      cancel,
      confirm,
      timeOut,
      expire,
      { kind: 'report-progress', progress: 50, status: null },
      { kind: 'log', lines: [{ level: 'info', message: 'x', loggedAtMs: 1 }] },
    ];
    const terminal = new Set([
      'ExecutionCompleted',
      'ExecutionFailed',
      'ExecutionTimedOut',
      'ExecutionCancelled',
      'ExecutionExpired',
    ]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...commands), { maxLength: 40 }), (sequence) => {
        let state: ExecutionState = initialExecution;
        const events: ExecutionEvent[] = [];
        for (const command of [{ kind: 'request', request } as const, ...sequence]) {
          try {
            for (const event of decideExecution(command, state)) {
              events.push(event);
              state = evolveExecution(state, { ...event, atMs: 1000 });
            }
          } catch (refusal) {
            if (!isAppError(refusal)) throw refusal;
          }
        }
        const ends = events.filter((event) => terminal.has(event.type));
        expect(ends.length).toBeLessThanOrEqual(1);
        if (ends.length === 1) expect(events.at(-1)).toBe(ends[0]);
        const attempts = events.filter((event) => event.type === 'ExecutionStarted').map((event) => event.data.attempt);
        expect(attempts).toEqual(attempts.map((_, i) => i + 1));
      }),
      { numRuns: 2000 },
    );
  });
});
