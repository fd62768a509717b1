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
    const { key, ...info } = await bench.apiKeys.issue(principal, wanted);
    expect(await bench.principalOf(key)).toMatchObject({
      userId,
      via: 'api-key',
      actor: `key_${info.keyId}`,
      scopes: new Set(wanted.scopes),
    });
    expect(await bench.apiKeys.list(principal)).toEqual([info]);
    expect(bench.events.at(-1)).toEqual({
      userId,
      event: { type: 'ApiKeyIssued', data: { keyId: info.keyId, scopes: wanted.scopes, expiresAtMs: null } },
      actor: userId,
    });
  });

  it('cannot be given more than its maker has', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const narrow = await bench.principalOf((await bench.apiKeys.issue(principal, wanted)).key);
    for (const scope of ['executions:write', 'admin'] as const) {
      expect(await codeOf(bench.apiKeys.issue(narrow, { ...wanted, scopes: [scope] }))).toBe('FORBIDDEN');
    }
    const reader = await bench.principalOf(
      (await bench.apiKeys.issue(narrow, { ...wanted, scopes: ['skills:read'] })).key,
    );
    expect(await codeOf(bench.apiKeys.issue(reader, { ...wanted, scopes: ['skills:read'] }))).toBe('FORBIDDEN');
    expect(await codeOf(bench.apiKeys.issue(principal, { ...wanted, scopes: ['admin'] }))).toBe('FORBIDDEN');
    expect(await codeOf(bench.accounts.eraseUser(reader))).toBe('FORBIDDEN');
  });

  it('works until it expires, from memory neither longer', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { key } = await bench.apiKeys.issue(principal, { ...wanted, expiresAtMs: bench.clock.now() + 10_000 });
    expect(await bench.credentials.authenticate(key)).not.toBeNull();
    bench.clock.forward(9999);
    expect(bench.credentials.authenticateCached(key)).toBeDefined();
    bench.clock.forward(1);
    expect(bench.credentials.authenticateCached(key)).toBeUndefined();
    expect(await bench.credentials.authenticate(key)).toBeNull();
  });

  it('is dead at once when it is revoked, even when the log does not take the event', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const [first, second] = [
      await bench.apiKeys.issue(principal, wanted),
      await bench.apiKeys.issue(principal, wanted),
    ];
    const firstPrincipal = await bench.principalOf(first.key);
    const revoked: string[] = [];
    bench.credentials.onRevoked((credentialId) => revoked.push(credentialId));
    await bench.apiKeys.revoke(principal, first.keyId);
    expect(revoked).toEqual([firstPrincipal.credentialId]);
    expect(await bench.credentials.authenticate(first.key)).toBeNull();
    expect(bench.typesOf(userId).at(-1)).toBe('ApiKeyRevoked');
    bench.logFailure = new AppError('LOG_UNAVAILABLE');
    expect(await codeOf(bench.apiKeys.revoke(principal, second.keyId))).toBe('LOG_UNAVAILABLE');
    expect(await bench.credentials.authenticate(second.key)).toBeNull();
    bench.logFailure = null;
    await bench.apiKeys.revoke(principal, second.keyId);
    expect(bench.events.at(-1)?.event).toEqual({ type: 'ApiKeyRevoked', data: { keyId: second.keyId } });
  });

  it('of somebody else is not to be found, and one that is revoked twice is recorded once', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    const other = await bench.newUser('bert');
    const { key, keyId } = await bench.apiKeys.issue(principal, wanted);
    expect(await codeOf(bench.apiKeys.revoke(other.principal, keyId))).toBe('NOT_FOUND');
    expect(await bench.credentials.authenticate(key)).not.toBeNull();
    const codes = await Promise.all([1, 2].map(() => codeOf(bench.apiKeys.revoke(principal, keyId))));
    expect(codes).toContain('NOT_FOUND');
    expect(bench.typesOf(userId).filter((type) => type === 'ApiKeyRevoked')).toHaveLength(1);
  });

  it('is one of at most 100 of an account, also when many are asked for at once', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const codes = await Promise.all(Array.from({ length: 105 }, () => codeOf(bench.apiKeys.issue(principal, wanted))));
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(5);
    expect(await bench.apiKeys.list(principal)).toHaveLength(100);
  });
});

describe('whatever arrives as a credential', () => {
  it('never throws, and finds nobody', async () => {
    const bench = new AccountsBench(root);
    const { token } = await bench.newUser('anna');
    const { ticket } = await bench.credentials.issueTicket(await bench.principalOf(token));
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
      expect(bench.credentials.authenticateCached(text)).toBeUndefined();
      expect(await bench.credentials.authenticate(text)).toBeNull();
    }
    for (const text of texts.slice(0, -1)) expect(await bench.credentials.takeTicket(text)).toBeNull();
  });
});

describe('a ticket', () => {
  it('opens once, as the one it was issued to', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { ticket, expiresInMs } = await bench.credentials.issueTicket(principal);
    expect(expiresInMs).toBe(30_000);
    const taken = await Promise.all([1, 2, 3].map(() => bench.credentials.takeTicket(ticket)));
    expect(taken.filter((found) => found !== null)).toEqual([principal]);
  });

  it('is worth nothing after 30 seconds', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { ticket } = await bench.credentials.issueTicket(principal);
    bench.clock.forward(30_000);
    expect(await bench.credentials.takeTicket(ticket)).toBeNull();
  });

  it('is worth nothing when the session or key that it was issued for is revoked', async () => {
    const bench = new AccountsBench(root);
    const { principal } = await bench.newUser('anna');
    const { key, keyId } = await bench.apiKeys.issue(principal, wanted);
    const ofKey = await bench.credentials.issueTicket(await bench.principalOf(key));
    const ofSession = await bench.credentials.issueTicket(principal);
    await bench.apiKeys.revoke(principal, keyId);
    await bench.credentials.signOut(principal);
    expect(await bench.credentials.takeTicket(ofKey.ticket)).toBeNull();
    expect(await bench.credentials.takeTicket(ofSession.ticket)).toBeNull();
  });

  it('that nobody came for does not stay in the vault', async () => {
    const bench = new AccountsBench(root);
    const { principal, userId } = await bench.newUser('anna');
    for (let i = 0; i < 3; i++) await bench.credentials.issueTicket(principal);
    bench.clock.forward(30_000);
    await bench.credentials.issueTicket(principal);
    expect(await bench.vault.list('ticket', userId)).toHaveLength(1);
  });
});
