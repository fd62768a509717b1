import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { CliError } from '../exit-codes.ts';
import { isAlive } from '../staging.ts';

/** What is done under a lock takes milliseconds: whoever has it for longer is stuck. */
const patienceMs = 10_000;
const lookEveryMs = 20;

/**
 * Does `work` while no other process that asks for the lock `path` does its own, and waits for those that are before it. A lock whose
 * process has died counts for nothing. Throws what is `failed` when it waited in vain.
 */
export function exclusively<T>(path: string, work: () => T): T {
  for (let leftMs = patienceMs; !take(path); leftMs -= lookEveryMs) {
    const holder = holderOf(path);
    if (holder !== null && !isAlive(holder)) rmSync(path, { force: true });
    else if (leftMs > 0) pause();
    else throw new CliError('failed', `${path} is held by process ${String(holder)}; if that is no ihuman, delete it`);
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** False when another process has it. */
function take(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null when it has just been given back, or taken and not yet signed. */
function holderOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return pid > 0 ? pid : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** What is done under the lock is done in one go, so it waits in the same way. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookEveryMs);
}
