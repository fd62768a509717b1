import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { skillEnvironment } from '../../skills/skill-environment.ts';
import { testFiles } from '../../skills/skill-advice.ts';
import { CliError } from '../exit-codes.ts';
import type { OwnTest } from './check.ts';
import type { ReporterLine } from './reporter.ts';

const reporter = fileURLToPath(new URL('./reporter.ts', import.meta.url));

/** What a run of tests needs of the world. */
export interface TestRun {
  /** A folder of its own: home and temporary directory of the tests. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Told what tests and skills print. */
  readonly output: (text: string) => void;
}

/**
 * Runs a skill's own tests with Node's test runner, in a process that sees nothing of this one's environment. No tests, no checks.
 * Throws when the runner itself cannot be run.
 */
export async function runOwnTests(folder: string, { scratch, signal, output }: TestRun): Promise<readonly OwnTest[]> {
  const files = testFiles(folder);
  if (files.length === 0) return [];
  const flags = ['--test', `--test-reporter=${reporter}`, '--test-reporter-destination=stdout'];
  const child = spawn(process.execPath, ['--no-warnings', ...flags, ...files], {
    cwd: folder,
    env: { ...skillEnvironment(scratch), NODE_ENV: 'test' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const tests: OwnTest[] = [];
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (text) => {
    const line = JSON.parse(text) as ReporterLine;
    if (line.t === 'output') output(line.text);
    else tests.push(testOf(folder, line));
  });
  const code = await ended;
  if (code !== 0 && !tests.some(({ outcome }) => outcome === 'failed')) {
    throw new CliError('failed', `the tests of ${join(folder, 'tests')} could not be run: ${complaints.trim()}`);
  }
  return tests;
}

function testOf(folder: string, line: Extract<ReporterLine, { t: 'test' }>): OwnTest {
  const { name, outcome, reason, durationMs, file, line: at } = line;
  return { name, outcome, reason, durationMs, place: `${relative(folder, file)}:${String(at)}` };
}
