import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

import { checkCustomHeaders } from '../../../src/delivery/custom-headers.ts';
import { checkSecret, newSecret, signaturesOf } from '../../../src/delivery/signatures.ts';

describe('a signature', () => {
  it("is the one of the specification's own example", () => {
    const headers = signaturesOf({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampS: 1_614_265_330,
      body: Buffer.from('{"test": 2432232314}'),
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    });
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is taken by an independent library, under each of several secrets', () => {
    const anySecret = fc.oneof(
      fc.uint8Array({ minLength: 16, maxLength: 75 }).map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`),
      fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      fc.string({ minLength: 1, maxLength: 50 }).filter((text) => checkSecret(text) === null),
    );
    fc.assert(
      fc.property(fc.array(anySecret, { minLength: 1, maxLength: 4 }), fc.json(), (secrets, text) => {
        const timestampS = Math.floor(Date.now() / 1000);
        const signatures = signaturesOf({ id: 'dlv_1', timestampS, body: Buffer.from(text), secrets });
        const headers = { 'webhook-id': 'dlv_1', 'webhook-timestamp': String(timestampS), ...signatures };
        for (const secret of secrets) {
          const library = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
          expect(library.verify(text, headers)).toEqual(JSON.parse(text));
          const base64 = secret.replace(/^whsec_/, '');
          if (Buffer.from(base64, 'base64').toString('base64') === base64)
            expect(new Webhook(base64).verify(text, headers)).toEqual(JSON.parse(text));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a secret', () => {
  it('that is made is one that can be given', () => {
    expect(checkSecret(newSecret())).toBeNull();
    expect(newSecret()).not.toBe(newSecret());
  });

  it.each(['', 'x'.repeat(257), 'line\nbreak', 'whsec_', 'whsec_short', 'whsec_not base64 at all!!', 'nul\0'])(
    'is refused: %j',
    (text) => {
      expect(checkSecret(text)).not.toBeNull();
    },
  );
});

describe('a custom header', () => {
  it.each([
    [{ 'X-Ok': 'fine', Authorization: 'Bearer x' }, 0],
    [{ Host: 'x' }, 1],
    [{ 'Content-Length': '1' }, 1],
    [{ 'Webhook-Signature': 'x' }, 1],
    [{ 'Proxy-Authorization': 'x' }, 1],
    [{ 'X A': 'x' }, 1],
    [{ 'X-A': 'x\r\nInjected: y' }, 1],
    [{ 'X-A': 'x\n' }, 1],
    [{ 'X-A': 'ü' }, 1],
    [{ 'X-A': '' }, 1],
    [{ 'X-A': '1', 'x-a': '2' }, 1],
    [Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`X-${String(i)}`, 'x'])), 1],
  ])('%j has %i problems', (headers, count) => {
    expect(checkCustomHeaders(headers as unknown as Record<string, string>)).toHaveLength(count);
  });
});
