import { describe, expect, it } from 'vitest';

import { problemOf, toAppError } from '../../../src/http/problem.ts';
import { AppError, type ErrorCode, errorTable } from '../../../src/kernel/errors.ts';

describe('a problem', () => {
  it.each(Object.keys(errorTable) as ErrorCode[])('with code %s has the status and the title of the table', (code) => {
    const { kind, retry } = errorTable[code];
    const isBackSoon = kind === 'unavailable' && retry === 'later';
    expect(problemOf(new AppError(code))).toEqual({
      type: `urn:ihuman:error:${code}`,
      title: errorTable[code].message,
      status: errorTable[code].http,
      code,
      detail: errorTable[code].message,
      ...(isBackSoon && { retryAfterMs: 1000 }),
    });
  });

  it('tells what is wrong where, and when to come back, when that is known', () => {
    const problems = [{ path: '/params/a', message: 'is required' }];
    const error = new AppError('PARAMS_INVALID', { message: 'One is missing.', problems, retryAfterMs: 0.5 });
    expect(problemOf(error)).toMatchObject({ detail: 'One is missing.', problems, retryAfterMs: 1 });
  });

  it('never tells what caused it', () => {
    const error = new AppError('INTERNAL', { cause: new Error('canary') });
    expect(JSON.stringify(problemOf(error))).not.toContain('canary');
  });
});

describe('an error at the edge', () => {
  const failure = (fields: object) => Object.assign(new Error('as it came'), fields);

  it('keeps the code that it has', () => {
    const error = new AppError('QUEUE_FULL');
    expect(toAppError(error)).toBe(error);
  });

  it.each([
    [{ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 'BODY_TOO_LARGE'],
    [{ code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE', statusCode: 415 }, 'UNSUPPORTED_MEDIA_TYPE'],
    [{ code: 'FST_ERR_CTP_EMPTY_JSON_BODY', statusCode: 400 }, 'MALFORMED_JSON'],
    [{ statusCode: 429 }, 'RATE_LIMITED'],
    [{ statusCode: 418 }, 'VALIDATION_FAILED'],
    [{ statusCode: 503 }, 'INTERNAL'],
    [{ code: 'ENOENT' }, 'INTERNAL'],
    [{}, 'INTERNAL'],
  ])('with %j becomes %s', (fields, code) => {
    expect(toAppError(failure(fields)).code).toBe(code);
  });

  it("does not show the message of what is not the caller's fault", () => {
    expect(toAppError(failure({ statusCode: 500 })).message).toBe(errorTable.INTERNAL.message);
  });

  it.each([
    ['must not have fewer than 1 characters', 'must not have fewer than 1 character'],
    ['must not have more than 1 properties', 'must not have more than 1 property'],
    ['must not have fewer than 11 items', 'must not have fewer than 11 items'],
  ])('counts as people do: %s', (message, told) => {
    const error = toAppError(failure({ validation: [{ keyword: 'any', instancePath: '/a', params: {}, message }] }));
    expect(error.problems).toEqual([{ path: '/a', message: told }]);
  });

  it('of a body that does not fit names every place', () => {
    const error = toAppError(
      failure({
        validationContext: 'body',
        validation: [
          { instancePath: '', message: 'must not have these', params: { additionalProperties: ['x', 'y'] } },
          { instancePath: '/priority', message: 'must be integer', params: {} },
        ],
      }),
    );
    expect(error.code).toBe('VALIDATION_FAILED');
    expect(error.message).toBe('/body has unknown fields: x, y');
    expect(error.problems).toEqual([
      { path: '/body', message: 'has unknown fields: x, y' },
      { path: '/priority', message: 'must be integer' },
    ]);
  });
});
