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
const { passed, failed, skipped } = countTests(readReport(reportFile));
rmSync(report, { recursive: true });
if (!clean) process.stdout.write('The checks above failed.\n');
process.stdout.write(`${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped\n`);
process.exit(status === 0 && clean && passed > 0 ? 0 : 1);

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** Null when vitest ended before it wrote its report. */
function readReport(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return null;
  }
}

/** A file that failed without a failed test, in its imports or hooks, counts as one; so does a report that is missing. */
function countTests(report: Report | null): { passed: number; failed: number; skipped: number } {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
