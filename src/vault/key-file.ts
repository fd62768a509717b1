import { randomBytes } from 'node:crypto';
import { existsSync, openSync, readFileSync, statSync, writeFileSync, closeSync, fsyncSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../kernel/errors.ts';

const keyFileName = 'vault.key';
const keyBytes = 32;

/**
 * The 32-byte key of the vault, from `vault.key` in the data directory. Made (mode 0600) when there is neither key nor
 * vault. Throws VAULT_KEY_MISMATCH when a vault stands there without its key, or when others may read the key file:
 * a key is never made anew over data that it could not open.
 */
export function readVaultKey(dataDir: string, vaultPath: string): Buffer {
  const path = join(dataDir, keyFileName);
  if (!existsSync(path)) {
    if (existsSync(vaultPath)) {
      throw mismatch(`${path} is missing, but ${vaultPath} is there. Put the key file back from a backup.`);
    }
    return createKeyFile(path);
  }
  if ((statSync(path).mode & 0o077) !== 0) throw mismatch(`Others may read ${path}. Run: chmod 600 ${path}`);
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length !== keyBytes) throw mismatch(`${path} does not hold a key of ${String(keyBytes)} bytes.`);
  return key;
}

function createKeyFile(path: string): Buffer {
  const key = randomBytes(keyBytes);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, `${key.toString('base64')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return key;
}

function mismatch(message: string): AppError {
  return new AppError('VAULT_KEY_MISMATCH', { message });
}
