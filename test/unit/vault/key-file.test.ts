import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readVaultKey } from '../../../src/vault/key-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const root = tempDir();

function newDir(): { dir: string; keyPath: string; vaultPath: string } {
  const dir = mkdtempSync(join(root, 'key-'));
  return { dir, keyPath: join(dir, 'vault.key'), vaultPath: join(dir, 'vault.db') };
}

describe('readVaultKey', () => {
  it('makes a key of 32 bytes at the first start, for this user only, and gives the same one afterwards', () => {
    const { dir, keyPath, vaultPath } = newDir();
    const key = readVaultKey(dir, vaultPath);
    expect(key).toHaveLength(32);
    expect(statSync(keyPath).mode & 0o777).toBe(0o600);
    expect(readVaultKey(dir, vaultPath).equals(key)).toBe(true);
    expect(readdirSync(dir)).toEqual(['vault.key']);
  });

  it('makes no new key beside a vault that is there already', () => {
    const { dir, keyPath, vaultPath } = newDir();
    readVaultKey(dir, vaultPath);
    writeFileSync(vaultPath, 'a vault');
    rmSync(keyPath);
    expect(() => readVaultKey(dir, vaultPath)).toThrow(expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }));
    expect(existsSync(keyPath)).toBe(false);
  });

  it('refuses a key file that others may read, and says what to do', () => {
    for (const mode of [0o640, 0o604, 0o660]) {
      const { dir, keyPath, vaultPath } = newDir();
      readVaultKey(dir, vaultPath);
      chmodSync(keyPath, mode);
      expect(() => readVaultKey(dir, vaultPath)).toThrow(`chmod 600 ${keyPath}`);
    }
  });

  it('refuses what is not a key and leaves it as it is', () => {
    for (const content of ['', 'short', 'A'.repeat(200), '\u{1F642}']) {
      const { dir, keyPath, vaultPath } = newDir();
      writeFileSync(keyPath, content, { mode: 0o600 });
      expect(() => readVaultKey(dir, vaultPath)).toThrow(expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }));
      expect(readFileSync(keyPath, 'utf8')).toBe(content);
    }
  });

  it('starts over from a draft that a crash left half written', () => {
    const { dir, keyPath, vaultPath } = newDir();
    writeFileSync(`${keyPath}.new`, 'half', { mode: 0o600 });
    expect(readVaultKey(dir, vaultPath)).toHaveLength(32);
    expect(existsSync(`${keyPath}.new`)).toBe(false);
  });
});
