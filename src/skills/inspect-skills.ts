import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { isJsonObject } from '../kernel/json.ts';
import { loadProblem, type LoadError } from './load-problem.ts';
import { skillEnvironment } from './skill-environment.ts';
import type { CuredProblem } from './skill-problem.ts';

/** What loading a skill's module showed. `metadata` is undefined when it could not be loaded. */
export interface Inspection {
  readonly metadata?: unknown;
  readonly problems: readonly CuredProblem[];
}

interface Reported {
  readonly entry: string;
  readonly metadata?: unknown;
  readonly execute?: string;
  readonly validate?: string;
  readonly loadError?: LoadError;
}

const script = fileURLToPath(new URL('./inspect-child.ts', import.meta.url));
const timeoutMs = 20_000;
const maxOutputBytes = 4 * 1024 * 1024;

/**
 * Loads modules in a child process without network or files beyond `readable`, and returns what each exports, by entry.
 * A module that takes the process down is the only one that is the worse for it: those after it are loaded in another.
 */
export async function inspectSkills(
  entries: readonly string[],
  readable: readonly string[],
): Promise<ReadonlyMap<string, Inspection>> {
  const inspections = new Map<string, Inspection>();
  let left = entries;
  while (left.length > 0) {
    const reports = reportsIn(await runInspector(left, readable));
    // They are loaded in order, so the first that was not reported on is the one that ended the process.
    const culprit = left.findIndex((entry) => !reports.has(entry));
    const done = culprit < 0 ? left : left.slice(0, culprit + 1);
    for (const entry of done) inspections.set(entry, inspectionOf(entry, reports.get(entry)));
    left = left.slice(done.length);
  }
  return inspections;
}

/** What was reported, by entry. Modules can write to the same descriptor: lines that are no reports are passed over. */
function reportsIn(output: string): ReadonlyMap<string, Reported> {
  const reports = new Map<string, Reported>();
  for (const line of output.split('\n')) {
    const report = parse(line);
    if (isJsonObject(report) && typeof report.entry === 'string') {
      reports.set(report.entry, report as unknown as Reported);
    }
  }
  return reports;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}

function inspectionOf(entry: string, report: Reported | undefined): Inspection {
  if (report === undefined) {
    const cure = 'load it by itself: node ' + entry;
    return { problems: [{ path: '', message: 'ended or hung the process while it was loaded', cure }] };
  }
  if (report.loadError !== undefined) return { problems: [loadProblem(entry, report.loadError)] };
  const problems: CuredProblem[] = [];
  if (report.execute !== 'function') {
    const cure = 'export async execute(params, context) { … }';
    problems.push({ path: '/execute', message: 'exports no function "execute"', cure });
  }
  if (report.validate !== 'function' && report.validate !== 'undefined') {
    const cure = 'make it a function, or take it out';
    problems.push({ path: '/validate', message: 'exports "validate", but not as a function', cure });
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
