import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeWithTerminal, TerminalProcess } from '../support/terminal-process.ts';

const dir = tempDir();
const bin = join(import.meta.dirname, '../../bin/cli.js');
const structure = ['.gitignore', 'SKILL.md', 'package.json', 'src/index.js', 'tests/index.test.js'];
const answers = [
  ['--name', 'react-setup'],
  ['--description', 'Create React projects'],
  ['--category', 'frontend'],
  ['--difficulty', 'intermediate'],
  ['--author', 'John Doe'],
].flat();

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

describe('ihuman create with every answer as a flag', () => {
  const user = new CliUser(dir, '');

  it('makes the structure and template of the documentation, and nothing else', async () => {
    const { code, stdout } = await user.run(['create', ...answers]);
    expect(code).toBe(0);
    expect(stdout).toContain('✅ Skill created successfully: react-setup');
    expect(filesIn(user.cwd)).toEqual(structure.map((file) => `react-setup/${file}`));
    const { metadata, ...functions } = await loaded(join(user.cwd, 'react-setup'));
    expect(metadata).toMatchObject({
      name: 'react-setup',
      version: '0.1.0',
      description: 'Create React projects',
      category: 'frontend',
      difficulty: 'intermediate',
      author: 'John Doe',
      parameters: {
        projectName: { type: 'string', required: true },
        typescript: { type: 'boolean', default: true },
      },
    });
    expect(functions).toEqual({ execute: 'function', validate: 'function' });
    const manifest = JSON.parse(readFileSync(join(user.cwd, 'react-setup/package.json'), 'utf8'));
    expect(manifest).toMatchObject({ name: 'react-setup', version: '0.1.0', keywords: ['ihuman-skill'] });
  });

  it('never writes over what is there', async () => {
    writeFileSync(join(user.cwd, 'react-setup/SKILL.md'), 'mine');
    const { code, stderr } = await user.run(['create', ...answers]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ihuman: there is already .*react-setup; .*\n$/);
    expect(readFileSync(join(user.cwd, 'react-setup/SKILL.md'), 'utf8')).toBe('mine');
  });

  it('refuses the name of what is there before it asks anything', async () => {
    const { code, stderr } = await user.run(['create', '--name', 'react-setup']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is already')]);
  });

  it('takes any category, and says which are usual', async () => {
    const { code, stderr } = await user.run(['create', '--name', 'own-group', '--category', 'fronted', '--yes']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('usual are general, frontend')]);
    const usual = await user.run(['create', '--name', 'usual-group', '--category', 'frontend', '--yes']);
    expect(usual.stderr).not.toContain('usual are');
  });

  it.each([
    [['--name', 'ReactSetup'], '--name use kebab-case'],
    [['--name', 'a--b'], '--name use kebab-case'],
    [['--name', 'a'.repeat(65)], '--name use at most 64 characters'],
    [['--name', '../outside'], '--name use kebab-case'],
    [['--name', 'good', '--difficulty', 'hard'], '--difficulty choose one of beginner'],
    [['--name', 'good', '--description', ' '], '--description write something'],
    [['--name', 'good', '--author', 'two\nlines'], '--author write it in one line'],
  ])('refuses %j and makes nothing', async (flags, message) => {
    const before = filesIn(user.cwd);
    const { code, stdout, stderr } = await user.run(['create', ...flags, '--yes']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(filesIn(user.cwd)).toEqual(before);
  });

  it('names every flag that is missing where nobody can be asked', async () => {
    const { code, stderr } = await user.run(['create', '--name', 'no-terminal', '--author', 'a']);
    expect(code).toBe(2);
    expect(stderr).toContain('give --description --category --difficulty');
  });

  it('puts it with the other skills of ./skills, or where --dir says', async () => {
    const other = new CliUser(dir, '');
    mkdirSync(join(other.cwd, 'skills'));
    await other.run(['create', ...answers, '--dir', 'skills']);
    const { name, folder, files } = await other.json(['create', '--name', 'second', '--yes', '--json']);
    expect({ name, folder, files }).toEqual({
      name: 'second',
      folder: join(other.cwd, 'skills/second'),
      files: expect.anything(),
    });
    expect(files.toSorted()).toEqual(structure);
    expect(readdirSync(other.cwd)).toEqual(['skills']);
  });
});

describe.each([
  ['JavaScript', []],
  ['TypeScript', ['--typescript']],
])('a new skill in %s, described with quotes and signs', (language, flags) => {
  const user = new CliUser(dir, '');
  const description = `It's "quoted" \\ with \`signs\` and \${these}`;
  const folder = join(user.cwd, 'skills/odd-one');
  let server: TestServer;

  beforeAll(async () => {
    const place = ['--dir', 'skills', '--name', 'odd-one', '--description', description, '--author', "O'Neill"];
    expect((await user.run(['create', ...place, '--yes', ...flags])).stderr).toContain('Next:');
    server = await TestServer.start(join(dir, `data-${language}`), [`--skills=${join(user.cwd, 'skills')}`]);
  });
  afterAll(() => server.stop());

  it('validates without problems or advice', async () => {
    const report = await user.json(['validate', 'odd-one', '--json']);
    expect(report).toMatchObject({ skill: 'odd-one', version: '0.1.0', valid: true, problems: [], advice: [] });
  });

  it('passes its tests, by ihuman test and by npm test', async () => {
    const report = await user.json(['test', 'odd-one', '--json']);
    expect(report).toMatchObject({ failed: 0, tests: [{ outcome: 'passed' }, { outcome: 'passed' }] });
    const { stdout } = await promisify(execFile)(process.execPath, ['--test'], { cwd: folder, env: {} });
    expect(stdout).toMatch(/pass 2/);
  });

  it('runs on a server at once', async () => {
    const { token } = await server.newUser();
    const { body } = await server.call('GET', '/api/skills/odd-one', { token });
    expect(body).toMatchObject({ description, author: "O'Neill" });
    const run = await server.run(token, 'odd-one', { params: { projectName: 'my-app' } });
    expect(run.body).toMatchObject({ status: 'completed', result: { success: true, message: 'Done' } });
  });
});

describeWithTerminal('ihuman create at a terminal', () => {
  function create(): { readonly user: CliUser; readonly terminal: TerminalProcess } {
    const user = new CliUser(dir, '');
    const env = { PATH: process.env.PATH ?? '', HOME: user.home, TERM: 'xterm' };
    return { user, terminal: new TerminalProcess(`${process.execPath} ${bin} create`, { cwd: user.cwd, env }) };
  }

  it('asks the five questions in the words of the documentation, and again after an answer that is none', async () => {
    const { user, terminal } = create();
    mkdirSync(join(user.cwd, 'taken'));
    await terminal.shows('? Skill name (kebab-case):');
    terminal.type('React Setup\r');
    await terminal.shows('use kebab-case');
    terminal.type('\u0015taken\r');
    await terminal.shows('there is already taken');
    terminal.type('\u0015react-setup\r');
    await terminal.shows('? Skill description:');
    terminal.type('Create React projects\r');
    await terminal.shows('? Category: such as general, frontend');
    terminal.type('frontend\r');
    await terminal.shows('? Difficulty: beginner, intermediate, advanced, expert');
    terminal.type('hard\r');
    await terminal.shows('choose one of beginner, intermediate, advanced, expert');
    terminal.type('\u0015intermediate\r');
    await terminal.shows('? Author name:');
    terminal.type('John Doe\r');
    expect(await terminal.ended).toBe(0);
    for (const line of [
      '? Skill name (kebab-case): react-setup',
      '? Skill description: Create React projects',
      '? Category: frontend',
      '? Difficulty: intermediate',
      '? Author name: John Doe',
      '✅ Skill created successfully: react-setup',
    ])
      expect(terminal.screen).toContain(line);
    expect(filesIn(join(user.cwd, 'react-setup'))).toEqual(structure);
  });

  it('leaves nothing when it is interrupted in a question', async () => {
    const { user, terminal } = create();
    await terminal.shows('? Skill name (kebab-case):');
    terminal.type('react-setup\r');
    await terminal.shows('? Skill description:');
    terminal.type('\u0003');
    expect(await terminal.ended).toBe(130);
    expect(readdirSync(user.cwd)).toEqual([]);
  });
});

describe('ihuman create that is killed', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s at any moment leaves a whole skill or none, and the next one clears up',
    async (signal) => {
      const user = new CliUser(dir, '');
      const env = { PATH: process.env.PATH ?? '', HOME: user.home };
      for (let i = 0; i < 12; i++) {
        const flags = ['create', '--name', `skill-${String(i)}`, '--yes'];
        const child = spawn(process.execPath, [bin, ...flags], { cwd: user.cwd, env, stdio: 'ignore' });
        const gone = once(child, 'exit');
        await sleep(40 + i * 12);
        child.kill(signal);
        await gone;
      }
      await user.run(['create', '--name', 'the-last', '--yes']);
      const made = readdirSync(user.cwd);
      expect(made).toContain('the-last');
      expect(made.filter((name) => name.startsWith('.'))).toEqual([]);
      for (const name of made) expect(filesIn(join(user.cwd, name))).toEqual(structure);
    },
  );
});

interface Exports {
  readonly metadata: unknown;
  readonly execute: string;
  readonly validate: string;
}

/** What a CommonJS skill exports, seen by a Node that knows nothing of ihuman. */
async function loaded(folder: string): Promise<Exports> {
  expect(existsSync(folder)).toBe(true);
  const program = `const { metadata, execute, validate } = require('.');
    console.log(JSON.stringify({ metadata, execute: typeof execute, validate: typeof validate }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: folder });
  return JSON.parse(stdout) as Exports;
}
