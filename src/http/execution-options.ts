import type { IncomingHttpHeaders } from 'node:http';

import { type Static, Type } from 'typebox';

import type { RequestOptions } from '../commands/request-execution.ts';
import { AppError } from '../kernel/errors.ts';

const maxDelayMs = 366 * 86_400_000;

/** The part of a request body that says how to run: the same for one execution and for each of a batch. */
export const executionOptions = {
  priority: Type.Optional(Type.Integer({ minimum: -100, maximum: 100, description: 'Higher runs first.' })),
  runAt: Type.Optional(Type.String({ format: 'date-time', maxLength: 40, description: 'Not to be started earlier.' })),
  delayMs: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: maxDelayMs,
      description: 'Instead of runAt: not to be started for this long.',
    }),
  ),
  queueTtlMs: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maxDelayMs,
      description: 'Expires when it was not started for this long after it was due.',
    }),
  ),
  timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 900_000, description: 'Limit of one attempt.' })),
  retry: Type.Optional(
    Type.Object(
      {
        maxAttempts: Type.Integer({ minimum: 1, maximum: 100 }),
        initialDelayMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 })),
        factor: Type.Optional(Type.Number({ minimum: 1, maximum: 10 })),
        maxDelayMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 })),
      },
      { additionalProperties: false },
    ),
  ),
};

/** The options of a checked body. Throws VALIDATION_FAILED for a time that is none, and for two of them. */
export function optionsOf(body: Static<ReturnType<typeof Type.Object<typeof executionOptions>>>): RequestOptions {
  const { runAt, delayMs, priority, queueTtlMs, timeoutMs, retry } = body;
  if (runAt !== undefined && delayMs !== undefined) {
    throw new AppError('VALIDATION_FAILED', {
      message: 'Give runAt or delayMs, not both.',
      problems: [{ path: '/delayMs', message: 'cannot be given together with runAt' }],
    });
  }
  return {
    ...(priority !== undefined && { priority }),
    ...(queueTtlMs !== undefined && { queueTtlMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retry !== undefined && { retry }),
    ...(runAt !== undefined && { runAtMs: parseTime(runAt) }),
    ...(delayMs !== undefined && { delayMs }),
  };
}

function parseTime(text: string): number {
  const atMs = Date.parse(text);
  if (Number.isFinite(atMs) && atMs < Date.now() + maxDelayMs) return atMs;
  throw new AppError('VALIDATION_FAILED', {
    message: 'runAt must be an RFC 3339 time within the next 366 days.',
    problems: [{ path: '/runAt', message: 'must be an RFC 3339 time within the next 366 days' }],
  });
}

/** The Idempotency-Key header: 1 to 255 printable characters; null when absent. */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | null {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new AppError('VALIDATION_FAILED', { message: 'Idempotency-Key must be 1 to 255 printable characters.' });
}
