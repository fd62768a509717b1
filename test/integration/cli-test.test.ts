import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const user = new CliUser(tempDir(), '');

interface Check {
  readonly name: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly place?: string;
}

/** A skill whose `execute(params, context)` has this body. */
function write(name: string, execute: string, parameters: object = {}, test?: string): void {
  const folder = join(user.cwd, 'skills', name);
  mkdirSync(join(folder, 'tests'), { recursive: true });
  const texts = { version: '1.0.0', description: 'A skill', category: 'test', difficulty: 'beginner', author: 'test' };
  const metadata = JSON.stringify({ name, ...texts, parameters });
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(
    join(folder, 'index.js'),
    `const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
     module.exports = { metadata: ${metadata}, async execute(params, context) { ${execute} } };`,
  );
  if (test !== undefined)
    writeFileSync(join(folder, 'tests/index.test.js'), `const test = require('node:test');\n${test}`);
}

async function check(name: string, ...flags: readonly string[]) {
  const { code, stdout, stderr } = await user.run(['test', name, '--json', ...flags]);
  const report = JSON.parse(stdout) as { tests: Check[]; conformance: Check[]; passed: number; failed: number };
  const of = (part: string): Check | undefined => report.conformance.find((found) => found.name.includes(part));
  return { code, stderr, ...report, of };
}

const loops = (body: string): string => `for (;;) { ${body} await pause(20); }`;

beforeAll(() => {
  mkdirSync(join(user.cwd, 'skills'));
});

describe('what every skill keeps to', () => {
  it('is found to be so for a skill that does everything right', async () => {
    write(
      'right',
      `for (const percent of [10, 50, 100]) { context.progress(percent); await pause(120); context.signal.throwIfAborted(); } return params;`,
      { name: { type: 'string', required: true }, count: { type: 'integer', default: 3 } },
    );
    const { code, conformance } = await check('right');
    expect(conformance.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['takes its defaults: count = 3', 'passed'],
      ['is refused without name', 'passed'],
      ['ends with a result that can be kept as JSON', 'passed'],
      ['its progress goes from 0 to 100 and never back', 'passed'],
      ['stops within 2 s when it is told to', 'passed'],
    ]);
    expect(code).toBe(0);
  });

  it.each([
    ['a result that is no JSON', 'circular', 'const a = {}; a.a = a; return a;', 'result', 'SKILL_RESULT_INVALID'],
    ['a process that it ends', 'exits', 'process.exit(0);', 'result', 'SKILL_EXITED'],
    [
      'progress that goes back',
      'back',
      'context.progress(80); await pause(150); context.progress(20);',
      'progress',
      'it goes from 80 to 20',
    ],
    ['progress over 100', 'over', 'context.progress(150);', 'progress', 'it reports 150'],
    [
      'no ear for being told to stop',
      'deaf',
      `context.progress(1); ${loops('')}`,
      'stops',
      'it goes on and had to be killed',
    ],
  ])('tells of %s', async (_, name, execute, part, reason) => {
    write(name, execute);
    const { code, failed, of } = await check(name, '--timeout', '3s');
    expect(of(part)).toMatchObject({ outcome: 'failed', reason: expect.stringContaining(reason) });
    expect([code, failed > 0]).toEqual([1, true]);
  });

  it('cannot be told where made-up parameters are refused, and says so instead of failing', async () => {
    write('picky', "if (params.code !== 'ok') throw new Error('not this code'); return 1;", {
      code: { type: 'string', required: true },
    });
    const picky = await check('picky');
    expect(picky.of('result')).toMatchObject({
      outcome: 'skipped',
      reason: expect.stringMatching(/not this code.*--params/),
    });
    expect(picky.code).toBe(0);
    expect((await check('picky', '--params', '{"code":"ok"}')).of('result')?.outcome).toBe('passed');
    writeFileSync(join(user.cwd, 'params.json'), '{"code":"ok"}');
    expect((await check('picky', '--params', 'params.json')).of('result')?.outcome).toBe('passed');
  });

  it.each([
    [['--params', '-'], '{"a":', 'Standard input is not JSON'],
    [['--params', '-'], '[]', 'Standard input must hold an object'],
    [['--params', '{"a":'], '', '--params is not JSON'],
    [['--params', 'nowhere.json'], '', 'nowhere.json cannot be read'],
  ])('is refused with %j', async (flags, input, message) => {
    const { code, stderr } = await user.run(['test', 'picky', ...flags], { input });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('cannot be told where no value fits a pattern, and says which', async () => {
    write('rare', 'return 1;', { code: { type: 'string', required: true, pattern: '^zz-[0-9]{7}$' } });
    expect((await check('rare')).of('result')?.reason).toContain('no value comes to mind for code');
  });

  it('is checked in a process like a server’s: without the environment and files of whoever tests', async () => {
    write(
      'curious',
      `if (process.env.MY_SECRET !== undefined) process.exit(1);
       try { require('node:fs').readFileSync('/etc/hostname'); } catch (error) { if (error.code === 'ERR_ACCESS_DENIED') return 1; }
       process.exit(2);`,
    );
    const { stdout } = await user.run(['test', 'curious', '--json'], { env: { MY_SECRET: 'x' } });
    expect(JSON.parse(stdout).conformance[0]).toMatchObject({ outcome: 'passed', reason: null });
  });
});

describe('a skill’s own tests', () => {
  it('are run, with what failed, where and why', async () => {
    const tests = `test('adds', () => {});\ntest('fails', () => { throw new Error('three is not four'); });\ntest.skip('later', () => {});`;
    write('tested', 'return 1;', {}, tests);
    const { code, tests: found } = await check('tested');
    expect(found.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['adds', 'passed'],
      ['fails', 'failed'],
      ['later', 'skipped'],
    ]);
    expect(found[1]).toMatchObject({ reason: 'three is not four', place: 'tests/index.test.js:3' });
    expect(code).toBe(1);
    const { stdout } = await user.run(['test', 'tested']);
    expect(stdout).toContain('✗ fails');
    expect(stdout).toContain('tests/index.test.js:3 three is not four');
    expect(stdout).toMatch(/\d+ passed, 1 failed, \d+ not checked\n$/);
  });

  it('see nothing of the environment, and what they print is shown beside the result', async () => {
    const test = `test('is alone', () => { console.log('printed', process.env.MY_SECRET ?? 'no secret', process.env.HOME === '${user.home}'); });`;
    write('alone', 'return 1;', {}, test);
    const { code, stdout, stderr } = await user.run(['test', 'alone', '--json'], { env: { MY_SECRET: 'a secret' } });
    expect(code).toBe(0);
    expect(stderr).toContain('printed no secret false');
    expect(JSON.parse(stdout).tests).toMatchObject([{ name: 'is alone', outcome: 'passed' }]);
  });

  it('that cannot be loaded are a failure', async () => {
    write('unloadable', 'return 1;', {}, "require('./not-there.js');");
    const { code, tests } = await check('unloadable');
    expect(code).toBe(1);
    expect(tests).toMatchObject([{ outcome: 'failed' }]);
  });

  it('are not run for a folder that is no skill: its problems are told', async () => {
    mkdirSync(join(user.cwd, 'skills/none'));
    const { code, stdout } = await user.run(['test', 'none']);
    expect(code).toBe(1);
    expect(stdout).toContain('✗ none has 2 problems');
  });
});

describe('ihuman test --watch', () => {
  it('tests again after a change, until it is interrupted', async () => {
    write('watched', 'return 1;', {}, "test('one', () => {});");
    const running = user.start(['test', 'watched', '--watch']);
    await running.says('Waiting for a change');
    const file = join(user.cwd, 'skills/watched/tests/index.test.js');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace("'one', () => {}", "'two', () => { throw new Error('now'); }"),
    );
    await expect.poll(() => running.stdout, { timeout: 60_000 }).toContain('✗ two');
    await expect
      .poll(() => running.stderr.split('Waiting for a change').length, { timeout: 60_000 })
      .toBeGreaterThan(2);
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });
});

it('the skill of the how-to is one that a server takes, passes the test of the how-to, and keeps to everything', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/write-a-skill.md'), 'utf8');
  const [, module = ''] = /```js\n(module\.exports = [^]*?)```/.exec(page) ?? [];
  const [, own = ''] = /```js\n(const assert = [^]*?)```/.exec(page) ?? [];
  const folder = join(user.cwd, 'skills/word-count');
  for (const part of ['src', 'tests']) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"name":"word-count","version":"0.1.0","main":"src/index.js"}');
  writeFileSync(join(folder, 'src/index.js'), module);
  writeFileSync(join(folder, 'tests/index.test.js'), own);
  const { code, conformance, tests } = await check('word-count');
  expect(conformance.map(({ outcome }) => outcome)).toEqual(Array(5).fill('passed'));
  expect(tests).toEqual([
    expect.objectContaining({ name: 'counts words, each once where that is wanted', outcome: 'passed' }),
  ]);
  expect(code).toBe(0);
});
