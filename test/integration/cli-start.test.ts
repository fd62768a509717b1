import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const dir = tempDir();
const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin/cli.js');
const user = new CliUser(dir, '');
const help = JSON.parse(readFileSync(join(root, 'bin/help.json'), 'utf8')) as Record<string, string>;

/** A Node of another version that came with the machine; null when there is only the pinned one. */
function otherNode(): string | null {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const versionOf = (node: string): string => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return candidates.find((node) => existsSync(node) && ![process.version, ''].includes(versionOf(node).trim())) ?? null;
}

const older = otherNode();
if (older === null) process.stderr.write('\nSKIPPED: ihuman on another Node: there is only the pinned one\n');

describe('help and version', () => {
  it.each(['', 'create', 'webhooks', 'webhooks create'])(
    'of "%s" is what the command itself says, with an example',
    async (path) => {
      const words = path === '' ? [] : path.split(' ');
      const { code, stdout } = await user.run([...words, '--help']);
      expect([code, stdout]).toEqual([0, help[path]]);
      // Past the texts that were made in advance, through the program itself.
      const program = [join(root, 'src/cli/main.ts'), ...words, '--help'];
      expect(spawnSync(process.execPath, program, { encoding: 'utf8' }).stdout).toBe(help[path]);
    },
  );

  it('of every verb has an example', () => {
    const verbs = Object.entries(help).filter(([path, text]) => path !== '' && !text.includes('\nCommands:'));
    expect(verbs.length).toBeGreaterThan(20);
    for (const [path, text] of verbs)
      expect(text, path).toMatch(new RegExp(`Examples?:\n  [^]*ihuman ${path.split(' ')[0]}`));
  });

  it('are printed by --version, help, help of a verb, and nothing at all', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect((await user.run(['--version'])).stdout).toBe(`${version}\n`);
    for (const args of [[], ['help'], ['-h']]) expect((await user.run(args)).stdout).toBe(help['']);
    expect((await user.run(['help', 'create'])).stdout).toBe(help.create);
  });

  it('list the exit codes', () => {
    for (const code of [
      '0 done',
      '1 failed',
      '2 not understood',
      '3 server not reachable',
      '4 not allowed',
      '130 interrupted',
    ])
      expect(help['']).toContain(code);
  });
});

describe('a command line that is not understood', () => {
  it.each([
    [['craete'], "unknown command 'craete' (Did you mean create?)"],
    [['create', '--nmae', 'x'], "unknown option '--nmae' (Did you mean --name?)"],
    [['validate'], "missing required argument 'skill'"],
    [['validate', 'a', 'b'], 'too many arguments'],
    [['list', '--difficulty', 'hard'], 'Allowed choices are beginner'],
    [['list', '--category'], "option '--category <category>' argument missing"],
    [['completion', 'tcsh'], 'Allowed choices are bash, zsh, fish'],
    [['bogus'], `unknown command 'bogus'; see "ihuman --help"`],
    [['bogus', '--help'], `unknown command 'bogus'; see "ihuman --help"`],
    [['help', 'nope'], `unknown command 'nope'; see "ihuman --help"`],
    [['help', 'lits'], `unknown command 'lits' (Did you mean list?); see "ihuman --help"`],
    [['help', 'webhooks', 'verfiy'], `unknown command 'verfiy' (Did you mean verify?); see "ihuman webhooks --help"`],
    [['webhooks', 'verify'], 'not specified; see "ihuman webhooks verify --help"'],
    [['executions', 'show'], `missing required argument 'execution'; see "ihuman executions show --help"`],
  ])('is answered in a line on stderr with exit code 2: %j', async (args, message) => {
    const { code, stdout, stderr } = await user.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^ihuman: [^\n]*; see "ihuman [^\n]*--help"\n$/);
  });
});

describe('failures', () => {
  it('show no stack, unless IHUMAN_DEBUG asks for it', async () => {
    expect((await user.run(['validate', 'nothing'])).stderr).not.toMatch(/\n\s+at /);
    expect((await user.run(['validate', 'nothing'], { env: { IHUMAN_DEBUG: '1' } })).stderr).toMatch(/\n\s+at /);
  });

  it('of a server that is not there end with 3, of one that does not know the token with 4 or 3', async () => {
    const { code, stderr } = await user.run(['list', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(3);
    expect(stderr).toContain('cannot be reached');
  });

  it('do not come of a reader that stops reading', () => {
    const command = `'${process.execPath}' '${bin}' list --skills '${join(root, 'skills')}' | head -n 1`;
    const { stderr, stdout } = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8', cwd: user.cwd });
    expect([stdout.split(/ +/)[0], stderr]).toEqual(['NAME', '']);
  });
});

describe('the command itself', () => {
  it.skipIf(older === null)('runs on an older Node by handing over to the pinned one, exit code kept', () => {
    const run = (...args: string[]) => spawnSync(older ?? '', [bin, ...args], { encoding: 'utf8', cwd: user.cwd });
    expect(run('create', '--help').stdout).toBe(help.create);
    expect(run('list', '--skills', join(root, 'skills'), '--json').stdout).toContain('"react-setup"');
    expect(run('validate', 'nothing').status).toBe(1);
    expect(run('validate').status).toBe(2);
  });

  it('says what to do where its packages are not installed', () => {
    const clone = join(dir, 'clone');
    mkdirSync(join(clone, 'bin'), { recursive: true });
    for (const file of ['cli.js', 'package.json', 'help.json'])
      copyFileSync(join(root, 'bin', file), join(clone, 'bin', file));
    writeFileSync(join(clone, 'package.json'), '{"version":"1.2.3"}');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(clone, 'bin/cli.js'), ...args], { encoding: 'utf8' });
    expect(run('--version').stdout).toBe('1.2.3\n');
    expect(run('list')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/packages are not installed; run "npm ci" in /),
    });
  });

  it('loads no server, SDK or schema library to be understood', () => {
    const watch = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;
    writeFileSync(join(dir, 'watch.mjs'), watch);
    const flags = ['--import', join(dir, 'watch.mjs'), join(root, 'src/cli/main.ts')];
    const { stderr } = spawnSync(process.execPath, [...flags, 'create', '--nmae'], { encoding: 'utf8' });
    expect(stderr).toContain('commander');
    expect(stderr).toContain('commands/create.ts');
    expect(
      stderr
        .split('\n')
        .filter((url) => /typebox|fastify|undici|packages\/sdk-js|inquirer|commands\/(?!create)/.test(url)),
    ).toEqual([]);
  });
});
