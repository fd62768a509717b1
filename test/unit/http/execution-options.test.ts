import { describe, expect, it } from 'vitest';

import { idempotencyKeyOf, optionsOf } from '../../../src/http/execution-options.ts';

const refusal = expect.objectContaining({ code: 'VALIDATION_FAILED' }) as Error;

describe('how to run', () => {
  it('holds only what the caller said', () => {
    expect(optionsOf({})).toEqual({});
    expect(optionsOf({ priority: 0, timeoutMs: 5, queueTtlMs: 9, retry: { maxAttempts: 2 } })).toEqual({
      priority: 0,
      timeoutMs: 5,
      queueTtlMs: 9,
      retry: { maxAttempts: 2 },
    });
  });

  it('takes a time to start at, or a delay from now on', () => {
    expect(optionsOf({ runAt: '2020-01-01T00:00:00+01:00' })).toEqual({ runAtMs: Date.UTC(2019, 11, 31, 23) });
    expect(optionsOf({ delayMs: 5000 })).toEqual({ delayMs: 5000 });
  });

  it('refuses a time and a delay at once, and says so', () => {
    const both = { runAt: new Date().toISOString(), delayMs: 0 };
    const problems = [{ path: '/delayMs', message: 'cannot be given together with runAt' }];
    expect(() => optionsOf(both)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED', problems }) as Error);
  });

  it.each(['9999-01-01T00:00:00Z', '2026-13-01T00:00:00Z', 'tomorrow'])('refuses to start at %s', (runAt) => {
    expect(() => optionsOf({ runAt })).toThrow(refusal);
  });
});

describe('the Idempotency-Key header', () => {
  it('is optional', () => {
    expect(idempotencyKeyOf({})).toBeNull();
  });

  it('is 1 to 255 printable characters', () => {
    expect(idempotencyKeyOf({ 'idempotency-key': 'a'.repeat(255) })).toHaveLength(255);
    for (const key of ['', 'a'.repeat(256), 'with space', 'tab\t', 'ä']) {
      expect(() => idempotencyKeyOf({ 'idempotency-key': key })).toThrow(refusal);
    }
    expect(() => idempotencyKeyOf({ 'idempotency-key': ['a', 'b'] })).toThrow(refusal);
  });
});
