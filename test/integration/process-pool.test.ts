import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

import type { RunJob } from '../../src/runner/run-outcome.ts';
import { isAlive, RunnerBench } from '../support/process-runner.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
const bench = new RunnerBench(join(dir, 'shared'), { slots: 3 });
afterAll(() => bench.runner.stop());

const limits = (part: Partial<RunJob['limits']>) => ({ limits: part as RunJob['limits'] });
const pid = bench.skill('pid', 'return process.pid;');
const runsOn = (skill = pid, owner = 'user_a') => bench.result(skill, {}, owner) as Promise<number>;
const gone = (process: number) => until(`process ${process} is gone`, () => !isAlive(process));

describe('a child', () => {
  it('that is done serves the next run of the same owner and the same version of the skill', async () => {
    const first = await runsOn();
    expect([await runsOn(), await runsOn()]).toEqual([first, first]);
  });

  it('serves no other owner, no other skill and no other version of the skill', async () => {
    const first = await runsOn();
    const others = [
      await runsOn(pid, 'user_b'),
      await runsOn(bench.skill('other', 'return process.pid;')),
      await runsOn({ ...pid, digest: 'of another version' }),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });

  it('keeps what the module remembers between runs, but not its work directory', async () => {
    const counts = bench.skill(
      'counts',
      `fs.writeFileSync(join(context.workDir, 'file'), '');
       globalThis.runs = (globalThis.runs ?? 0) + 1;
       return [globalThis.runs, fs.readdirSync(context.workDir).length];`,
    );
    expect([await bench.result(counts), await bench.result(counts)]).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });

  it.each([
    ['failed', "throw new Error('no');"],
    ['left a timer behind', 'setInterval(() => {}, 1000);'],
    ['returned what is no JSON', 'return 1n;'],
  ])('whose run %s is ended and not used again', async (what, end) => {
    const name = what.replaceAll(' ', '-');
    const skill = bench.skill(
      name,
      `context.log.info(String(process.pid)); if (params.last) return process.pid; ${end}`,
    );
    const first = bench.run(skill);
    await first.outcome;
    const before = Number(first.lines[0]?.split(': ')[1]);
    expect(await bench.result(skill, { last: true })).not.toBe(before);
    await gone(before);
  });

  it('is replaced after its number of runs', async () => {
    const own = new RunnerBench(join(dir, 'replaced'), { maxRunsPerChild: 2 });
    onTestFinished(() => own.runner.stop());
    const skill = own.skill('pid', 'return process.pid;');
    const pids = [await own.result(skill), await own.result(skill), await own.result(skill)] as number[];
    expect(pids[1]).toBe(pids[0]);
    expect(pids[2]).not.toBe(pids[0]);
    await gone(pids[0]!);
  });

  it('that dies while it waits is replaced by the next run', async () => {
    const first = await runsOn();
    process.kill(first, 'SIGKILL');
    await gone(first);
    await until('another one answers', async () => {
      const outcome = await bench.outcome(pid);
      return outcome.kind === 'completed' && outcome.result !== first;
    });
  });

  it('has an environment of its own, in which nothing of the server is', async () => {
    process.env.SECRET_OF_THE_SERVER = 'a secret';
    onTestFinished(() => {
      delete process.env.SECRET_OF_THE_SERVER;
    });
    const shows = bench.skill('shows', 'return { env: process.env, argv: [process.argv, process.execArgv] };');
    const shown = (await bench.result(shows, {}, 'user_env')) as { env: Record<string, string> };
    expect(JSON.stringify(shown)).not.toContain('a secret');
    expect(Object.keys(shown.env).toSorted()).toEqual(
      ['HOME', 'IHUMAN_CHILD_TAG', 'LANG', 'NODE_ENV', 'PATH', 'TMPDIR', 'TZ'].toSorted(),
    );
    expect(shown.env.HOME?.startsWith(bench.scratchDir)).toBe(true);
  });
});

describe('the pool', () => {
  it('runs no more at once than it has slots, and gives up what is cancelled while it waits', async () => {
    const own = new RunnerBench(join(dir, 'slots'), { slots: 2 });
    onTestFinished(() => own.runner.stop());
    const gate = join(dir, 'slots', 'skills', 'gate');
    const waits = own.skill(
      'waits',
      `context.progress(1); while (!fs.existsSync('${gate}')) await pause(5); return 1;`,
    );
    const runs = [own.run(waits), own.run(waits), own.run(waits), own.run(waits)];
    await until('two run', () => runs.filter(({ progress }) => progress.length > 0).length === 2);
    runs[2]?.cancel();
    expect(await runs[2]?.outcome).toEqual({ kind: 'cancelled', durationMs: 0, artifacts: [] });
    expect(runs[3]?.progress).toEqual([]);
    writeFileSync(gate, '');
    for (const at of [0, 1, 3]) expect(await runs[at]?.outcome).toMatchObject({ kind: 'completed', result: 1 });
    expect(runs[2]?.progress).toEqual([]);
  });

  it('that stops ends every child, and every run has an outcome', async () => {
    const own = new RunnerBench(join(dir, 'stopped'), { slots: 1 });
    const waits = own.skill('waits', 'context.progress(process.pid); await pause(600_000);');
    const runs = [own.run(waits), own.run(waits)];
    const child = await until('it runs', () => runs[0]?.progress[0]);
    await own.runner.stop();
    const [first, second] = await Promise.all(runs.map(({ outcome }) => outcome));
    expect(first).toMatchObject({ kind: 'failed', error: { code: 'SKILL_EXITED' } });
    expect(second?.kind).toBe('cancelled');
    await gone(child);
  });
});

describe('the limits of a run', () => {
  it('on output cut it off with one line that says so, and count anew in the next run of the same child', async () => {
    const prints = bench.skill(
      'prints',
      "for (let i = 0; i < 50; i++) context.log.info('x'.repeat(20)); return process.pid;",
    );
    const runs = [bench.run(prints, limits({ outputBytes: 100 }))];
    await runs[0]?.outcome;
    runs.push(bench.run(prints, limits({ outputBytes: 100 })));
    const outcomes = await Promise.all(runs.map(({ outcome }) => outcome));
    expect(outcomes[1]).toMatchObject({ kind: 'completed', result: (outcomes[0] as { result?: number }).result });
    for (const { lines } of runs) {
      expect(lines.slice(0, -1)).toEqual(Array.from({ length: 4 }, () => `info: ${'x'.repeat(20)}`));
      expect(lines.at(-1)).toContain('output limit');
    }
  });

  it('on the result are those of the run', async () => {
    const returns = bench.skill('returns', "return 'x'.repeat(params.chars);");
    expect(await bench.result(returns, { chars: 90_000 })).toHaveLength(90_000);
    expect(await bench.outcome(returns, { params: { chars: 90_000 }, ...limits({ resultBytes: 1000 }) })).toMatchObject(
      {
        kind: 'failed',
        error: { code: 'SKILL_RESULT_INVALID' },
        retryable: false,
      },
    );
  });

  it('on memory end the process, and the run may be repeated', async () => {
    const holds = bench.skill(
      'holds',
      'context.progress(process.pid); globalThis.kept = Buffer.alloc(200 * 1024 * 1024, 1); await pause(600_000);',
    );
    const run = bench.run(holds, limits({ rssMb: 150 }));
    expect(await run.outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'SKILL_OUT_OF_MEMORY' },
      retryable: true,
    });
    await gone(run.progress[0]!);
  });
});

describe('a run that is to stop', () => {
  const hears = `
    const note = (text) => fs.appendFileSync(join(context.workDir, 'heard'), text + ' ');
    context.signal.addEventListener('abort', () => note('abort'));
    process.on('SIGTERM', () => { note('SIGTERM'); if (params.obeys === 'SIGTERM') process.exit(0); });
    context.progress(process.pid);
    while (!(params.obeys === 'abort' && context.signal.aborted)) await pause(5);
    note(context.signal.reason.message);
    return 'too late';`;

  it.each([
    ['abort', 'abort The execution was cancelled. '],
    ['SIGTERM', 'abort SIGTERM '],
    ['nothing', 'abort SIGTERM '],
  ])('and obeys %s has heard %j when it is gone, is cancelled, and its files are kept', async (obeys, heard) => {
    const run = bench.run(bench.skill('hears', hears), { params: { obeys } });
    const child = await until('it runs', () => run.progress[0]);
    run.cancel();
    run.cancel();
    expect(await run.outcome).toMatchObject({ kind: 'cancelled', artifacts: [{ path: 'heard' }] });
    expect(readFileSync(join(bench.artifactsDir, run.id, '1', 'heard'), 'utf8')).toBe(heard);
    await gone(child);
  });

  it('because of its time is told so, and its late result does not count', async () => {
    const outcome = await bench.outcome(bench.skill('hears', hears), {
      params: { obeys: 'abort' },
      ...limits({ timeoutMs: 100 }),
    });
    expect(outcome.kind).toBe('timed-out');
  });
});

describe('frames that a skill forges', () => {
  const forges = `
    const write = (body, length = body.length) => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(length);
      fs.writeSync(3, Buffer.concat([head, Buffer.from(body)]));
    };
    context.progress(process.pid);
    write(params.body, params.length ?? params.body.length);
    await pause(params.then === 'waits' ? 600_000 : 0);
    return 'real';`;
  const skill = bench.skill('forges', forges);

  it.each([
    ['that are too large', { body: '', length: 2 ** 31 }],
    ['that are no JSON', { body: '{"t":' }],
    ['that are no objects', { body: '17' }],
    ['that are null', { body: 'null' }],
    ['that have no kind', { body: '[]' }],
  ])('%s end the run and the process', async (_, frame) => {
    const run = bench.run(skill, { params: { ...frame, then: 'waits' } });
    expect(await run.outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'SKILL_PROTOCOL_VIOLATION' },
      retryable: false,
    });
    await gone(run.progress[0]!);
  });

  it.each(['done', 'failed', 'log', 'progress', 'unheard-of'])('of kind %s for another run are ignored', async (t) => {
    const forged = {
      t,
      nonce: 'guessed',
      result: '"forged"',
      code: 'X',
      message: 'forged',
      percent: 99,
      level: 'info',
    };
    const run = bench.run(skill, { params: { body: JSON.stringify(forged) } });
    expect(await run.outcome).toMatchObject({ kind: 'completed', result: 'real' });
    expect(run.lines).toEqual([]);
    expect(run.progress).toHaveLength(1);
  });
});

it('a run for which no child can be started fails and may be repeated, and the next one runs when there can be one', async () => {
  const own = new RunnerBench(join(dir, 'no-room'));
  onTestFinished(() => own.runner.stop());
  const skill = own.skill('plain', 'return 1;');
  rmSync(own.scratchDir, { recursive: true });
  writeFileSync(own.scratchDir, 'a file where the folder was');
  expect(await own.outcome(skill)).toMatchObject({
    kind: 'failed',
    retryable: true,
    error: { code: 'SKILL_START_FAILED', message: expect.stringContaining('could not start') },
  });
  rmSync(own.scratchDir);
  expect(await own.result(skill)).toBe(1);
});

it('children leave no folder behind when the pool has stopped', async () => {
  const own = new RunnerBench(join(dir, 'clean'));
  await own.result(own.skill('leaves', "fs.writeFileSync(join(process.env.HOME, 'rest'), ''); return 1;"));
  await own.runner.stop();
  expect(readdirSync(own.scratchDir)).toEqual([]);
});
