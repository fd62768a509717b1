import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { randomText } from '../kernel/ids.ts';
import type { CliContext } from './context.ts';
import { CliError } from './exit-codes.ts';

/** Folders in the making: hidden, so that no server takes them for skills, and named after the process that makes them. */
const staged = /^\.ihuman-(\d+)-\w+$/;

/**
 * Makes a folder as a whole or not at all: `build` fills one beside it, which gets the name at the end. What is there already is
 * never touched. Throws what is `failed` when there is something of that name, `interrupted` after a signal.
 */
export async function makeFolder(
  context: CliContext,
  target: string,
  build: (folder: string) => unknown,
): Promise<void> {
  const parent = dirname(target);
  refuseExisting(target);
  mkdirSync(parent, { recursive: true });
  removeLeftovers(parent);
  const folder = join(parent, `.ihuman-${String(process.pid)}-${randomText(8)}`);
  let interrupted = false;
  const release = context.onInterrupt(() => {
    interrupted = true;
  });
  try {
    mkdirSync(folder);
    await build(folder);
    // Signals that came meanwhile are delivered before this goes on.
    await new Promise(setImmediate);
    if (interrupted) throw new CliError('interrupted', `interrupted; ${basename(target)} was not made`);
    refuseExisting(target);
    renameSync(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    release();
  }
}

/** Throws what is `failed` when there is something of that name already. */
export function refuseExisting(target: string): void {
  if (!existsSync(target)) return;
  throw new CliError('failed', `there is already ${target}; take another name, or move it away`);
}

/** What a process left that was killed in the middle. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = staged.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
