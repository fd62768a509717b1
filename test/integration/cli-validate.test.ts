import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const user = new CliUser(tempDir(), '');
const skill = join(user.cwd, 'skills/good-one');

beforeAll(async () => {
  mkdirSync(join(user.cwd, 'skills'));
  expect((await user.run(['create', '--name', 'good-one', '--dir', 'skills', '--yes'])).code).toBe(0);
  mkdirSync(join(user.cwd, 'skills/bad-one'));
  writeFileSync(
    join(user.cwd, 'skills/bad-one/index.js'),
    `exports.metadata = { name: 'other', version: '1', description: 'x', category: 'x', difficulty: 'hard', parameters: {}, extra: 1 };`,
  );
});

describe('ihuman validate', () => {
  it.each([
    ['a name', 'good-one'],
    ['a path', 'skills/good-one'],
    ['a path with a dot', './skills/good-one/'],
    ['an absolute path', skill],
  ])('finds a skill by %s', async (_, argument) => {
    const { code, stdout } = await user.run(['validate', argument]);
    expect([code, stdout]).toEqual([0, '✓ good-one 0.1.0 is a skill that a server takes\n']);
  });

  it.each([
    ['--skills', ['--skills', join(user.cwd, 'elsewhere')], {}],
    ['IHUMAN_SKILLS', [], { IHUMAN_SKILLS: 'nowhere,elsewhere' }],
  ])('looks where %s says', async (_, flags, env) => {
    await user.run(['create', '--name', 'far-one', '--dir', 'elsewhere', '--yes']);
    expect((await user.run(['validate', 'far-one'])).code).toBe(1);
    expect((await user.run(['validate', 'far-one', ...flags], { env })).code).toBe(0);
  });

  it('lists every problem with file, place and cure, and ends with 1', async () => {
    const { code, stdout } = await user.run(['validate', 'bad-one']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^✗ bad-one has 7 problems\n/);
    for (const line of [
      'package.json is missing\n',
      'index.js /execute exports no function "execute"\n',
      'index.js /metadata/author is missing\n      name who wrote it\n',
      'index.js /metadata/version must be a semantic version',
      'index.js /metadata/difficulty must be one of beginner',
      'index.js /metadata/extra is not known\n      take it out\n',
      "index.js /metadata/name must be the folder's name, bad-one\n      call the skill bad-one, or rename the folder\n",
    ])
      expect(stdout).toContain(line);
  });

  it('says the same as JSON', async () => {
    const { code, stdout } = await user.run(['validate', 'bad-one', '--json']);
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ skill: 'bad-one', version: null, valid: false });
    expect(report.problems).toHaveLength(7);
    expect(report.problems[0]).toEqual({
      file: 'package.json',
      path: '',
      message: 'is missing',
      cure: expect.any(String),
    });
    expect(report.advice.map(({ file }: { file: string }) => file)).toContain('SKILL.md');
  });

  it.each([
    ['god-one', 'did you mean good-one?'],
    ['nothing-like-it', '"ihuman list" shows what there is'],
    ['./not-there', 'there is no folder ./not-there'],
  ])('says of %s: %s', async (name, message) => {
    const { code, stdout, stderr } = await user.run(['validate', name]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('takes what a skill says for text, not for orders to the terminal', async () => {
    mkdirSync(join(user.cwd, 'skills/evil'));
    writeFileSync(join(user.cwd, 'skills/evil/package.json'), '{}');
    writeFileSync(join(user.cwd, 'skills/evil/index.js'), `throw new Error('\\x1b[2J\\x1b]0;owned\\x07 at load');`);
    const { stdout } = await user.run(['validate', 'evil']);
    expect(stdout).toContain('cannot be loaded:');
    expect(stdout).not.toContain('\u001b');
  });
});
