import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { projections } from '../projections/index.ts';
import { type Difference, diffReadModels } from './projecting/diff.ts';
import { AppError, isAppError } from './kernel/errors.ts';
import { type ChainCheck, LogFile } from './store/log-file.ts';
import { dataFiles } from './store/data-dir.ts';
import { foldLog } from './store/fold-log.ts';
import { isCorruption } from './store/sqlite.ts';

/** What `verify` found. */
export interface Verification {
  readonly chain: ChainCheck;
  /** Null when there is no read-model file to compare with. */
  readonly readModels: { readonly position: number; readonly differences: readonly Difference[] } | null;
  readonly clean: boolean;
}

function openLog(path: string): LogFile {
  if (!existsSync(path)) throw new AppError('DATA_DIR_UNUSABLE', { message: `There is no log ${path}.` });
  try {
    return new LogFile(path, { readOnly: true });
  } catch (error) {
    if (isAppError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = isCorruption(error)
      ? `${path} is damaged: ${reason}. Restore it from a backup.`
      : `${path} cannot be read: ${reason}. A log that was not closed can only be read where it can be written: verify a copy.`;
    throw new AppError(isCorruption(error) ? 'LOG_CORRUPT' : 'DATA_DIR_UNUSABLE', { message, cause: error });
  }
}

/**
 * Checks a data directory without changing it, whether or not a server is using it: recomputes the hash chain, folds the
 * whole log again beside the live read models, and compares both row by row.
 */
export function verifyDataDir(
  dataDir: string,
  onProgress: (what: string, position: number, head: number) => void,
): Verification {
  const log = openLog(join(dataDir, dataFiles.log));
  const scratch = mkdtempSync(join(tmpdir(), 'ihuman-verify-'));
  try {
    const chain = log.verifyChain(0, (position) => {
      onProgress('chain', position, log.head);
    });
    const live = join(dataDir, dataFiles.readModels);
    const readModels =
      existsSync(live) && chain.intact
        ? diffReadModels(live, projections, (until) => {
            const path = join(scratch, 'read-models.db');
            foldLog({
              log,
              path,
              projections,
              until,
              onProgress: (position) => {
                onProgress('read models', position, until);
              },
            });
            return path;
          })
        : null;
    const clean = chain.intact && (readModels === null || readModels.differences.length === 0);
    return { chain, readModels, clean };
  } finally {
    log.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
