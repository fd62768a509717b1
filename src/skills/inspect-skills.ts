import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Problem } from '../kernel/errors.ts';
import { skillEnvironment } from './skill-environment.ts';

/** What loading a skill's module showed. */
export interface Inspection {
  readonly metadata: unknown;
  readonly problems: readonly Problem[];
}

interface Reported {
  readonly entry: string;
  readonly metadata?: unknown;
  readonly hasExecute?: boolean;
  readonly validate?: string;
  readonly loadError?: string;
}

const script = fileURLToPath(new URL('./inspect-child.ts', import.meta.url));
const timeoutMs = 20_000;
const maxOutputBytes = 4 * 1024 * 1024;

/** Loads modules in one child process without network of files beyond `readable`, and returns what each exports, by entry. */
export async function inspectSkills(
  entries: readonly string[],
  readable: readonly string[],
): Promise<ReadonlyMap<string, Inspection>> {
  if (entries.length === 0) return new Map();
  const lines = (await runInspector(entries, readable)).split('\n').filter((line) => line !== '');
  const reports = new Map(lines.map((line) => JSON.parse(line) as Reported).map((report) => [report.entry, report]));
  return new Map(entries.map((entry) => [entry, inspectionOf(entry, reports.get(entry))]));
}

function inspectionOf(entry: string, report: Reported | undefined): Inspection {
  if (report === undefined)
    return { metadata: null, problems: [{ path: entry, message: 'ended or hung the process while it was loaded' }] };
  if (report.loadError !== undefined)
    return { metadata: null, problems: [{ path: entry, message: `cannot be loaded: ${report.loadError}` }] };
  const problems: Problem[] = [];
  if (report.hasExecute !== true) problems.push({ path: entry, message: 'exports no function "execute"' });
  if (report.validate !== 'function' && report.validate !== 'undefined') {
    problems.push({ path: entry, message: 'exports "validate", but not as a function' });
  }
  return { metadata: report.metadata, problems };
}

function runInspector(entries: readonly string[], readable: readonly string[]): Promise<string> {
  const grants = readable.map((path) => `--allow-fs-read=${path}`);
  const flags = ['--permission', '--no-warnings', ...grants, `--allow-fs-read=${script}`];
  const child = spawn(process.execPath, [...flags, script, ...entries], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: skillEnvironment('/nonexistent'),
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let output = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    if (output.length < maxOutputBytes) output += chunk.toString();
  });
  child.once('error', reject);
  child.once('close', () => {
    resolve(output);
  });
  return promise;
}
