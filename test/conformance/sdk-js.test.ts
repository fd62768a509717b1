import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

import { Cursor, type Since } from '../../packages/sdk-js/src/cursor.ts';
import {
  AuthenticationError,
  ConflictError,
  ConnectionError,
  errorFrom,
  IhumanError,
  NotFoundError,
  PermissionError,
  ProtocolError,
  RateLimitError,
  ServerError,
  ValidationError,
} from '../../packages/sdk-js/src/errors.ts';
import { eventOf, type Frame, frameIn } from '../../packages/sdk-js/src/frames.ts';
import { Link, type Socket } from '../../packages/sdk-js/src/link.ts';
import { type FailedAttempt, retryDelayMs, type RetryPolicy } from '../../packages/sdk-js/src/retry.ts';
import { verifyWebhook } from '../../packages/sdk-js/src/webhooks.ts';
import { until } from '../support/until.ts';

/** The same vectors are run by the Python SDK: see packages/sdk-py/tests. */
function cases<T>(name: string): readonly T[] {
  const file = readFileSync(join(import.meta.dirname, 'sdk', `${name}.json`), 'utf8');
  return (JSON.parse(file) as { readonly cases: readonly T[] }).cases;
}

interface SignatureCase {
  readonly name: string;
  readonly payload: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secret: string;
  readonly nowMs: number;
  readonly toleranceMs?: number;
  readonly expect: string;
}

describe('signatures of webhooks', () => {
  it.each(cases<SignatureCase>('signatures'))('$name', async (given) => {
    const { payload, headers, secret, nowMs, toleranceMs = 300_000 } = given;
    const verified = verifyWebhook(payload, headers, secret, { nowMs, toleranceMs });
    if (given.expect === 'ok') await expect(verified).resolves.toEqual(JSON.parse(payload));
    else await expect(verified).rejects.toMatchObject({ name: 'WebhookVerificationError', code: given.expect });
  });

  it('is what an independent library says of the signatures in the vectors', () => {
    const standard = cases<SignatureCase>('signatures').filter(
      ({ expect: wanted, secret, headers }) =>
        secret.startsWith('whsec_') && 'webhook-id' in headers && ['ok', 'SIGNATURE_INVALID'].includes(wanted),
    );
    expect(standard.length).toBeGreaterThan(5);
    for (const { payload, headers, secret, expect: wanted, name } of standard) {
      // It has no clock to set: the vectors are of another day, so that they are signed anew would prove nothing.
      const [seconds, id] = [Number(headers['webhook-timestamp']), headers['webhook-id'] ?? ''];
      const signed = new Webhook(secret).sign(id, new Date(seconds * 1000), payload);
      const isOurs = (headers['webhook-signature'] ?? '').split(' ').includes(signed);
      expect(isOurs, name).toBe(wanted === 'ok');
    }
  });
});

interface ErrorCase {
  readonly name: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly expect: { readonly kind: string } & Readonly<Record<string, unknown>>;
}

const kinds = {
  validation: ValidationError,
  authentication: AuthenticationError,
  permission: PermissionError,
  'not-found': NotFoundError,
  conflict: ConflictError,
  'rate-limit': RateLimitError,
  server: ServerError,
  protocol: ProtocolError,
} as const;

describe('errors of HTTP', () => {
  it.each(cases<ErrorCase>('errors'))('$name', ({ status, headers, text, expect: wanted }) => {
    const { kind, ...fields } = wanted;
    const error = errorFrom({ status, headers: new Headers(headers), text });
    expect(error).toBeInstanceOf(kinds[kind as keyof typeof kinds]);
    expect(error).toMatchObject({ ...fields, status });
  });
});

interface RetryCase {
  readonly name: string;
  readonly failed: FailedAttempt;
  readonly policy: RetryPolicy;
  readonly random: number;
  readonly delayMs: number | null;
}

describe('decisions about repeating', () => {
  it.each(cases<RetryCase>('retries'))('$name', ({ failed, policy, random, delayMs }) => {
    expect(retryDelayMs(failed, policy, random)).toBe(delayMs);
  });
});

describe('frames', () => {
  it.each(cases<{ name: string; text: string; expect: unknown }>('frames'))('$name', ({ text, expect: wanted }) => {
    const frame = frameIn(text);
    expect(frame === null ? null : eventOf(frame)).toEqual(wanted);
  });
});

interface CursorCase {
  readonly name: string;
  readonly since: Since;
  readonly steps: readonly ({ readonly message: Frame; readonly taken: boolean } | { readonly since: Since })[];
}

describe('cursors', () => {
  it.each(cases<CursorCase>('cursors'))('$name', ({ since, steps }) => {
    const cursor = new Cursor(since);
    for (const step of steps) {
      if ('since' in step) expect(cursor.since).toEqual(step.since);
      else expect(cursor.take(step.message) !== null, JSON.stringify(step.message)).toBe(step.taken);
    }
  });
});

describe('ends of connections', () => {
  it.each(cases<{ code: number; then: string }>('closes'))('$code: $then', async ({ code, then }) => {
    let [opened, renewed] = [0, 0];
    const ends: (Error | null)[] = [];
    const sockets: Socket[] = [];
    const follow = (canRenew: boolean): Link => {
      const link = new Link({
        open: () => {
          opened++;
          const socket = idleSocket();
          sockets.push(socket);
          return Promise.resolve(socket);
        },
        refresh: () => {
          renewed++;
          return canRenew;
        },
        onConnected: () => undefined,
        onDisconnected: () => undefined,
        onUnused: () => undefined,
      });
      link.follow('exec_1', { onEvent: () => undefined, onEnd: (error) => ends.push(error) });
      return link;
    };
    const link = follow(true);
    await until('a socket is opened', () => sockets[0]?.onclose);
    sockets[0]?.onclose?.({ code, reason: '' });
    if (then === 'stop') {
      expect(ends).toHaveLength(1);
      expect(ends[0]).toBeInstanceOf(ConnectionError);
      expect(ends[0]).toMatchObject({ code: 'DISCONNECTED' });
    } else {
      await until('it connects again', () => opened >= 2);
      expect(ends).toEqual([]);
      expect(renewed).toBe(then === 'renew' ? 1 : 0);
      link.close(new IhumanError('done', { code: 'DISCONNECTED' }));
    }
    if (then !== 'renew') return;
    follow(false);
    await until('a socket is opened', () => sockets[2]?.onclose);
    sockets[2]?.onclose?.({ code, reason: '' });
    expect(ends.at(-1)).toBeInstanceOf(AuthenticationError);
    expect(ends.at(-1)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

function idleSocket(): Socket {
  return {
    ...{ readyState: 0, onopen: null, onmessage: null, onclose: null, onerror: null },
    send: () => undefined,
    close: () => undefined,
  };
}
