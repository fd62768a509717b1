import { describe, expect, it } from 'vitest';

import { AppError } from '../../../src/kernel/errors.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { AccountsBench, codeOf } from './accounts-bench.ts';

const root = tempDir();
const wanted = { label: 'for the build', scopes: ['skills:read', 'keys:write'], expiresAtMs: null } as const;

describe('an API key', () => {
  it('has the scopes that it was asked for, is shown once and listed without its secret', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const { key, ...info } = await bench.accounts.issueKey(principal, wanted);
    expect(await bench.principalOf(key)).toMatchObject({
      userId,
      via: 'api-key',
      actor: `key_${info.keyId}`,
      scopes: new Set(wanted.scopes),
    });
    expect(await bench.accounts.listKeys(principal)).toEqual([info]);
    expect(bench.events.at(-1)).toEqual({
      userId,
      event: { type: 'ApiKeyIssued', data: { keyId: info.keyId, scopes: wanted.scopes, expiresAtMs: null } },
      actor: userId,
    });
  });

  it('cannot be given more than its maker has', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const narrow = await bench.principalOf((await bench.accounts.issueKey(principal, wanted)).key);
    for (const scope of ['executions:write', 'admin'] as const) {
      expect(await codeOf(bench.accounts.issueKey(narrow, { ...wanted, scopes: [scope] }))).toBe('FORBIDDEN');
    }
    const reader = await bench.principalOf(
      (await bench.accounts.issueKey(narrow, { ...wanted, scopes: ['skills:read'] })).key,
    );
    expect(await codeOf(bench.accounts.issueKey(reader, { ...wanted, scopes: ['skills:read'] }))).toBe('FORBIDDEN');
    expect(await codeOf(bench.accounts.issueKey(principal, { ...wanted, scopes: ['admin'] }))).toBe('FORBIDDEN');
    expect(await codeOf(bench.accounts.eraseUser(reader))).toBe('FORBIDDEN');
  });

  it('works until it expires, from memory neither longer', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { key } = await bench.accounts.issueKey(principal, { ...wanted, expiresAtMs: bench.clock.now() + 10_000 });
    expect(await bench.accounts.authenticate(key)).not.toBeNull();
    bench.clock.forward(9999);
    expect(bench.accounts.authenticateCached(key)).toBeDefined();
    bench.clock.forward(1);
    expect(bench.accounts.authenticateCached(key)).toBeUndefined();
    expect(await bench.accounts.authenticate(key)).toBeNull();
  });

  it('is dead at once when it is revoked, even when the log does not take the event', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const [first, second] = [
      await bench.accounts.issueKey(principal, wanted),
      await bench.accounts.issueKey(principal, wanted),
    ];
    const firstPrincipal = await bench.principalOf(first.key);
    const revoked: string[] = [];
    bench.accounts.onRevoked((credentialId) => revoked.push(credentialId));
    await bench.accounts.revokeKey(principal, first.keyId);
    expect(revoked).toEqual([firstPrincipal.credentialId]);
    expect(await bench.accounts.authenticate(first.key)).toBeNull();
    expect(bench.typesOf(userId).at(-1)).toBe('ApiKeyRevoked');
    bench.logFailure = new AppError('LOG_UNAVAILABLE');
    expect(await codeOf(bench.accounts.revokeKey(principal, second.keyId))).toBe('LOG_UNAVAILABLE');
    expect(await bench.accounts.authenticate(second.key)).toBeNull();
  });

  it('of somebody else is not to be found, and one that is revoked twice is recorded once', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const other = await bench.newUser('bert');
    const { key, keyId } = await bench.accounts.issueKey(principal, wanted);
    expect(await codeOf(bench.accounts.revokeKey(other.principal, keyId))).toBe('NOT_FOUND');
    expect(await bench.accounts.authenticate(key)).not.toBeNull();
    const codes = await Promise.all([1, 2].map(() => codeOf(bench.accounts.revokeKey(principal, keyId))));
    expect(codes).toContain('NOT_FOUND');
    expect(bench.typesOf(userId).filter((type) => type === 'ApiKeyRevoked')).toHaveLength(1);
  });

  it('is one of at most 100 of an account, also when many are asked for at once', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const codes = await Promise.all(
      Array.from({ length: 105 }, () => codeOf(bench.accounts.issueKey(principal, wanted))),
    );
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(5);
    expect(await bench.accounts.listKeys(principal)).toHaveLength(100);
  });
});

describe('whatever arrives as a credential', () => {
  it('never throws, and finds nobody', async () => {
    const bench = new AccountsBench(root);
    const { token } = await bench.newUser('anna');
    const { ticket } = await bench.accounts.issueTicket(await bench.principalOf(token));
    const texts = [
      '',
      ' ',
      'skt_',
      'ihk_',
      token.slice(1),
      `${token}x`,
      token.toLowerCase(),
      '🙂',
      '\0',
      '\ud800',
      'x'.repeat(100_000),
      '__proto__',
      ticket,
    ];
    for (const text of texts) {
      expect(bench.accounts.authenticateCached(text)).toBeUndefined();
      expect(await bench.accounts.authenticate(text)).toBeNull();
    }
    for (const text of texts.slice(0, -1)) expect(await bench.accounts.takeTicket(text)).toBeNull();
  });
});

describe('a ticket', () => {
  it('opens once, as the one it was issued to', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { ticket, expiresInMs } = await bench.accounts.issueTicket(principal);
    expect(expiresInMs).toBe(30_000);
    const taken = await Promise.all([1, 2, 3].map(() => bench.accounts.takeTicket(ticket)));
    expect(taken.filter((found) => found !== null)).toEqual([principal]);
  });

  it('is worth nothing after 30 seconds', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { ticket } = await bench.accounts.issueTicket(principal);
    bench.clock.forward(30_000);
    expect(await bench.accounts.takeTicket(ticket)).toBeNull();
  });

  it('is worth nothing when the session or key that it was issued for is revoked', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { key, keyId } = await bench.accounts.issueKey(principal, wanted);
    const ofKey = await bench.accounts.issueTicket(await bench.principalOf(key));
    const ofSession = await bench.accounts.issueTicket(principal);
    await bench.accounts.revokeKey(principal, keyId);
    await bench.accounts.signOut(principal);
    expect(await bench.accounts.takeTicket(ofKey.ticket)).toBeNull();
    expect(await bench.accounts.takeTicket(ofSession.ticket)).toBeNull();
  });

  it('that nobody came for does not stay in the vault', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    for (let i = 0; i < 3; i++) await bench.accounts.issueTicket(principal);
    bench.clock.forward(30_000);
    await bench.accounts.issueTicket(principal);
    expect(await bench.vault.list('ticket', userId)).toHaveLength(1);
  });
});
