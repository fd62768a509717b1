import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { projections } from '../projections/index.ts';
import { type Difference, diffReadModels } from './projecting/diff.ts';
import { type ChainCheck, LogFile } from './store/log-file.ts';
import { dataFiles } from './store/data-dir.ts';
import { foldLog } from './store/fold-log.ts';

/** What `verify` found. */
export interface Verification {
  readonly chain: ChainCheck;
  /** Null when there is no read-model file to compare with. */
  readonly readModels: { readonly position: number; readonly differences: readonly Difference[] } | null;
  readonly clean: boolean;
}

/**
 * Checks a data directory without changing it, whether or not a server is using it: recomputes the hash chain, folds the
 * whole log again beside the live read models, and compares both row by row.
 */
export function verifyDataDir(
  dataDir: string,
  onProgress: (what: string, position: number, head: number) => void,
): Verification {
  const log = new LogFile(join(dataDir, dataFiles.log), { readOnly: true });
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
