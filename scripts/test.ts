import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runChecks } from './check.ts';

/**
 * `npm test`: all checks, then all tests, and a closing line. With paths (`npm test -- test/unit/kernel`) only those tests,
 * without the checks.
 */
const root = join(import.meta.dirname, '..');
const paths = process.argv.slice(2);
const clean = paths.length > 0 || runChecks();
const report = mkdtempSync(join(tmpdir(), 'ihuman-report-'));
const reportFile = join(report, 'report.json');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', ...paths, '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`],
  { cwd: root, stdio: 'inherit' },
);
const { numPassedTests, numFailedTests, numPendingTests } = readReport(reportFile);
rmSync(report, { recursive: true });
if (!clean) process.stdout.write('The checks above failed.\n');
process.stdout.write(
  `${String(numPassedTests)} passed, ${String(numFailedTests)} failed, ${String(numPendingTests)} skipped\n`,
);
process.exit(status === 0 && clean && numPassedTests > 0 ? 0 : 1);

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

function readReport(path: string): Report {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 };
  }
}
