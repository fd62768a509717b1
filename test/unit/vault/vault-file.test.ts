import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, describe, expect, it } from 'vitest';

import { VaultFile } from '../../../src/vault/vault-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const root = tempDir();
const opened: VaultFile[] = [];

afterEach(() => {
  for (const file of opened.splice(0)) file.close();
});

function newVault(key = randomBytes(32)): { vault: VaultFile; path: string; key: Buffer; dir: string } {
  const dir = mkdtempSync(join(root, 'vault-'));
  const path = join(dir, 'vault.db');
  return { vault: open(path, key), path, key, dir };
}

function open(path: string, key: Buffer): VaultFile {
  const vault = new VaultFile(path, key);
  opened.push(vault);
  return vault;
}

function reopen(vault: VaultFile, path: string, key: Buffer): VaultFile {
  opened.splice(opened.indexOf(vault), 1);
  vault.close();
  return open(path, key);
}

/** Changes the file behind the vault's back. */
function tamper(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

function bytesOf(dir: string): Buffer {
  return Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))));
}

const mismatch = expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }) as Error;

describe('VaultFile', () => {
  it('gives back what was put, of every JSON shape, after a restart too', () => {
    const { vault, path, key } = newVault();
    const values = ['text', 7, true, { a: [1, null, { b: 'ü🙂' }] }, []];
    values.forEach((value, i) => {
      vault.put('params', `k${i}`, null, value);
    });
    const again = reopen(vault, path, key);
    values.forEach((value, i) => {
      expect(again.get('params', `k${i}`)).toEqual(value);
    });
    expect(again.get('params', 'unknown')).toBeNull();
  });

  it('keeps kinds apart and replaces on put', () => {
    const { vault } = newVault();
    vault.put('email', 'x', 'user_1', 1);
    vault.put('username', 'x', 'user_1', 2);
    vault.put('email', 'x', 'user_2', 3);
    expect(vault.get('email', 'x')).toBe(3);
    expect(vault.get('username', 'x')).toBe(2);
    expect(vault.list('email', 'user_1')).toEqual([]);
  });

  it('adds only where there is nothing: the first of two wins and keeps its value', () => {
    const { vault, path, key } = newVault();
    const other = open(path, key);
    expect(vault.add('email', 'x', 'user_1', 'first')).toBe(true);
    expect(other.add('email', 'x', 'user_2', 'second')).toBe(false);
    expect(other.get('email', 'x')).toBe('first');
  });

  it('gives a value that is taken to one caller only', () => {
    const { vault, path, key } = newVault();
    const other = open(path, key);
    vault.put('ticket', 't', 'user_1', 'value');
    expect(other.take('ticket', 't')).toBe('value');
    expect(vault.take('ticket', 't')).toBeNull();
    expect(vault.get('ticket', 't')).toBeNull();
  });

  it('tells the keys of a kind, whoever owns the values', () => {
    const { vault } = newVault();
    vault.put('params', 'exec_a', 'user_1', 1);
    vault.put('params', 'exec_b', null, 2);
    vault.put('session', 'c', 'user_1', 3);
    expect(vault.keys('params').sort()).toEqual(['exec_a', 'exec_b']);
  });

  it('digests equal texts alike under one key, and otherwise under another', () => {
    const { vault, path, key } = newVault();
    expect(vault.digest('a')).toBe(open(path, key).digest('a'));
    const again = open(path, key);
    expect(new Set([again.digest('a'), again.digest('b'), newVault().vault.digest('a')]).size).toBe(3);
  });

  it('lists the entries of one owner and kind with their keys', () => {
    const { vault } = newVault();
    vault.put('session', 'a', 'user_1', 1);
    vault.put('session', 'b', 'user_1', 2);
    vault.put('session', 'c', 'user_2', 3);
    vault.put('ticket', 'd', 'user_1', 4);
    const listed = vault.list('session', 'user_1').sort((x, y) => x.key.localeCompare(y.key));
    expect(listed).toEqual([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
    ]);
  });

  it('does not open with another key, and is unharmed by the attempt', () => {
    const { vault, path, key } = newVault();
    vault.put('profile', 'p', 'user_1', 'kept');
    expect(() => new VaultFile(path, randomBytes(32))).toThrow(mismatch);
    expect(reopen(vault, path, key).get('profile', 'p')).toBe('kept');
  });

  it('refuses an entry that was changed, swapped or given to another owner in the file', () => {
    const attacks = [
      "UPDATE entries SET blob = zeroblob(length(blob)) WHERE kind = 'profile'",
      "UPDATE entries SET blob = x'' WHERE kind = 'profile'",
      "UPDATE entries SET owner = 'user_2' WHERE kind = 'profile'",
      "UPDATE entries SET owner = NULL WHERE kind = 'profile'",
      "UPDATE entries SET blob = (SELECT blob FROM entries WHERE kind = 'password') WHERE kind = 'profile'",
    ];
    for (const attack of attacks) {
      const { vault, path, key } = newVault();
      vault.put('profile', 'p', 'user_1', 'mine');
      vault.put('password', 'p', 'user_1', 'hash');
      tamper(path, attack);
      const again = reopen(vault, path, key);
      expect(() => again.get('profile', 'p'), attack).toThrow(mismatch);
    }
  });

  it('refuses to list an entry that was moved under another owner in the file', () => {
    const { vault, path } = newVault();
    vault.put('api-key', 'k', 'user_1', { scopes: ['admin'] });
    tamper(path, "UPDATE entries SET owner = 'user_2' WHERE kind = 'api-key'");
    expect(() => vault.list('api-key', 'user_2')).toThrow(mismatch);
  });

  it('says that the file is damaged when it is no database', () => {
    const path = join(mkdtempSync(join(root, 'vault-')), 'vault.db');
    writeFileSync(path, 'this is not a database file at all '.repeat(500));
    expect(() => new VaultFile(path, randomBytes(32))).toThrow(expect.objectContaining({ code: 'DATA_DIR_UNUSABLE' }));
  });

  it('has no key, value or look-up name in clear in any of its files', () => {
    const { vault, dir } = newVault();
    vault.put('email', 'canary-mail@example.org', 'user_1', 'user_1');
    vault.put('session', 'canary-digest', 'user_1', { token: 'canary-value', nested: { name: 'canary-nested' } });
    vault.take('email', 'canary-mail@example.org');
    expect(bytesOf(dir).includes('canary-')).toBe(false);
    expect(bytesOf(dir).includes('user_1')).toBe(true);
  });

  it('leaves nothing of an erased owner, in the journal neither, and everything of the others', () => {
    const { vault, dir } = newVault();
    vault.put('profile', 'a', 'user_gone', 'x'.repeat(5000));
    vault.put('session', 'b', 'user_gone', 'y');
    vault.put('profile', 'c', 'user_stays', 'z');
    const blob = blobOf(join(dir, 'vault.db'), 'user_gone');
    expect(bytesOf(dir).includes(blob)).toBe(true);
    expect(vault.eraseOwner('user_gone')).toBe(2);
    expect(vault.get('profile', 'a')).toBeNull();
    expect(vault.list('session', 'user_gone')).toEqual([]);
    expect(vault.get('profile', 'c')).toBe('z');
    expect(bytesOf(dir).includes(blob)).toBe(false);
    expect(bytesOf(dir).includes('user_gone')).toBe(false);
  });
});

/** The end of a sealed session, short enough to lie on one page. */
function blobOf(path: string, owner: string): Buffer {
  const db = new DatabaseSync(path);
  const row = db.prepare("SELECT blob FROM entries WHERE kind = 'session' AND owner = ?").get(owner);
  db.close();
  return Buffer.from(row?.blob as Uint8Array);
}
