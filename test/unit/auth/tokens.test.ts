import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { credentialKind, digestOf, isTicket, newApiKey, newSessionToken, newTicket } from '../../../src/auth/tokens.ts';

const odd = ['', 'a', 'skt_', 'ihk__', '🙂'.repeat(40), '\0', '\ud800', 'skt_' + 'é'.repeat(38), 'x'.repeat(1_000_000)];

describe('tokens', () => {
  it('are recognised by their kind and no other', () => {
    const session = newSessionToken();
    const { key, keyId } = newApiKey();
    const ticket = newTicket();
    expect(session).toMatch(/^skt_[0-9A-Za-z]{38}$/);
    expect(key).toMatch(/^ihk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/);
    expect(key).toContain(`ihk_${keyId}_`);
    expect([session, key, ticket].map(credentialKind)).toEqual(['session', 'api-key', null]);
    expect([session, key, ticket].map(isTicket)).toEqual([false, false, true]);
  });

  it('fail their check characters when any one character is mistyped', () => {
    const { key } = newApiKey();
    for (let at = 0; at < key.length; at++) {
      const wrong = key.charAt(at) === 'x' ? 'y' : 'x';
      expect(credentialKind(key.slice(0, at) + wrong + key.slice(at + 1))).toBeNull();
    }
  });

  it('are not recognised with anything before or behind them', () => {
    const token = newSessionToken();
    for (const text of [
      `${token} `,
      ` ${token}`,
      `${token}\n`,
      token + token,
      token.slice(0, -1),
      token.toUpperCase(),
    ]) {
      expect(credentialKind(text)).toBeNull();
    }
  });

  it('never throw on whatever arrives as a credential', () => {
    for (const text of odd) {
      expect(credentialKind(text)).toBeNull();
      expect(isTicket(text)).toBe(false);
      expect(digestOf(text)).toHaveLength(43);
    }
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        (text) => credentialKind(text) === null && !isTicket(text),
      ),
    );
  });

  it('differ from each other', () => {
    expect(new Set(Array.from({ length: 1000 }, newSessionToken)).size).toBe(1000);
  });
});
