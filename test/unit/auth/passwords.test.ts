import { argon2Sync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import {
  dummyHash,
  hashPassword,
  needsRehash,
  requireGoodPassword,
  verifyPassword,
} from '../../../src/auth/passwords.ts';
import { codeOf } from './accounts-bench.ts';

function problemOf(password: string, names: readonly string[] = []): string | null {
  try {
    requireGoodPassword(password, names);
    return null;
  } catch (error) {
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', problems: [{ path: '/password' }] });
    return (error as Error).message;
  }
}

describe('requireGoodPassword', () => {
  it('takes 8 to 256 bytes of UTF-8 without rules of composition', () => {
    for (const good of ['a1b2c3d4', '        ', 'all lower case words', 'ü'.repeat(128), '🙂🙂'])
      expect(problemOf(good)).toBeNull();
    for (const bad of ['', 'seven77', 'ü'.repeat(129), 'x'.repeat(257), 'x'.repeat(1_000_000)])
      expect(problemOf(bad)).not.toBeNull();
  });

  it('refuses the most common ones and the names of the account, in any case', () => {
    for (const bad of ['password', 'PassWord123', 'qwertyuiop', '12345678', 'administrator'])
      expect(problemOf(bad)).not.toBeNull();
    expect(problemOf('Somebody@Example.org', ['somebody@example.org', 'somebody'])).not.toBeNull();
  });

  it('never repeats the password in what it says', () => {
    expect(problemOf('qwertyuiop')).not.toContain('qwertyuiop');
  });
});

describe('hashPassword and verifyPassword', () => {
  it('know the right password from every other', async () => {
    const phc = await hashPassword('pässwörter 🙂');
    expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await verifyPassword('pässwörter 🙂', phc)).toBe(true);
    for (const wrong of ['', 'pässwörter', 'pässwörter 🙂 ', 'x'.repeat(1_000_000), '\ud800']) {
      expect(await verifyPassword(wrong, phc)).toBe(false);
    }
  });

  it('give another hash for the same password each time', async () => {
    expect(await hashPassword('the same one')).not.toBe(await hashPassword('the same one'));
  });

  it('match nothing against a malformed hash, without throwing', async () => {
    const phc = await hashPassword('a password');
    const malformed = ['', 'x', phc.slice(0, -1), phc.replace('argon2id', 'argon2i'), phc.replace('m=19456', 'm=1')];
    malformed.push(
      phc.replace('t=2', 't=0'),
      phc.replace('p=1', 'p=0'),
      phc.replace('m=19456', 'm=99999999999'),
      `${phc}\n`,
    );
    for (const text of malformed) expect(await verifyPassword('a password', text), text).toBe(false);
  });

  it('match no password against the hash for unknown accounts', async () => {
    for (const guess of ['', 'password', '\u0001'.repeat(32)])
      expect(await verifyPassword(guess, dummyHash)).toBe(false);
    expect(needsRehash(dummyHash)).toBe(false);
  });

  it('verify hashes of other costs and ask for new ones', async () => {
    const nonce = Buffer.alloc(16, 7);
    const tag = argon2Sync('argon2id', {
      message: 'older',
      nonce,
      memory: 8192,
      passes: 3,
      parallelism: 1,
      tagLength: 32,
    });
    const text = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
    const phc = `$argon2id$v=19$m=8192,t=3,p=1$${text(nonce)}$${text(tag)}`;
    expect(await verifyPassword('older', phc)).toBe(true);
    expect(needsRehash(phc)).toBe(true);
    expect(needsRehash(await hashPassword('a password'))).toBe(false);
  });

  it('refuse with BUSY when two are working and fifty are waiting, and recover', async () => {
    const codes = await Promise.all(Array.from({ length: 60 }, () => codeOf(hashPassword('many at once'))));
    expect(codes.filter((code) => code === null)).toHaveLength(52);
    expect(codes.filter((code) => code === 'BUSY')).toHaveLength(8);
    expect(await codeOf(hashPassword('afterwards'))).toBeNull();
  });
});
