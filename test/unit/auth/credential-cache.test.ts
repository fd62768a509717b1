import { describe, expect, it } from 'vitest';

import { CredentialCache, type FoundCredential } from '../../../src/auth/credential-cache.ts';
import { type Principal, scopesOf } from '../../../src/auth/principal.ts';
import { HandClock } from './accounts-bench.ts';

function found(digest: string, userId = 'user_1', expiresAtMs = Number.MAX_SAFE_INTEGER): FoundCredential {
  const principal: Principal = {
    userId,
    role: 'member',
    scopes: scopesOf('member'),
    via: 'session',
    credentialId: digest,
    actor: userId,
  };
  return { principal, expiresAtMs };
}

describe('CredentialCache', () => {
  it('remembers what was found for 30 seconds, or until it expires', async () => {
    const clock = new HandClock();
    const cache = new CredentialCache(clock);
    await cache.lookUp('a', () => Promise.resolve(found('a')));
    await cache.lookUp('b', () => Promise.resolve(found('b', 'user_1', clock.now() + 5000)));
    clock.forward(5000);
    expect(cache.get('a')).toBeDefined();
    expect(cache.get('b')).toBeUndefined();
    clock.forward(25_000);
    expect(cache.get('a')).toBeUndefined();
  });

  it('does not remember what was not found, or could not be asked', async () => {
    const cache = new CredentialCache(new HandClock());
    expect(await cache.lookUp('a', () => Promise.resolve(null))).toBeNull();
    await expect(cache.lookUp('a', () => Promise.reject(new TypeError('down')))).rejects.toThrow('down');
    expect((await cache.lookUp('a', () => Promise.resolve(found('a'))))?.userId).toBe('user_1');
  });

  it('asks once for all who ask at the same time', async () => {
    const cache = new CredentialCache(new HandClock());
    let asked = 0;
    const find = async (): Promise<FoundCredential> => {
      asked++;
      await Promise.resolve();
      return found('a');
    };
    await Promise.all(Array.from({ length: 50 }, () => cache.lookUp('a', find)));
    expect(asked).toBe(1);
  });

  it('finds nothing when the credential was revoked on the way, and looks afresh for the next', async () => {
    const cache = new CredentialCache(new HandClock());
    const answer = Promise.withResolvers<FoundCredential>();
    const first = cache.lookUp('a', () => answer.promise);
    cache.remove('a');
    const second = cache.lookUp('a', () => Promise.resolve(null));
    answer.resolve(found('a'));
    expect(await first).toBeNull();
    expect(await second).toBeNull();
    expect(cache.get('a')).toBeUndefined();
  });

  it('forgets all credentials of a user, and does not keep what is on its way', async () => {
    const cache = new CredentialCache(new HandClock());
    await cache.lookUp('a', () => Promise.resolve(found('a', 'user_1')));
    await cache.lookUp('b', () => Promise.resolve(found('b', 'user_2')));
    const answer = Promise.withResolvers<FoundCredential>();
    const running = cache.lookUp('c', () => answer.promise);
    cache.removeUser('user_1');
    answer.resolve(found('c', 'user_1'));
    await running;
    expect([cache.get('a'), cache.get('c')]).toEqual([undefined, undefined]);
    expect(cache.get('b')).toBeDefined();
  });

  it('holds at most 10,000 and lets the oldest go', async () => {
    const cache = new CredentialCache(new HandClock());
    for (let i = 0; i <= 10_000; i++) await cache.lookUp(`d${i}`, () => Promise.resolve(found(`d${i}`)));
    expect(cache.get('d0')).toBeUndefined();
    expect(cache.get('d1')).toBeDefined();
    expect(cache.get('d10000')).toBeDefined();
  });
});
