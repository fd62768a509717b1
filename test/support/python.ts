import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const conformance = join(root, 'test/conformance/requirements.txt');
const cache = join(root, 'node_modules/.cache/ihuman-python');

/** How a program ended: `code` is null when it could not be started or was killed; `output` is all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly output: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. */
export function run(
  program: string,
  args: readonly string[],
  { cwd = root, environment = {} }: RunOptions = {},
): Promise<Ended> {
  const options = { cwd, env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, output: stdout + stderr + (code === null ? String(error?.message) : '') });
    });
  });
}

/**
 * Tests that need a Python with the packages of a list (that of `test/conformance` unless another one is named), which is made when
 * there is none yet. Where it cannot be made they are skipped, and the reason is shown; in continuous integration that is a failure.
 */
export async function describeWithPython(
  title: string,
  tests: (python: string) => void,
  requirements = conformance,
): Promise<void> {
  const { python, reason } = await preparePython(requirements);
  if (reason === null) {
    describe(title, () => {
      tests(python);
    });
    return;
  }
  process.stderr.write(`\nSKIPPED: ${title}: there is no Python with the packages it needs: ${reason}\n`);
  describe(title, () => {
    it.runIf(process.env.CI === 'true')('has the Python that it needs', () => {
      expect.fail(reason);
    });
    describe.skip('without Python', () => {
      tests(python);
    });
  });
}

/** The folder is named after the list of packages, and gets its name when everything is in it. */
async function preparePython(
  requirements: string,
): Promise<{ readonly python: string; readonly reason: string | null }> {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const ready = join(cache, digest);
  const python = join(ready, 'bin/python');
  if (existsSync(ready)) return { python, reason: null };
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'new-'));
  const options = ['--no-input', '--disable-pip-version-check', '--quiet', '--only-binary=:all:', '--retries=1'];
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', made]],
    [join(made, 'bin/python'), ['-m', 'pip', 'install', ...options, '--requirement', requirements]],
  ];
  try {
    for (const [program, args] of steps) {
      const { code, output } = await run(program, args);
      if (code !== 0) return { python, reason: `${program} ${args.join(' ')}: ${output.trim()}` };
    }
    // The other test file may have been faster.
    if (!existsSync(ready)) renameSync(made, ready);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return { python, reason: null };
}
