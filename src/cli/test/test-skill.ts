import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { JsonObject } from '../../kernel/json.ts';
import type { LoadedSkill } from '../../skills/skill.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { type Check, count, type OwnTest } from './check.ts';
import { runConformance } from './conformance.ts';
import { runOwnTests } from './own-tests.ts';

/** What `ihuman test --json` prints. */
export interface TestReport {
  readonly skill: string;
  readonly version: string;
  readonly passed: number;
  readonly failed: number;
  /** Not checked, each with a reason. */
  readonly skipped: number;
  readonly tests: readonly OwnTest[];
  readonly conformance: readonly Check[];
}

/** How a skill is tested. */
export interface TestOptions {
  /** The skills folder that it is in. */
  readonly root: string;
  readonly params: JsonObject;
  readonly timeoutMs: number;
}

/** Runs a skill's own tests, then checks what every skill must keep to. Throws what is `interrupted` after Ctrl-C. */
export async function testSkill(context: CliContext, skill: LoadedSkill, options: TestOptions): Promise<TestReport> {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'ihuman-skill-test-'));
  const abort = new AbortController();
  const release = context.onInterrupt(() => {
    abort.abort();
  });
  const output = (text: string): void => {
    context.terminal.note(text.trimEnd());
  };
  const run = { scratch, output, signal: abort.signal };
  try {
    const tests = await runOwnTests(skill.folder, run);
    const conformance = await runConformance(skill, { ...options, ...run, root: realpathSync(options.root) });
    if (abort.signal.aborted) throw new CliError('interrupted', 'interrupted');
    const all = [...tests, ...conformance];
    const { name, version } = skill.metadata;
    const sums = { passed: count(all, 'passed'), failed: count(all, 'failed'), skipped: count(all, 'skipped') };
    return { skill: name, version, ...sums, tests, conformance };
  } finally {
    release();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}
