import { argon2Sync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { AppError } from '../../../src/kernel/errors.ts';
import type { JsonObject } from '../../../src/kernel/json.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { AccountsBench, codeOf, goodPassword } from './accounts-bench.ts';

const root = tempDir();
const here = '192.0.2.1';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

describe('signing in', () => {
  it('opens a session with all scopes of the role, found from memory afterwards', async () => {
    const bench = new AccountsBench(root);
    const { token, userId, principal } = await bench.newUser('anna');
    expect(principal).toMatchObject({ userId, role: 'member', via: 'session', actor: userId });
    expect(principal.scopes.has('admin')).toBe(false);
    expect(bench.credentials.authenticateCached(token)).toBe(principal);
    expect(bench.restart().credentials.authenticateCached(token)).toBeUndefined();
    expect((await bench.principalOf(token)).userId).toBe(userId);
  });

  it('answers an unknown account and a wrong password alike', async () => {
    const bench = new AccountsBench(root);
    await bench.newUser('anna');
    for (const [email, password] of [
      ['anna@example.org', 'wrong'],
      ['nobody@example.org', goodPassword],
      ['', ''],
      ['\0🙂', '\ud800'],
    ] as const) {
      expect(await codeOf(bench.accounts.signIn(email, password, here))).toBe('CREDENTIALS_INVALID');
    }
  });

  it('delays guesses alike for known and unknown accounts, also when they arrive at once', async () => {
    const bench = new AccountsBench(root);
    await bench.newUser('anna');
    for (const email of ['anna@example.org', 'nobody@example.org']) {
      const codes = await Promise.all(
        Array.from({ length: 20 }, (_, i) => codeOf(bench.accounts.signIn(email, `wrong ${i}`, here))),
      );
      expect(codes.filter((code) => code === 'CREDENTIALS_INVALID')).toHaveLength(5);
      expect(codes.filter((code) => code === 'SIGN_IN_DELAYED')).toHaveLength(15);
    }
  });

  it('says how long to wait, and takes the right password afterwards', async () => {
    const bench = new AccountsBench(root);
    await bench.newUser('anna');
    for (let i = 0; i < 5; i++) await codeOf(bench.accounts.signIn('anna@example.org', 'wrong', here));
    const refused = bench.accounts.signIn('anna@example.org', goodPassword, here);
    await expect(refused).rejects.toMatchObject({ code: 'SIGN_IN_DELAYED', retryAfterMs: 1000 });
    bench.clock.forward(1000);
    expect(await codeOf(bench.accounts.signIn('anna@example.org', goodPassword, here))).toBeNull();
  });

  it('records one event for a whole series of failures, and fails alike when the log is down', async () => {
    const bench = new AccountsBench(root);
    const { userId } = await bench.newUser('anna');
    for (let i = 0; i < 14; i++) {
      expect(await codeOf(bench.accounts.signIn('anna@example.org', 'wrong', here))).toBe('CREDENTIALS_INVALID');
      bench.clock.forward(Math.max(0, 1000 * 2 ** (i - 4)));
    }
    expect(bench.typesOf(userId)).toEqual(['UserRegistered', 'SignInDelayed']);
    bench.clock.forward(2 * hourMs);
    bench.logFailure = new AppError('LOG_UNAVAILABLE');
    for (let i = 0; i < 12; i++) {
      expect(await codeOf(bench.accounts.signIn('anna@example.org', 'wrong', here))).toBe('CREDENTIALS_INVALID');
      bench.clock.forward(Math.max(0, 1000 * 2 ** (i - 4)));
    }
  });

  it('hashes the password anew when it was hashed at other costs', async () => {
    const bench = new AccountsBench(root);
    const { userId } = await bench.newUser('anna');
    const nonce = Buffer.alloc(16, 7);
    const costs = { memory: 8192, passes: 3, parallelism: 1, tagLength: 32 };
    const tag = argon2Sync('argon2id', { message: goodPassword, nonce, ...costs });
    const [salt, end] = [nonce, tag].map((bytes) => bytes.toString('base64').replaceAll('=', ''));
    await bench.vault.put('password', userId, userId, `$argon2id$v=19$m=8192,t=3,p=1$${salt}$${end}`);
    expect(await codeOf(bench.accounts.signIn('anna@example.org', goodPassword, here))).toBeNull();
    expect(await bench.vault.get('password', userId)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await codeOf(bench.accounts.signIn('anna@example.org', goodPassword, here))).toBeNull();
  });

  it('does not stop API keys while it is delayed', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { key } = await bench.apiKeys.issue(principal, {
      label: 'k',
      scopes: ['skills:read'],
      expiresAtMs: null,
    });
    for (let i = 0; i < 8; i++) await codeOf(bench.accounts.signIn('anna@example.org', 'wrong', here));
    expect(await bench.credentials.authenticate(key)).not.toBeNull();
  });

  it('keeps the 100 newest sessions of an account', async () => {
    const bench = new AccountsBench(root);
    const first = await bench.newUser('anna');
    const session = (await bench.vault.get('session', first.principal.credentialId)) as JsonObject;
    for (let i = 1; i < 100; i++) {
      await bench.vault.put('session', `digest-${i}`, first.userId, { ...session, usedAtMs: bench.clock.now() + i });
    }
    bench.clock.forward(100);
    await bench.accounts.signIn('anna@example.org', goodPassword, here);
    expect(await bench.vault.list('session', first.userId)).toHaveLength(100);
    expect(await bench.credentials.authenticate(first.token)).toBeNull();
  });
});

describe('a session', () => {
  it('ends after 12 idle hours', async () => {
    const bench = new AccountsBench(root);
    const { token, userId } = await bench.newUser('anna');
    bench.clock.forward(11 * hourMs);
    expect(await bench.credentials.authenticate(token)).not.toBeNull();
    bench.clock.forward(11 * hourMs);
    expect(await bench.credentials.authenticate(token)).not.toBeNull();
    bench.clock.forward(12 * hourMs);
    expect(await bench.credentials.authenticate(token)).toBeNull();
    expect(await bench.vault.list('session', userId)).toEqual([]);
  });

  it('ends 30 days after it began, however much it is used', async () => {
    const bench = new AccountsBench(root);
    const { token } = await bench.newUser('anna');
    for (let hours = 0; hours < 30 * 24 - 10; hours += 10) {
      bench.clock.forward(10 * hourMs);
      expect(await bench.credentials.authenticate(token)).not.toBeNull();
    }
    bench.clock.forward(dayMs);
    expect(await bench.credentials.authenticate(token)).toBeNull();
  });

  it('writes that it is used at most every 10 minutes', async () => {
    const bench = new AccountsBench(root);
    const { token, principal } = await bench.newUser('anna');
    const stored = (): unknown => bench.file.get('session', principal.credentialId);
    const before = stored();
    bench.clock.forward(10 * minuteMs);
    await bench.credentials.authenticate(token);
    expect(stored()).toEqual(before);
    bench.clock.forward(30_000);
    await bench.credentials.authenticate(token);
    expect(stored()).toMatchObject({ usedAtMs: bench.clock.now() });
  });

  it('is over at once when its user signs out, and tells who listens', async () => {
    const bench = new AccountsBench(root);
    const { token, principal } = await bench.newUser('anna');
    const revoked: string[] = [];
    const stop = bench.credentials.onRevoked((credentialId) => revoked.push(credentialId));
    await bench.credentials.signOut(principal);
    expect(revoked).toEqual([principal.credentialId]);
    expect(bench.credentials.authenticateCached(token)).toBeUndefined();
    expect(await bench.credentials.authenticate(token)).toBeNull();
    expect(await bench.credentials.isCurrent(principal)).toBe(false);
    stop();
    await bench.credentials.signOut(principal);
    expect(revoked).toHaveLength(1);
  });

  it('is not remembered by a look-up that was under way when its user signed out', async () => {
    const bench = new AccountsBench(root);
    const { token, principal } = await bench.newUser('anna');
    bench.clock.forward(31_000);
    const held = bench.hold('get', 'session');
    const lookUp = bench.credentials.authenticate(token);
    await held.arrived;
    await bench.credentials.signOut(principal);
    held.release();
    expect(await lookUp).toBeNull();
    expect(bench.credentials.authenticateCached(token)).toBeUndefined();
  });

  it('does not come back to life when its use is written down while its user signs out', async () => {
    for (const method of ['get', 'put'] as const) {
      const bench = new AccountsBench(root);
      const { token, principal } = await bench.newUser('anna');
      bench.clock.forward(11 * minuteMs);
      const held = bench.hold(method, 'session');
      const lookUp = bench.credentials.authenticate(token);
      await held.arrived;
      const out = bench.hold('take', 'session');
      const signedOut = bench.credentials.signOut(principal);
      await out.arrived;
      held.release();
      await lookUp;
      out.release();
      await signedOut;
      expect(await bench.restart().credentials.authenticate(token), method).toBeNull();
    }
  });
});

describe('changing the password', () => {
  it('ends all other sessions and leaves this one and the API keys', async () => {
    const bench = new AccountsBench(root);
    const { token, principal, userId } = await bench.newUser('anna');
    const { key } = await bench.apiKeys.issue(principal, {
      label: 'k',
      scopes: ['skills:read'],
      expiresAtMs: null,
    });
    const other = await bench.accounts.signIn('anna@example.org', goodPassword, here);
    await bench.principalOf(other.token);
    await bench.accounts.changePassword(principal, goodPassword, 'quite another phrase');
    expect(await bench.credentials.authenticate(other.token)).toBeNull();
    expect(await bench.credentials.authenticate(token)).not.toBeNull();
    expect(await bench.credentials.authenticate(key)).not.toBeNull();
    expect(await codeOf(bench.accounts.signIn('anna@example.org', goodPassword, here))).toBe('CREDENTIALS_INVALID');
    expect(await codeOf(bench.accounts.signIn('anna@example.org', 'quite another phrase', here))).toBeNull();
    expect(bench.typesOf(userId).at(-1)).toBe('PasswordChanged');
  });

  it('takes the right current password, and slows down guesses at it', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    for (let i = 0; i < 5; i++) {
      expect(await codeOf(bench.accounts.changePassword(principal, `wrong ${i}`, 'quite another phrase'))).toBe(
        'CREDENTIALS_INVALID',
      );
    }
    expect(await codeOf(bench.accounts.changePassword(principal, goodPassword, 'quite another phrase'))).toBe(
      'SIGN_IN_DELAYED',
    );
    bench.clock.forward(1000);
    expect(await codeOf(bench.accounts.changePassword(principal, goodPassword, 'anna@example.org'))).toBe(
      'VALIDATION_FAILED',
    );
    expect(await codeOf(bench.accounts.changePassword(principal, goodPassword, 'quite another phrase'))).toBeNull();
  });

  it('lets no sign-in with the old password through that was under way', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const held = bench.hold('get', 'profile');
    const late = codeOf(bench.accounts.signIn('anna@example.org', goodPassword, here));
    await held.arrived;
    await bench.accounts.changePassword(principal, goodPassword, 'quite another phrase');
    held.release();
    expect(await late).toBe('CREDENTIALS_INVALID');
    expect(await bench.vault.list('session', userId)).toHaveLength(1);
  });

  it('gives one of two changes at once a conflict', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const change = (next: string): Promise<string | null> =>
      codeOf(bench.accounts.changePassword(principal, goodPassword, next));
    const codes = await Promise.all([change('quite another phrase'), change('something else again')]);
    expect(codes.sort()).toEqual(['REVISION_CONFLICT', null].sort());
  });
});

describe('erasing an account', () => {
  it('leaves nothing of it in the vault, ends its credentials at once and frees its names', async () => {
    const bench = new AccountsBench(root);
    const { token, principal, userId, email } = await bench.newUser('anna');
    const { key } = await bench.apiKeys.issue(principal, {
      label: 'k',
      scopes: ['skills:read'],
      expiresAtMs: null,
    });
    await bench.principalOf(key);
    const { ticket } = await bench.credentials.issueTicket(principal);
    const revoked: string[] = [];
    bench.credentials.onRevoked((credentialId) => revoked.push(credentialId));
    await bench.accounts.eraseUser(principal);
    expect(revoked).toHaveLength(2);
    expect(await bench.credentials.authenticate(token)).toBeNull();
    expect(await bench.credentials.authenticate(key)).toBeNull();
    expect(await bench.credentials.takeTicket(ticket)).toBeNull();
    expect(await codeOf(bench.accounts.profileOf(userId))).toBe('NOT_FOUND');
    expect(await bench.vault.eraseOwner(userId)).toBe(0);
    expect(bench.events.at(-1)?.event).toEqual({ type: 'UserErased', data: { reason: 'requested' } });
    expect(await codeOf(bench.accounts.register(email, 'anna', goodPassword))).toBeNull();
  });

  it('lets no sign-in or new key through that was under way', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const held = bench.hold('get', 'profile');
    const late = codeOf(bench.accounts.signIn('anna@example.org', goodPassword, here));
    await held.arrived;
    const wanted = { label: 'k', scopes: ['skills:read'], expiresAtMs: null } as const;
    const [, key] = await Promise.all([
      bench.accounts.eraseUser(principal),
      codeOf(bench.apiKeys.issue(principal, wanted)),
    ]);
    held.release();
    expect(await late).toBe('CREDENTIALS_INVALID');
    expect(key).toBe('NOT_FOUND');
    expect(await bench.vault.eraseOwner(userId)).toBe(0);
  });

  it('takes a session, and so does changing the password: no key can do that, whatever its scopes', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const wanted = { label: 'k', scopes: [...principal.scopes], expiresAtMs: null };
    const byKey = await bench.principalOf((await bench.apiKeys.issue(principal, wanted)).key);
    expect(await codeOf(bench.accounts.eraseUser(byKey))).toBe('FORBIDDEN');
    expect(await codeOf(bench.accounts.changePassword(byKey, goodPassword, 'quite another phrase'))).toBe('FORBIDDEN');
    expect(bench.typesOf(userId)).toEqual(['UserRegistered', 'ApiKeyIssued']);
  });

  it('that got stuck half way is finished by the next try, recorded once, and frees the names at once', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId, email } = await bench.newUser('anna');
    bench.vaultFailure = new AppError('STORAGE_FULL');
    expect(await codeOf(bench.accounts.eraseUser(principal))).toBe('STORAGE_FULL');
    bench.vaultFailure = null;
    expect(await codeOf(bench.accounts.signIn(email, goodPassword, here))).toBe('CREDENTIALS_INVALID');
    expect(await codeOf(bench.accounts.changePassword(principal, goodPassword, 'quite another phrase'))).not.toBeNull();
    await bench.accounts.eraseUser(principal);
    expect(bench.typesOf(userId)).toEqual(['UserRegistered', 'UserErased']);
    expect(await bench.vault.eraseOwner(userId)).toBe(0);
    expect(await codeOf(bench.accounts.register(email, 'anna', goodPassword))).toBeNull();
  });

  it('of somebody else is not to be found without the scope admin', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const other = await bench.newUser('bert');
    expect(await codeOf(bench.accounts.eraseUser(principal, other.userId))).toBe('NOT_FOUND');
    expect(await codeOf(bench.accounts.eraseUser(principal, 'user_unknown'))).toBe('NOT_FOUND');
    expect(await bench.credentials.authenticate(other.token)).not.toBeNull();
  });
});
