import { DatabaseSync } from 'node:sqlite';

import { AppError } from '../kernel/errors.ts';

/**
 * How often a commit reaches the disk: `full` flushes every commit, `normal` only checkpoints (for what can be rebuilt),
 * `none` never and cannot roll back (for a file that is thrown away when it is not finished).
 */
export type Durability = 'full' | 'normal' | 'none';

interface OpenOptions {
  readonly durability: Durability;
  readonly readOnly?: boolean;
}

/** Opens a SQLite file in WAL mode with every setting that we rely on stated, and asserts the flush setting. */
export function openDatabase(path: string, options: OpenOptions): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: 5000 });
  try {
    if (options.readOnly !== true) configure(db, options.durability);
    db.exec('PRAGMA temp_store = MEMORY');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function configure(db: DatabaseSync, durability: Durability): void {
  if (durability === 'none') {
    db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536');
    return;
  }
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864');
  db.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}; PRAGMA cache_size = -8192`);
  assertSetting(db, 'synchronous', durability === 'full' ? 2 : 1);
}

function assertSetting(db: DatabaseSync, pragma: string, wanted: number): void {
  const row = db.prepare(`PRAGMA ${pragma}`).get();
  if (row?.[pragma] !== wanted) {
    throw new AppError('DATA_DIR_UNUSABLE', {
      message: `SQLite did not take "PRAGMA ${pragma} = ${String(wanted)}"; appends would not be durable.`,
    });
  }
}

/** Runs `work` in one write transaction: all of it is committed, or, when it throws, none. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** SQLite's primary result codes that we act on (sqlite.org/rescode.html). */
const primaryCode = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const;

/** The primary result code of an error thrown by SQLite; null for any other error. */
export function sqliteCodeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** True when SQLite says that the file is damaged or is no database at all. */
export function isCorruption(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return code === primaryCode.corrupt || code === primaryCode.notADatabase;
}

/** Translates a SQLite failure of the log into an {@link AppError}; other errors pass unchanged. */
export function mapSqliteError(error: unknown): unknown {
  switch (sqliteCodeOf(error)) {
    case primaryCode.full:
      return new AppError('STORAGE_FULL', { cause: error });
    case primaryCode.corrupt:
    case primaryCode.notADatabase:
      return new AppError('LOG_CORRUPT', { cause: error });
    case primaryCode.readOnly:
    case primaryCode.cannotOpen:
      return new AppError('DATA_DIR_UNUSABLE', { cause: error });
    case primaryCode.busy:
      return new AppError('LOG_UNAVAILABLE', { cause: error });
    case primaryCode.ioError:
      // The commit may or may not have reached the disk before the device failed.
      return new AppError('OUTCOME_UNKNOWN', { cause: error });
    default:
      return error;
  }
}
