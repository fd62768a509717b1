import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const base = join(import.meta.dirname, '../node_modules/.cache/ihuman-bench');

/** Runs `work` with an empty directory on the disk that holds the repository (not /tmp, which may be memory). */
export async function withPlace<T>(work: (dir: string) => Promise<T> | T): Promise<T> {
  mkdirSync(base, { recursive: true });
  const dir = mkdtempSync(join(base, 'run-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
