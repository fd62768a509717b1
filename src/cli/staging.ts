import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { randomText } from '../kernel/ids.ts';
import type { CliContext } from './context.ts';
import { CliError } from './exit-codes.ts';

/** Folders in the making: hidden, so that no server takes them for skills, and named after the process that makes them. */
const staged = /^\.ihuman-(\d+)-\w+$/;

/**
 * Gives `work` a hidden folder in `parent`, to make in it what is then moved to its place in one step. It goes in the end, whatever
 * happens. `commit` does the move, and not after a signal: then it throws what is `interrupted`.
 */
export async function staging<T>(
  context: CliContext,
  parent: string,
  work: (stage: string, commit: (move: () => void) => Promise<void>) => Promise<T>,
): Promise<T> {
  mkdirSync(parent, { recursive: true });
  removeLeftovers(parent);
  const stage = join(parent, `.ihuman-${String(process.pid)}-${randomText(8)}`);
  let interrupted = false;
  const release = context.onInterrupt(() => {
    interrupted = true;
  });
  const commit = async (move: () => void): Promise<void> => {
    // Signals that came meanwhile are delivered before this goes on.
    await new Promise(setImmediate);
    if (interrupted) throw new CliError('interrupted', 'interrupted; nothing was changed');
    move();
  };
  try {
    mkdirSync(stage);
    return await work(stage, commit);
  } finally {
    rmSync(stage, { recursive: true, force: true });
    release();
  }
}

/** Gives a folder its final name. Throws what is `failed` when there is something of that name. */
export function moveInto(folder: string, target: string): void {
  refuseExisting(target);
  renameSync(folder, target);
}

/** Throws what is `failed` when there is something of that name already. */
export function refuseExisting(target: string, advice = 'take another name, or move it away'): void {
  if (existsSync(target)) throw new CliError('failed', `there is already ${target}; ${advice}`);
}

/** What a process left that was killed in the middle. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = staged.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** True for a process of this machine that runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
