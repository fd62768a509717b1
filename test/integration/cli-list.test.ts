import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeWithTerminal, TerminalProcess } from '../support/terminal-process.ts';

const dir = tempDir();
const bin = join(import.meta.dirname, '../../bin/cli.js');
const user = new CliUser(dir, '');
const skills = join(user.cwd, 'skills');
let server: TestServer;

interface Row {
  readonly name: string;
  readonly version: string;
  readonly where: readonly string[];
}

const names = (rows: readonly Row[]): readonly string[] => rows.map(({ name }) => name);

beforeAll(async () => {
  mkdirSync(skills);
  const make = (name: string, ...flags: string[]) =>
    user.run(['create', '--dir', 'skills', '--name', name, '--yes', ...flags]);
  await make('alpha', '--category', 'frontend', '--difficulty', 'expert', '--description', 'Makes pages of React');
  await make('beta', '--category', 'data');
  mkdirSync(join(skills, 'broken'));
  writeFileSync(join(skills, 'broken/package.json'), '{}');
  server = await TestServer.start(join(dir, 'data'));
});
afterAll(() => server.stop());

describe('ihuman list', () => {
  it('shows the skills of ./skills in columns, and what is left out beside them', async () => {
    const { code, stdout, stderr } = await user.run(['list']);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['NAME', 'VERSION', 'CATEGORY', 'DIFFICULTY', 'DESCRIPTION'],
      ['alpha', '0.1.0', 'frontend', 'expert', 'Makes pages of React'],
      ['beta', '0.1.0', 'data', 'beginner', 'The skill beta'],
      [''],
    ]);
    expect(stderr).toBe('broken is left out; why: ihuman validate broken\n');
  });

  it.each([
    [['--category', 'frontend'], ['alpha']],
    [['--difficulty', 'beginner'], ['beta']],
    [['--search', 'REACT'], ['alpha']],
    [['--search', 'a', '--category', 'data'], ['beta']],
    [['--category', 'none'], []],
  ])('filters by %j', async (flags, expected) => {
    expect(names(await user.json(['list', '--json', ...flags]))).toEqual(expected);
  });

  it('has one answer where there is nothing', async () => {
    const empty = new CliUser(dir, '');
    const { code, stdout, stderr } = await empty.run(['list']);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('"ihuman create" makes one');
    expect(await empty.json(['list', '--json'])).toEqual([]);
  });

  it('shows skills that were made in the current directory, where there is no folder of skills', async () => {
    const other = new CliUser(dir, '');
    await other.run(['create', '--name', 'made-here', '--yes']);
    mkdirSync(join(other.cwd, 'no-skill'));
    expect(names(await other.json(['list', '--json']))).toEqual(['made-here']);
  });

  it('shows the server’s skills too, and where each version is', async () => {
    const env = { IHUMAN_URL: server.url, IHUMAN_TOKEN: server.adminKey };
    const rows = (await user.json(['list', '--json'], { env })) as readonly Row[];
    expect(names(rows)).toEqual(['alpha', 'beta', 'countdown', 'csv-profile', 'noop', 'react-setup']);
    expect(rows.map(({ where }) => where.join())).toEqual(['here', 'here', 'server', 'server', 'server', 'server']);
    expect(names(await user.json(['list', '--json', '--local'], { env }))).toEqual(['alpha', 'beta']);
    const both = await user.run(['list', '--skills', join(import.meta.dirname, '../../skills')], { env });
    expect(both.stdout).toMatch(/countdown +1\.0\.0 +diagnostics +beginner +here, server +/);
  });

  it('ends with 4 where the server does not know the token', async () => {
    const { code, stdout } = await user.run(['list'], { env: { IHUMAN_URL: server.url, IHUMAN_TOKEN: 'wrong' } });
    expect([code, stdout]).toEqual([4, '']);
  });

  it('gives what is there where a server that nobody named is away', async () => {
    const away = await user.run(['list', '--json'], { env: { IHUMAN_TOKEN: 'some-token' } });
    // A server may run there that belongs to somebody else: it does not know the token.
    expect(names(JSON.parse(away.stdout))).toEqual(['alpha', 'beta']);
    expect(away.code).toBe(0);
  });
});

describeWithTerminal('ihuman list at a terminal', () => {
  it('fits its width, and is coloured unless NO_COLOR says no', async () => {
    const long = new CliUser(dir, '');
    await long.run(['create', '--name', 'long', '--yes', '--description', 'word '.repeat(60).trim()]);
    const env = { PATH: process.env.PATH ?? '', HOME: long.home, TERM: 'xterm' };
    const terminal = new TerminalProcess(`${process.execPath} ${bin} list`, { cwd: long.cwd, env });
    expect(await terminal.ended).toBe(0);
    const lines = terminal.screen.split(/\r?\n/).filter((line) => line !== '');
    expect(lines[1]).toMatch(/^long +0\.1\.0 .*…$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    rmSync(join(long.cwd, 'long'), { recursive: true });
  });

  it.each([40, 50, 70])('leaves out columns before it takes more than %i', async (columns) => {
    const list = `sh -c 'stty cols ${String(columns)}; ${process.execPath} ${bin} list --local'`;
    const env = { PATH: process.env.PATH ?? '', HOME: user.home, TERM: 'xterm', NO_COLOR: '1' };
    const terminal = new TerminalProcess(list, { cwd: user.cwd, env });
    expect(await terminal.ended).toBe(0);
    const lines = terminal.screen.split(/\r?\n/).filter((line) => /^(NAME|alpha|beta)/.test(line));
    expect(lines).toHaveLength(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines[0]).toMatch(/^NAME .*DESCRI/);
  });
});
