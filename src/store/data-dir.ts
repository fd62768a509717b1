import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { AppError } from '../kernel/errors.ts';
import { sqliteCodeOf } from './sqlite.ts';

/** The files of a data directory. */
export const dataFiles = {
  log: 'log.db',
  readModels: 'read-models.db',
  nextReadModels: 'read-models.next.db',
  vault: 'vault.db',
  lock: 'lock.db',
} as const;

/** Makes the directory when it is missing and checks that it can be written. Throws DATA_DIR_UNUSABLE. */
export function prepareDataDir(dataDir: string): void {
  try {
    // Not recursive where the parent is there: Node's recursive mkdir never returns for a folder that /proc refuses.
    const recursive = !existsSync(dirname(dataDir));
    if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive, mode: 0o700 });
    if (!statSync(dataDir).isDirectory()) throw new AppError('DATA_DIR_UNUSABLE', { message: 'it is not a directory' });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new AppError('DATA_DIR_UNUSABLE', {
      message: `The data directory ${dataDir} cannot be written: ${reason}. Choose another one with --data-dir.`,
      cause: error,
    });
  }
}

/**
 * Takes the data directory for this process. The lock is SQLite's own file lock on a file of its own, which the operating
 * system drops when the process dies, however it dies. Throws DATA_DIR_LOCKED when another process has it.
 */
export function lockDataDir(dataDir: string): { readonly release: () => void } {
  const db = openLockFile(dataDir);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw new AppError('DATA_DIR_LOCKED', {
      message: `Another server is using ${dataDir}. Stop it, or start this one with another --data-dir.`,
      cause: error,
    });
  }
  return {
    release: () => {
      db.close();
    },
  };
}

function openLockFile(dataDir: string): DatabaseSync {
  try {
    return new DatabaseSync(join(dataDir, dataFiles.lock), { timeout: 0 });
  } catch (error) {
    throw new AppError('DATA_DIR_UNUSABLE', {
      message: `The data directory ${dataDir} cannot be used (SQLite error ${String(sqliteCodeOf(error))}).`,
      cause: error,
    });
  }
}
