import type { ExecutionRequested } from '../../schemas/generated/events.ts';

/** What ExecutionRequested says of a plain run of `noop`, with the parts that a test cares about. */
export function requestOf(part: Partial<ExecutionRequested> = {}): ExecutionRequested {
  return {
    owner: 'user_a',
    skill: 'noop',
    skillVersion: '1.0.0',
    skillDigest: 'ab',
    params: {},
    secretParams: [],
    cause: 'api',
    causeId: null,
    priority: 0,
    dueAtMs: null,
    expiresAtMs: null,
    timeoutMs: 30_000,
    retry: { maxAttempts: 1, initialDelayMs: 1, factor: 1, maxDelayMs: 1, maxLostAttempts: 1 },
    ...part,
  };
}
