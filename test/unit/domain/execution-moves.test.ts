import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideExecution, type ExecutionCommand, type ExecutionEvent } from '../../../src/domain/execution/decide.ts';
import { evolveExecution } from '../../../src/domain/execution/evolve.ts';
import type { ExecutionState } from '../../../src/domain/execution/state.ts';
import { isAppError } from '../../../src/kernel/errors.ts';
import { stateAfter } from '../../support/decider.ts';
import { requestOf } from '../../support/requested.ts';

const request: ExecutionCommand & { kind: 'request' } = {
  kind: 'request',
  request: requestOf({
    expiresAtMs: 1000,
    retry: { maxAttempts: 2, initialDelayMs: 10, factor: 2, maxDelayMs: 100, maxLostAttempts: 2 },
  }),
};
const error = { code: 'SKILL_THREW', message: 'as planned', stack: null };
const requested: ExecutionEvent = { type: 'ExecutionRequested', data: request.request };
const started: ExecutionEvent = {
  type: 'ExecutionStarted',
  data: { attempt: 1, node: 'node_a', mode: 'inline', limits: null, skillDigest: null },
};
const end = { attempt: 1, durationMs: 5, artifacts: [] };

const commands: Readonly<Record<ExecutionCommand['kind'], ExecutionCommand>> = {
  request,
  start: { kind: 'start', node: 'node_a', mode: 'inline', limits: null, skillDigest: null },
  'report-progress': { kind: 'report-progress', progress: 50, status: null },
  log: { kind: 'log', lines: [{ level: 'info', message: 'x', loggedAtMs: 1 }] },
  complete: { kind: 'complete', result: 1, durationMs: 5, artifacts: [] },
  'fail-attempt': { kind: 'fail-attempt', error, retryable: true, nowMs: 2000, durationMs: 5, artifacts: [] },
  'time-out': { kind: 'time-out', nowMs: 2000, durationMs: 5, artifacts: [] },
  'lose-attempt': { kind: 'lose-attempt', nowMs: 2000 },
  'request-cancellation': { kind: 'request-cancellation', reason: null, nowMs: 2000 },
  'confirm-cancellation': { kind: 'confirm-cancellation', reason: null, durationMs: 5, artifacts: [] },
  expire: { kind: 'expire', nowMs: 2000 },
};

const states: Readonly<Record<string, readonly ExecutionEvent[]>> = {
  absent: [],
  queued: [requested],
  running: [requested, started],
  completed: [requested, started, { type: 'ExecutionCompleted', data: { ...end, result: 1 } }],
  failed: [requested, started, { type: 'ExecutionFailed', data: { ...end, error } }],
  'timed-out': [requested, started, { type: 'ExecutionTimedOut', data: { ...end, timeoutMs: 30_000 } }],
  cancelled: [requested, { type: 'ExecutionCancelled', data: { ...end, attempt: 0, reason: null } }],
  expired: [requested, { type: 'ExecutionExpired', data: { waitedMs: 5 } }],
};

/** The moves that a state permits, by what becomes of it; every other command is refused. */
const moves: Readonly<Record<string, Partial<Record<ExecutionCommand['kind'], string>>>> = {
  absent: { request: 'queued' },
  queued: { start: 'running', 'request-cancellation': 'cancelled', expire: 'expired' },
  running: {
    'report-progress': 'running',
    log: 'running',
    complete: 'completed',
    'fail-attempt': 'queued',
    'time-out': 'queued',
    'lose-attempt': 'queued',
    'request-cancellation': 'running',
    'confirm-cancellation': 'cancelled',
  },
};

/** The name of the state that a command leads to, or the code of its refusal. */
function outcome(state: ExecutionState, command: ExecutionCommand): string {
  try {
    const next = decideExecution(command, state).reduce(
      (before, event) => evolveExecution(before, { ...event, atMs: 2000 }),
      state,
    );
    return next.phase === 'ended' ? next.ending : next.phase;
  } catch (refusal) {
    if (isAppError(refusal)) return refusal.code;
    throw refusal;
  }
}

const cases = Object.keys(states).flatMap((name) =>
  Object.values(commands).map((command) => [name, command.kind] as const),
);

describe('the table of states', () => {
  it.each(cases)('an execution that is %s answers "%s" as the table says', (name, kind) => {
    const refusal =
      kind === 'request'
        ? 'MOVE_NOT_ALLOWED'
        : name === 'absent'
          ? 'EXECUTION_NOT_FOUND'
          : name in moves
            ? 'MOVE_NOT_ALLOWED'
            : 'EXECUTION_FINISHED';
    expect(outcome(stateAfter(states[name] ?? []), commands[kind])).toBe(moves[name]?.[kind] ?? refusal);
  });
});

describe('any sequence of commands', () => {
  const progress = fc.double().map((value): ExecutionCommand => {
    return { kind: 'report-progress', progress: value, status: null };
  });
  const command = fc.oneof(progress, fc.constantFrom(...Object.values(commands)));

  it('keeps progress within 0 to 100 and never lets it fall within an attempt', () => {
    const percent = fc.oneof(fc.double(), fc.integer({ min: -10, max: 110 }));
    fc.assert(
      fc.property(fc.array(percent, { maxLength: 40 }), (reports) => {
        let state = stateAfter(states.running ?? []);
        let before = 0;
        for (const value of reports) {
          for (const event of decideExecution({ kind: 'report-progress', progress: value, status: null }, state)) {
            state = evolveExecution(state, { ...event, atMs: 1 });
            const now = event.type === 'ExecutionProgressed' ? event.data.progress : -1;
            expect(now).toBeGreaterThan(before);
            expect(now).toBeLessThanOrEqual(100);
            before = now;
          }
        }
      }),
    );
  });

  it('starts no more attempts than the policy allows, lost ones included', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (sequence) => {
        let state = stateAfter([requested]);
        let attempts = 0;
        for (const next of sequence) {
          try {
            for (const event of decideExecution(next, state)) {
              state = evolveExecution(state, { ...event, atMs: 1 });
              if (event.type === 'ExecutionStarted') attempts++;
            }
          } catch (refusal) {
            if (!isAppError(refusal)) throw refusal;
          }
        }
        const { maxAttempts, maxLostAttempts } = request.request.retry;
        expect(attempts).toBeLessThanOrEqual(maxAttempts + maxLostAttempts);
      }),
      { numRuns: 1000 },
    );
  });
});
