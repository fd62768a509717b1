import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

import type { CliContext } from './context.ts';
import { CliError } from './exit-codes.ts';

/** A program of this package, run on the Node that it brings. */
type OwnProgram = 'main.ts' | 'verify-main.ts' | 'doctor-main.ts';

/** Compiled code is kept between runs: a start then takes half as long. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/ihuman-compile', import.meta.url));

const node = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));

function pathOf(program: OwnProgram): string {
  return fileURLToPath(new URL(`../${program}`, import.meta.url));
}

/** Runs one in the place of this process: same terminal, signals passed on, exit code kept. */
export async function runOwnProgram(context: CliContext, program: OwnProgram, args: readonly string[]): Promise<void> {
  const { cwd, environment } = context;
  const child = spawn(node, [pathOf(program), ...args], {
    stdio: 'inherit',
    cwd,
    env: { NODE_COMPILE_CACHE, ...environment },
  });
  const stop = context.onInterrupt((signal) => {
    // The terminal sends Ctrl-C to both processes; only what is sent to this one alone has to be passed on.
    if (signal !== 'SIGINT') child.kill(signal);
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', (error) => {
    reject(new CliError('failed', `The Node of this package cannot be started: ${error.message}`));
  });
  child.once('exit', (code, signal) => {
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
  process.exitCode = await promise.finally(stop);
}

/** What one says on standard output when it is run by itself. */
export function outputOf(
  context: Pick<CliContext, 'cwd' | 'environment'>,
  program: OwnProgram,
  args: readonly string[],
): string {
  const { cwd, environment } = context;
  const { stdout, stderr, status } = spawnSync(node, [pathOf(program), ...args], {
    cwd,
    env: { NODE_COMPILE_CACHE, ...environment },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new CliError('failed', `${program} cannot be run: ${stderr}`);
}
