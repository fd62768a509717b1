import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { run } from './python.ts';

const cache = join(import.meta.dirname, '../../node_modules/.cache/ihuman-npm');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

/**
 * Tests that need a program from the npm registry which is too large to be installed with the project (a registry of one's own,
 * another runtime): it is installed below `node_modules/.cache` at the first run. Where it cannot be had they are skipped, and the
 * reason is shown; in continuous integration that is a failure.
 * `manifest` has `dependencies` with exact versions, and `overrides` where it needs them.
 */
export async function describeWithNpm(
  title: string,
  manifest: Manifest,
  tests: (folder: string) => void,
): Promise<void> {
  const { folder, reason } = await prepare(manifest);
  if (reason === null) {
    describe(title, () => {
      tests(folder);
    });
    return;
  }
  process.stderr.write(`\nSKIPPED: ${title}: ${reason}\n`);
  describe(title, () => {
    it.runIf(process.env.CI === 'true')('has the packages that it needs', () => {
      expect.fail(reason);
    });
    describe.skip('without them', () => {
      tests(folder);
    });
  });
}

/** The folder is named after what is in it, and gets its name when everything is there. */
async function prepare(wanted: Manifest): Promise<{ readonly folder: string; readonly reason: string | null }> {
  const manifest = JSON.stringify({ private: true, ...wanted });
  const folder = join(cache, createHash('sha256').update(manifest).digest('hex').slice(0, 16));
  if (existsSync(folder)) return { folder, reason: null };
  mkdirSync(cache, { recursive: true });
  const made = mkdtempSync(join(cache, 'new-'));
  try {
    writeFileSync(join(made, 'package.json'), manifest);
    const options = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    const { code, output } = await run('npm', ['install', ...options], { cwd: made });
    if (code !== 0) return { folder, reason: `npm install ${manifest}: ${output.trim()}` };
    // Another test file may have been faster.
    if (!existsSync(folder)) renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return { folder, reason: null };
}
