import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { hashPassword } from '../../../src/auth/passwords.ts';
import { definitely } from '../../../src/kernel/assert.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { AccountsBench, codeOf, goodPassword } from './accounts-bench.ts';

const root = tempDir();
const logDown = new AppError('LOG_UNAVAILABLE');

describe('registering', () => {
  it('makes an account that the log knows by its id alone', async () => {
    const bench = new AccountsBench(root);
    const profile = await bench.accounts.register('  New.User@Example.ORG ', 'New_User', goodPassword);
    expect(profile).toMatchObject({ email: 'new.user@example.org', username: 'New_User', role: 'member' });
    expect(bench.events).toEqual([
      { userId: profile.id, event: { type: 'UserRegistered', data: { role: 'member' } }, actor: profile.id },
    ]);
    expect(await bench.accounts.profileOf(profile.id)).toEqual(profile);
  });

  it('refuses an e-mail address or user name that somebody has, in any spelling', async () => {
    const { accounts } = new AccountsBench(root);
    await accounts.register('a@example.org', 'first', goodPassword);
    expect(await codeOf(accounts.register(' A@EXAMPLE.org', 'second', goodPassword))).toBe('EMAIL_TAKEN');
    expect(await codeOf(accounts.register('b@example.org', 'FIRST', goodPassword))).toBe('USERNAME_TAKEN');
    expect(await codeOf(accounts.register('b@example.org', 'third', goodPassword))).toBeNull();
  });

  it('gives an e-mail address to one of many who want it at once, who can then sign in', async () => {
    const bench = new AccountsBench(root);
    const passwords = Array.from({ length: 8 }, (_, i) => `${goodPassword} ${i}`);
    const codes = await Promise.all(
      passwords.map((password, i) => codeOf(bench.accounts.register('one@example.org', `name${i}`, password))),
    );
    expect(codes.filter((code) => code === null)).toHaveLength(1);
    expect(codes.filter((code) => code === 'EMAIL_TAKEN')).toHaveLength(7);
    const winner = passwords[codes.indexOf(null)] ?? '';
    expect(await codeOf(bench.accounts.signIn('one@example.org', winner, '192.0.2.1'))).toBeNull();
    expect(bench.events).toHaveLength(1);
  });

  it('does not take an address for left over while its registration is still under way', async () => {
    const bench = new AccountsBench(root);
    const held = bench.hold('put', 'profile');
    const first = codeOf(bench.accounts.register('one@example.org', 'first', goodPassword));
    await held.arrived;
    const second = codeOf(bench.accounts.register('one@example.org', 'second', `${goodPassword} 2`));
    // Hashed in turn: when these are done the second registration has come as far as it can without the first.
    await Promise.all([hashPassword('one more hash'), hashPassword('and another')]);
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    held.release();
    expect(await Promise.all([first, second])).toEqual([null, 'EMAIL_TAKEN']);
    expect(await codeOf(bench.accounts.signIn('one@example.org', goodPassword, '192.0.2.1'))).toBeNull();
  });

  it('refuses what is no address, no user name, or no good password', async () => {
    const { accounts } = new AccountsBench(root);
    for (const email of ['', 'x', '@', 'a@', '@b', 'a b@c', 'a@b@c', `${'x'.repeat(250)}@b.org`]) {
      expect(await codeOf(accounts.register(email, 'somebody', goodPassword)), email).toBe('VALIDATION_FAILED');
    }
    for (const username of ['', 'x', 'with space', 'ünïcode', '../up', 'x'.repeat(41), '__proto__\0']) {
      expect(await codeOf(accounts.register('a@example.org', username, goodPassword)), username).toBe(
        'VALIDATION_FAILED',
      );
    }
    expect(await codeOf(accounts.register('a@example.org', 'somebody', 'password'))).toBe('VALIDATION_FAILED');
    expect(await codeOf(accounts.register('a@example.org', 'Administrator', goodPassword))).toBe('USERNAME_TAKEN');
  });
});

describe('a registration that a crash cut short between vault and log', () => {
  it('is taken over by the next one with that address, and leaves nothing behind', async () => {
    const bench = new AccountsBench(root);
    bench.logFailure = logDown;
    expect(await codeOf(bench.accounts.register('a@example.org', 'somebody', goodPassword))).toBe('LOG_UNAVAILABLE');
    const lost = (await bench.vault.get('email', 'a@example.org')) as string;
    bench.logFailure = null;
    const profile = await bench.restart().accounts.register('a@example.org', 'somebody', `${goodPassword} 2`);
    expect(profile.id).not.toBe(lost);
    expect(await bench.vault.get('profile', lost)).toBeNull();
    expect(await bench.vault.get('password', lost)).toBeNull();
    expect(await codeOf(bench.accounts.signIn('a@example.org', goodPassword, '192.0.2.1'))).toBe('CREDENTIALS_INVALID');
    expect((await bench.accounts.signIn('a@example.org', `${goodPassword} 2`, '192.0.2.1')).user.id).toBe(profile.id);
  });

  it('is no account that anybody can sign in to', async () => {
    const bench = new AccountsBench(root);
    bench.logFailure = logDown;
    await codeOf(bench.accounts.register('a@example.org', 'somebody', goodPassword));
    bench.logFailure = null;
    expect(await codeOf(bench.accounts.signIn('a@example.org', goodPassword, '192.0.2.1'))).toBe('CREDENTIALS_INVALID');
  });
});

describe('a name that two nodes want at once', () => {
  it('goes to the later one, and the earlier one has no account and leaves nothing behind', async () => {
    const bench = new AccountsBench(root);
    const hold = Promise.withResolvers<undefined>();
    const reached = Promise.withResolvers<undefined>();
    const first = bench.accounts.createAdministrator(async () => {
      reached.resolve(undefined);
      await hold.promise;
    });
    await reached.promise;
    const begun = (await bench.vault.get('username', 'administrator')) as string;
    const second = definitely(await bench.restart().accounts.createAdministrator(), 'made');
    hold.resolve(undefined);
    expect(await first).toBeNull();
    expect(await bench.vault.get('profile', begun)).toBeNull();
    expect(await bench.vault.get('username', 'administrator')).toBe(second.userId);
    expect(await bench.credentials.authenticate(second.key)).not.toBeNull();
    expect(await bench.accounts.createAdministrator()).toBeNull();
    expect(bench.events.map(({ event }) => event.type)).toEqual(['UserErased', 'UserRegistered', 'ApiKeyIssued']);
  });
});

describe('the administrator', () => {
  it('has one key of all scopes, and no password', async () => {
    const bench = new AccountsBench(root);
    const { userId, key } = definitely(await bench.accounts.createAdministrator(), 'made');
    const principal = await bench.principalOf(key);
    expect(principal).toMatchObject({ userId, role: 'administrator', via: 'api-key' });
    expect(principal.scopes.has('admin')).toBe(true);
    expect(bench.typesOf(userId)).toEqual(['UserRegistered', 'ApiKeyIssued']);
    expect(await codeOf(bench.accounts.signIn('administrator', '', '192.0.2.1'))).toBe('CREDENTIALS_INVALID');
    expect(await codeOf(bench.accounts.changePassword(principal, '', goodPassword))).toBe('FORBIDDEN');
  });

  it('is not on the log before the key was kept, and half made ones vanish with their keys', async () => {
    const bench = new AccountsBench(root);
    const kept: string[] = [];
    bench.logFailure = logDown;
    expect(await codeOf(bench.accounts.createAdministrator((key) => void kept.push(key)))).toBe('LOG_UNAVAILABLE');
    bench.logFailure = null;
    const diskFull = (): Promise<void> => Promise.reject(new AppError('STORAGE_FULL'));
    expect(await codeOf(bench.restart().accounts.createAdministrator(diskFull))).toBe('STORAGE_FULL');
    expect(bench.events.map(({ event }) => event.type)).toEqual(['UserErased']);
    const made = definitely(await bench.restart().accounts.createAdministrator((key) => void kept.push(key)), 'made');
    expect(kept[1]).toBe(made.key);
    expect(await bench.credentials.authenticate(kept[0] ?? '')).toBeNull();
    expect(await bench.credentials.authenticate(made.key)).not.toBeNull();
  });

  it('can erase others with its key, another administrator too, and leaves the names of the rest alone', async () => {
    const bench = new AccountsBench(root);
    const { key } = definitely(await bench.accounts.createAdministrator(), 'made');
    const admin = await bench.principalOf(key);
    const member = await bench.newUser('member');
    await bench.newUser('other');
    await bench.accounts.eraseUser(admin, member.userId);
    expect(bench.events.at(-1)).toEqual({
      userId: member.userId,
      event: { type: 'UserErased', data: { reason: 'administrator' } },
      actor: admin.actor,
    });
    expect(await bench.credentials.authenticate(member.token)).toBeNull();
    expect(await codeOf(bench.accounts.eraseUser(admin))).toBe('FORBIDDEN');
    await bench.accounts.register('second@example.org', 'second', goodPassword, 'administrator');
    const { token } = await bench.accounts.signIn('second@example.org', goodPassword, '192.0.2.1');
    await bench.accounts.eraseUser(await bench.principalOf(token), admin.userId);
    expect(await codeOf(bench.accounts.register('x@example.org', 'other', goodPassword))).toBe('USERNAME_TAKEN');
  });
});

describe('secrets and personal data', () => {
  it('stand in clear neither on the log nor in the files of the vault', async () => {
    const bench = new AccountsBench(root);
    const mark = randomBytes(6).toString('hex');
    const password = `password-${mark}`;
    await bench.accounts.register(`mail-${mark}@example.org`, `name-${mark}`, password);
    const { token } = await bench.accounts.signIn(`mail-${mark}@example.org`, password, '192.0.2.1');
    const principal = await bench.principalOf(token);
    const wanted = { label: `label-${mark}`, scopes: ['skills:read'], expiresAtMs: null } as const;
    const { key } = await bench.apiKeys.issue(principal, wanted);
    const { ticket } = await bench.credentials.issueTicket(principal);
    const files = Buffer.concat(readdirSync(bench.dir).map((name) => readFileSync(join(bench.dir, name))));
    for (const secret of [
      mark,
      token,
      token.slice(4, 36),
      key,
      key.slice(13, 45),
      ticket,
      principal.credentialId,
      '$argon2id$',
    ]) {
      expect(files.includes(secret), secret).toBe(false);
      expect(JSON.stringify(bench.events)).not.toContain(secret);
    }
  });
});
