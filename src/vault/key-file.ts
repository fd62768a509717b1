import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../kernel/errors.ts';

const keyFileName = 'vault.key';
const keyBytes = 32;

/**
 * The 32-byte key of the vault, from `vault.key` in the data directory. Made (mode 0600) when there is neither key nor
 * vault. Throws VAULT_KEY_MISMATCH when a vault stands there without its key, when the key file is not one, or when others
 * may read it: a key is never made anew over data that it could not open.
 */
export function readVaultKey(dataDir: string, vaultPath: string): Buffer {
  const path = join(dataDir, keyFileName);
  if (!existsSync(path)) {
    if (existsSync(vaultPath)) {
      throw mismatch(`${path} is missing, but ${vaultPath} is there. Put the key file back from a backup.`);
    }
    return createKeyFile(dataDir, path);
  }
  if ((statSync(path).mode & 0o077) !== 0) throw mismatch(`Others may read ${path}. Run: chmod 600 ${path}`);
  const key = Buffer.from(readText(path).trim(), 'base64');
  if (key.length !== keyBytes) throw mismatch(`${path} does not hold a key of ${String(keyBytes)} bytes.`);
  return key;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw mismatch(`${path} cannot be read.`, error);
  }
}

/** The name appears only when the content is on disk, and stays: a vault whose key got lost in a crash is lost too. */
function createKeyFile(dataDir: string, path: string): Buffer {
  const key = randomBytes(keyBytes);
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, `${key.toString('base64')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  flushDirectory(dataDir);
  return key;
}

function flushDirectory(path: string): void {
  // Windows has no handle on a directory that could be flushed.
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function mismatch(message: string, cause?: unknown): AppError {
  return new AppError('VAULT_KEY_MISMATCH', { message, cause });
}
