import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { JsonObject } from '../../kernel/json.ts';
import { abortGraceMs } from '../../runner/process/child-run.ts';
import { ProcessRunner } from '../../runner/process/process-runner.ts';
import type { RunErrorCode, RunHandle, RunOutcome } from '../../runner/run-outcome.ts';
import { checkParameters } from '../../skills/parameters.ts';
import { sampleParameters } from '../../skills/sample-parameters.ts';
import type { LoadedSkill } from '../../skills/skill.ts';
import type { Check } from './check.ts';
import type { TestRun } from './own-tests.ts';

/** What conformance runs with, where the skill does not say more. */
export interface ConformanceOptions extends TestRun {
  /** The skills folder: what skill code may read, as on a server. */
  readonly root: string;
  /** Parameters to run with; the rest of what is required is made up. */
  readonly params: JsonObject;
  /** A run that takes longer is stopped; what it would have shown is not checked. */
  readonly timeoutMs: number;
}

/** One run in the runner's own child, and what it told. */
interface Run extends RunHandle {
  readonly percents: readonly number[];
  /** Resolves when the skill has told something. */
  readonly told: Promise<undefined>;
}

const mebibyte = 1024 * 1024;
/** The server's own limits. */
const limits = { heapMb: 256, rssMb: 512, outputBytes: mebibyte, resultBytes: mebibyte };
/** A skill that tells nothing is told to stop after this long. */
const quietMs = 200;

/** Failures that break a promise of every skill; others may be a fair answer to made-up parameters. */
const breaches: ReadonlySet<string> = new Set<RunErrorCode>([
  'SKILL_LOAD_FAILED',
  'SKILL_RESULT_INVALID',
  'SKILL_EXITED',
  'SKILL_OUT_OF_MEMORY',
  'SKILL_PROTOCOL_VIOLATION',
  'SKILL_START_FAILED',
]);

/**
 * Checks what every skill must keep to and nobody has to write tests for: parameters as the server checks them, and two runs in
 * the same child process that a server uses, one to the end and one that is told to stop.
 */
export async function runConformance(skill: LoadedSkill, options: ConformanceOptions): Promise<readonly Check[]> {
  const { params, unknown } = sampleParameters(skill.metadata.parameters, options.params);
  const declared = [...checkDefaults(skill, params, unknown), ...checkRequired(skill, params)];
  const checked = checkParameters(skill.metadata.parameters, params);
  if (!checked.ok) {
    const missing = unknown.length > 0 ? `no value comes to mind for ${unknown.join(', ')}` : problemsText(checked);
    const reason = `${missing}; give some with --params`;
    return [...declared, ...runNames.map((name) => skipped(name, reason))];
  }
  const runner = new ProcessRunner({
    readable: () => [options.root],
    scratchDir: join(options.scratch, 'work'),
    artifactsDir: join(options.scratch, 'artifacts'),
    slots: 1,
    heapMb: limits.heapMb,
    maxRunsPerChild: 1,
    idleMs: 60_000,
    compileCache: null,
  });
  const stop = (): void => void runner.stop();
  options.signal.addEventListener('abort', stop);
  try {
    const start = (name: string): Run => startRun(runner, skill, checked.params, { ...options, name });
    const whole = start('whole');
    const outcome = await whole.outcome;
    const ends = [checkResult(outcome, options), checkProgress(whole.percents, outcome)];
    return [
      ...declared,
      ...ends,
      options.signal.aborted ? skipped(stopName, 'interrupted') : await checkStop(start('stopped')),
    ];
  } finally {
    options.signal.removeEventListener('abort', stop);
    await runner.stop();
  }
}

function startRun(
  runner: ProcessRunner,
  skill: LoadedSkill,
  params: JsonObject,
  { name, timeoutMs, output }: ConformanceOptions & { readonly name: string },
): Run {
  const percents: number[] = [];
  const { promise: told, resolve: tell } = Promise.withResolvers<undefined>();
  const job = { executionId: `exec_${name}`, attempt: 1, owner: 'user_test', skill, params };
  const limit = Math.min(skill.metadata.timeoutMs ?? timeoutMs, timeoutMs);
  const handle = runner.run(
    { ...job, limits: { ...limits, timeoutMs: limit } },
    {
      progress: (percent) => {
        percents.push(percent);
        tell(undefined);
      },
      log: (level, message) => {
        if (name === 'whole') output(`${level}: ${message}\n`);
        tell(undefined);
      },
    },
  );
  return { ...handle, percents, told };
}

const resultName = 'ends with a result that can be kept as JSON';
const progressName = 'its progress goes from 0 to 100 and never back';
const stopName = `stops within ${String(abortGraceMs / 1000)} s when it is told to`;
const runNames = [resultName, progressName, stopName];

function checkDefaults({ metadata }: LoadedSkill, params: JsonObject, unknown: readonly string[]): Check[] {
  const defaults = Object.entries(metadata.parameters).filter(([name, spec]) => {
    return spec.default !== undefined && ![name, ...(spec.aliases ?? [])].some((key) => params[key] !== undefined);
  });
  if (defaults.length === 0) return [];
  const name = `takes its defaults: ${defaults.map(([key, spec]) => `${key} = ${JSON.stringify(spec.default)}`).join(', ')}`;
  if (unknown.length > 0) return [skipped(name, `no value comes to mind for ${unknown.join(', ')}`)];
  const checked = checkParameters(metadata.parameters, params);
  if (!checked.ok) return [skipped(name, problemsText(checked))];
  const wrong = defaults.filter(([key, spec]) => JSON.stringify(checked.params[key]) !== JSON.stringify(spec.default));
  return [wrong.length === 0 ? passed(name) : failed(name, `not ${wrong.map(([key]) => key).join(', ')}`)];
}

function checkRequired({ metadata }: LoadedSkill, params: JsonObject): Check[] {
  const required = Object.entries(metadata.parameters).filter(
    ([, spec]) => spec.required === true && spec.default === undefined,
  );
  return required.map(([key, spec]) => {
    const without = {
      ...params,
      ...Object.fromEntries([key, ...(spec.aliases ?? [])].map((name) => [name, undefined])),
    };
    const checked = checkParameters(metadata.parameters, without);
    const isRefused = !checked.ok && checked.problems.some(({ path }) => path === `/params/${key}`);
    const name = `is refused without ${key}`;
    return isRefused ? passed(name) : failed(name, 'it would be run');
  });
}

function checkResult(outcome: RunOutcome, { timeoutMs }: ConformanceOptions): Check {
  const { durationMs } = outcome;
  if (outcome.kind === 'completed') return passed(resultName, durationMs);
  if (outcome.kind === 'failed') return afterFailure(resultName, outcome);
  const reason = `it was still running after ${String(Math.round(durationMs))} ms (--timeout ${String(timeoutMs)})`;
  return skipped(resultName, reason, durationMs);
}

function checkProgress(percents: readonly number[], { durationMs }: RunOutcome): Check {
  if (percents.length === 0) return skipped(progressName, 'it reports none', durationMs);
  const wrong = percents.find((percent) => !(percent >= 0 && percent <= 100));
  if (wrong !== undefined) return failed(progressName, `it reports ${String(wrong)}`, durationMs);
  const back = percents.findIndex((percent, i) => percent < (percents[i - 1] ?? 0));
  if (back < 0) return passed(progressName, durationMs);
  return failed(progressName, `it goes from ${String(percents[back - 1])} to ${String(percents[back])}`, durationMs);
}

/** Stops a run in its middle: after the first thing that it tells, or a moment. */
async function checkStop(run: Run): Promise<Check> {
  const early = await Promise.race([run.outcome, run.told, sleep(quietMs)]);
  if (early !== undefined) {
    if (early.kind === 'failed') return afterFailure(stopName, early);
    return passed(stopName, early.durationMs, 'it is done before it can be told');
  }
  const toldAtMs = performance.now();
  run.cancel();
  const outcome = await run.outcome;
  const tookMs = Math.round(performance.now() - toldAtMs);
  if (outcome.kind === 'completed') return passed(stopName, tookMs, 'it is done before it can be told');
  if (outcome.kind === 'failed') return afterFailure(stopName, outcome);
  if (tookMs < abortGraceMs) return passed(stopName, tookMs);
  return failed(stopName, 'it goes on and had to be killed: listen to context.signal', tookMs);
}

function afterFailure(name: string, { error, durationMs }: Extract<RunOutcome, { kind: 'failed' }>): Check {
  const text = `${error.code}: ${error.message}`;
  if (breaches.has(error.code)) return failed(name, text, durationMs);
  return skipped(name, `it does not run with these parameters (${text}); give others with --params`, durationMs);
}

function problemsText({ problems }: Extract<ReturnType<typeof checkParameters>, { ok: false }>): string {
  return problems.map(({ path, message }) => `${path.slice('/params/'.length)} ${message}`).join('; ');
}

function passed(name: string, durationMs = 0, reason: string | null = null): Check {
  return { name, outcome: 'passed', reason, durationMs };
}

function failed(name: string, reason: string, durationMs = 0): Check {
  return { name, outcome: 'failed', reason, durationMs };
}

function skipped(name: string, reason: string, durationMs = 0): Check {
  return { name, outcome: 'skipped', reason, durationMs };
}
