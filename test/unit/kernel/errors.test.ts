import { describe, expect, it } from 'vitest';

import { AppError, errorTable, isAppError } from '../../../src/kernel/errors.ts';

describe('an error with a code', () => {
  it("carries the table's sentence unless it was given one of its own", () => {
    expect(new AppError('NOT_FOUND').message).toBe(errorTable.NOT_FOUND.message);
    expect(new AppError('NOT_FOUND', { message: 'Not here.' }).message).toBe('Not here.');
  });

  it('is recognised by its code, and nothing else is', () => {
    expect(isAppError(new AppError('BUSY'))).toBe(true);
    expect(isAppError(Object.assign(new Error('from another copy'), { code: 'BUSY' }))).toBe(true);
    expect(isAppError(Object.assign(new Error('of the system'), { code: 'ENOENT' }))).toBe(false);
    expect(isAppError(Object.assign(new Error('inherited'), { code: 'toString' }))).toBe(false);
    expect(isAppError({ code: 'BUSY' })).toBe(false);
  });

  it('has a status of a failure', () => {
    for (const { http, message } of Object.values(errorTable)) {
      expect(http).toBeGreaterThanOrEqual(400);
      expect(http).toBeLessThan(600);
      expect(message).toMatch(/[.…]$/);
    }
  });
});
