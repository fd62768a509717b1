import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CliUser } from '../support/cli-process.ts';
import { NpmRegistry, registryPackages } from '../support/npm-registry.ts';
import { describeWithNpm } from '../support/npm-tool.ts';
import { TestServer } from '../support/platform.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeWithTerminal, TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/until.ts';

const dir = tempDir();
const bin = join(import.meta.dirname, '../../bin/cli.js');

interface Manifest {
  version: string;
  readonly [key: string]: unknown;
}

await describeWithNpm('publishing to a registry and adding from it', registryPackages, (installed) => {
  let registry: NpmRegistry;
  let author: CliUser;
  let operator: CliUser;

  beforeAll(async () => {
    registry = await NpmRegistry.start(installed, join(dir, 'registry'));
    author = new CliUser(dir, '');
    operator = new CliUser(dir, '');
    await registry.signIn('author', author.home);
    writeFileSync(join(operator.home, '.npmrc'), `registry=${registry.url}\n`);
  });
  afterAll(() => registry.stop());

  const make = (name: string) => author.run(['create', '--name', name, '--yes']);
  const file = (skill: string, path: string): string => join(author.cwd, skill, path);

  /** Changes a skill's package.json, and its version in the module too. */
  function change(skill: string, part: Partial<Manifest>): void {
    const manifest = JSON.parse(readFileSync(file(skill, 'package.json'), 'utf8')) as Manifest;
    writeFileSync(file(skill, 'package.json'), JSON.stringify({ ...manifest, ...part }));
    const module = readFileSync(file(skill, 'src/index.js'), 'utf8');
    writeFileSync(
      file(skill, 'src/index.js'),
      module.replace(/version: '[^']*'/, `version: '${part.version ?? manifest.version}'`),
    );
  }

  const isPublished = async (name: string, version: string): Promise<boolean> => {
    const about = (await (await fetch(`${registry.url}${name.replace('/', '%2f')}`)).json()) as { versions?: object };
    return Object.hasOwn(about.versions ?? {}, version);
  };
  const publish = (skill: string, ...flags: readonly string[]) => author.run(['publish', skill, ...flags]);
  const lock = () => JSON.parse(readFileSync(join(operator.cwd, 'skills/skills.lock.json'), 'utf8')).skills;

  describe('ihuman publish', () => {
    it('shows every file with its size and publishes nothing when it is a dry run', async () => {
      await make('first');
      const { code, stdout, stderr } = await publish('first', '--dry-run');
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^first 0\.1\.0\n(?: +[\d.]+ k?B {2}(?:SKILL\.md|package\.json|src\/index\.js)\n){3}3 files, packed /,
      );
      expect(stderr).toContain('Nothing was published.');
      expect(await isPublished('first', '0.1.0')).toBe(false);
    });

    it('wants a yes where nobody can be asked', async () => {
      const { code, stderr } = await publish('first');
      expect(code).toBe(2);
      expect(stderr).toContain('give --yes');
      expect(await isPublished('first', '0.1.0')).toBe(false);
    });

    it('publishes what it has shown, with the registry and token of the user', async () => {
      const { code, stdout, stderr } = await publish('first', '--yes', '--json');
      expect([code, stderr]).toEqual([0, expect.stringContaining('6 passed, 0 failed')]);
      const { name, version, published, integrity, files } = JSON.parse(stdout);
      expect({ name, version, published }).toEqual({ name: 'first', version: '0.1.0', published: true });
      expect(files.map(({ path }: { path: string }) => path)).toEqual(['SKILL.md', 'package.json', 'src/index.js']);
      const about = await (await fetch(`${registry.url}first`)).json();
      expect(about).toMatchObject({ versions: { '0.1.0': { keywords: ['ihuman-skill'], dist: { integrity } } } });
    });

    it('refuses a version that is published, and takes the next one with a tag', async () => {
      const again = await publish('first', '--yes');
      expect([again.code, again.stderr]).toEqual([
        1,
        expect.stringContaining('first 0.1.0 is published already; raise the version'),
      ]);
      change('first', { version: '0.2.0-beta.1' });
      expect((await publish('first', '--yes')).stderr).toContain('is a pre-release; give --tag');
      expect((await publish('first', '--yes', '--tag', 'next')).code).toBe(0);
      const about = (await (await fetch(`${registry.url}first`)).json()) as { 'dist-tags': object };
      expect(about['dist-tags']).toEqual({ latest: '0.1.0', next: '0.2.0-beta.1' });
    });

    it.each<[string, string, () => void, string]>([
      ['a private package', 'private', () => change('private', { private: true }), 'private is private'],
      [
        'a package without the keyword',
        'keyless',
        () => change('keyless', { keywords: [] }),
        'add "ihuman-skill" to the keywords',
      ],
      ['what does not validate', 'invalid', () => change('invalid', { main: 'x.js' }), 'package.json /main'],
      [
        'a file of secrets',
        'secret',
        () => writeFileSync(file('secret', 'src/.env.local'), 'A=1'),
        'src/.env.local looks like a file of secrets',
      ],
      [
        'a key in the code',
        'keyed',
        () => writeFileSync(file('keyed', 'src/k.js'), `x = 'ghp_${'a'.repeat(36)}'`),
        'src/k.js seems to hold a token of GitHub',
      ],
      [
        'what fails its tests',
        'failing',
        () => writeFileSync(file('failing', 'tests/index.test.js'), "throw new Error('no')"),
        '1 failed',
      ],
    ])('refuses %s', async (_, name, spoil, message) => {
      await make(name);
      spoil();
      const { code, stdout, stderr } = await publish(name, '--yes');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(message);
      expect(await isPublished(name, '0.1.0')).toBe(false);
    });

    it('refuses changes that are not committed, and not those of the neighbours', async () => {
      await make('tracked');
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: author.cwd });
      git('init', '--quiet');
      const dirty = await publish('tracked', '--yes');
      expect([dirty.code, dirty.stderr]).toEqual([1, expect.stringContaining('changes that are not committed')]);
      git('add', 'tracked');
      git('commit', '--quiet', '-m', 'first');
      expect((await publish('tracked', '--yes')).code).toBe(0);
      rmSync(join(author.cwd, '.git'), { recursive: true });
    });

    it('ends with 4 without a login, and with 3 where there is no registry', async () => {
      await make('nobody');
      writeFileSync(join(operator.cwd, 'keep'), '');
      const options = { env: { HOME: operator.home } };
      expect((await author.run(['publish', 'nobody', '--yes'], options)).code).toBe(4);
      const away = await author.run(['publish', 'nobody', '--yes'], {
        env: { npm_config_registry: 'http://127.0.0.1:1/', npm_config_fetch_retries: '0' },
      });
      expect(away.code).toBe(3);
    });
  });

  describe('ihuman add', () => {
    it('puts a published skill where a running server takes it up', async () => {
      mkdirSync(join(operator.cwd, 'skills'));
      const flags = [`--skills=${join(operator.cwd, 'skills')}`, '--watch=true'];
      const server = await TestServer.start(join(dir, 'data'), flags);
      try {
        const { code, stdout } = await operator.run(['add', 'first']);
        expect([code, stdout]).toEqual([0, 'Added first 0.1.0 in skills/first\n']);
        const { token } = await server.newUser();
        await until(
          'the server has it',
          async () => (await server.call('GET', '/api/skills/first', { token })).status === 200,
        );
        const run = await server.run(token, 'first', { params: { projectName: 'my-app' } });
        expect(run.body).toMatchObject({ status: 'completed', result: { success: true } });
      } finally {
        await server.stop();
      }
      expect(lock()).toEqual({
        first: { name: 'first', version: '0.1.0', integrity: expect.stringMatching(/^sha512-/) },
      });
      expect(readdirSync(join(operator.cwd, 'skills')).toSorted()).toEqual(['first', 'skills.lock.json']);
    });

    it('refuses to write over what is there, and what is no skill or no package', async () => {
      const before = readFileSync(join(operator.cwd, 'skills/skills.lock.json'), 'utf8');
      for (const [spec, message] of [
        ['first', '--replace exchanges what was added'],
        ['first@next', 'there is already'],
        ['not-there-at-all', 'npm E404'],
      ] as const) {
        const { code, stderr } = await operator.run(['add', spec]);
        expect([spec, code, stderr]).toEqual([spec, 1, expect.stringContaining(message)]);
      }
      const folder = join(author.cwd, 'no-skill');
      mkdirSync(folder);
      writeFileSync(join(folder, 'package.json'), '{"name":"no-skill","version":"1.0.0","main":"index.js"}');
      writeFileSync(join(folder, 'index.js'), 'exports.metadata = {};');
      const env = { PATH: process.env.PATH ?? '', HOME: author.home };
      execFileSync('npm', ['publish'], { cwd: folder, env, stdio: 'ignore' });
      const { code, stderr } = await operator.run(['add', 'no-skill']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('no-skill 1.0.0 is no skill that a server takes')]);
      expect(stderr).toContain('index.js /execute exports no function "execute"');
      expect(readFileSync(join(operator.cwd, 'skills/skills.lock.json'), 'utf8')).toBe(before);
      expect(readdirSync(join(operator.cwd, 'skills')).toSorted()).toEqual(['first', 'skills.lock.json']);
    });

    it('replaces what was added before, by the newest or the version that is named, and nobody’s own work', async () => {
      const version = (): string =>
        JSON.parse(readFileSync(join(operator.cwd, 'skills/first/package.json'), 'utf8')).version;
      const next = await operator.run(['add', 'first@next', '--replace']);
      expect([next.code, next.stdout]).toEqual([0, expect.stringMatching(/^Added first \S+-\S+ in skills\/first\n$/)]);
      expect(version()).toBe(lock().first.version);
      expect((await operator.run(['add', 'first', '--replace'])).stdout).toBe('Added first 0.1.0 in skills/first\n');
      expect([version(), lock().first.version]).toEqual(['0.1.0', '0.1.0']);
      expect(readdirSync(join(operator.cwd, 'skills')).toSorted()).toEqual(['first', 'skills.lock.json']);
      expect((await operator.run(['add', '--replace'])).code).toBe(2);
      const path = join(operator.cwd, 'skills/skills.lock.json');
      const good = readFileSync(path, 'utf8');
      writeFileSync(path, '{"lockfileVersion":1,"skills":{}}');
      const own = await operator.run(['add', 'first', '--replace']);
      expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('was not put there by "ihuman add"')]);
      expect(version()).toBe('0.1.0');
      writeFileSync(path, good);
    });

    it('of two that want one name the first stays, and the lock file has it', async () => {
      const other = new CliUser(dir, '');
      writeFileSync(join(other.home, '.npmrc'), `registry=${registry.url}\n`);
      const both = await Promise.all(['first', 'first@next'].map((spec) => other.run(['add', spec])));
      expect(both.map(({ code }) => code).toSorted()).toEqual([0, 1]);
      const { version } = JSON.parse(readFileSync(join(other.cwd, 'skills/first/package.json'), 'utf8')) as Manifest;
      const { skills } = JSON.parse(readFileSync(join(other.cwd, 'skills/skills.lock.json'), 'utf8'));
      expect(skills.first.version).toBe(version);
    });

    it('brings back what the lock file has, in the same bytes or not at all', async () => {
      rmSync(join(operator.cwd, 'skills/first'), { recursive: true });
      expect((await operator.run(['add'])).stdout).toBe('Added first 0.1.0 in skills/first\n');
      expect((await operator.run(['add'])).stderr).toContain('Everything in the lock file is there.');
      rmSync(join(operator.cwd, 'skills/first'), { recursive: true });
      const path = join(operator.cwd, 'skills/skills.lock.json');
      const good = readFileSync(path, 'utf8');
      writeFileSync(path, good.replace(/sha512-[^"]*/, `sha512-${'A'.repeat(86)}==`));
      const { code, stderr } = await operator.run(['add', 'first']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('first 0.1.0 is not what it was')]);
      expect(existsSync(join(operator.cwd, 'skills/first'))).toBe(false);
      writeFileSync(path, good);
      expect((await operator.run(['add', 'first'])).code).toBe(0);
    });

    it('takes a folder too, brings it back from there, and takes it changed when it is told to', async () => {
      const other = new CliUser(dir, '');
      await other.run(['create', '--name', 'near', '--yes']);
      const skills = join(other.cwd, 'skills');
      const locked = () => JSON.parse(readFileSync(join(skills, 'skills.lock.json'), 'utf8')).skills;
      expect((await other.run(['add', './near'])).stdout).toBe('Added near 0.1.0 in skills/near\n');
      expect(locked()).toEqual({
        near: { name: 'near', version: '0.1.0', integrity: expect.stringMatching(/^sha512-/), from: 'file:../near' },
      });
      rmSync(join(skills, 'near'), { recursive: true });
      expect((await other.run(['add'])).stdout).toBe('Added near 0.1.0 in skills/near\n');
      writeFileSync(join(other.cwd, 'near/README.md'), 'changed');
      const { code, stderr } = await other.run(['add', './near']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('If that is meant, add it with --replace.')]);
      expect((await other.run(['add', './near', '--replace'])).code).toBe(0);
      expect(readFileSync(join(skills, 'near/README.md'), 'utf8')).toBe('changed');
      writeFileSync(join(other.cwd, 'near/README.md'), 'changed again');
      expect((await other.run(['add', 'near', '--replace'])).code).toBe(0);
      expect(readFileSync(join(skills, 'near/README.md'), 'utf8')).toBe('changed again');
      mkdirSync(join(other.cwd, 'of'));
      renameSync(join(other.cwd, 'near'), join(other.cwd, 'of/near'));
      expect((await other.run(['add', 'of/near', '--replace'])).code).toBe(0);
      expect(locked().near.from).toBe('file:../of/near');
      for (const address of [
        'https://me:secret@example.com/near.tgz',
        'near@https://me:secret@example.com/near.tgz',
        'git+https://secret@example.com/near.git',
        'https://example.com/near.tgz?token=secret',
      ]) {
        const told = await other.run(['add', address]);
        expect([told.code, told.stderr]).toEqual([2, expect.stringContaining('the address has a password')]);
        expect(told.stderr).not.toContain('secret');
      }
    });

    it('installs what a skill depends on inside of it, and runs no script', async () => {
      const trap = `node -e "require('fs').writeFileSync(require('os').homedir() + '/trap', '')"`;
      await make('helper');
      change('helper', { scripts: { postinstall: trap, test: 'node --test' } });
      expect((await publish('helper', '--yes')).code).toBe(0);
      await make('needs-it');
      change('needs-it', {
        name: '@acme/needs-it',
        dependencies: { helper: '0.1.0' },
        scripts: { postinstall: trap },
        publishConfig: { registry: registry.url },
      });
      mkdirSync(file('needs-it', 'node_modules/helper'), { recursive: true });
      writeFileSync(file('needs-it', 'node_modules/helper/index.js'), 'module.exports = {}');
      const module = readFileSync(file('needs-it', 'src/index.js'), 'utf8');
      writeFileSync(file('needs-it', 'src/index.js'), `require('helper');\n${module}`);
      const published = await publish('needs-it', '--yes', '--access', 'public');
      expect([published.code, published.stdout]).toEqual([
        0,
        expect.stringContaining('Published @acme/needs-it 0.1.0'),
      ]);
      const { code, stdout } = await operator.run(['add', '@acme/needs-it@0.1.0']);
      expect([code, stdout]).toEqual([0, 'Added needs-it 0.1.0 in skills/needs-it\n']);
      expect(existsSync(join(operator.cwd, 'skills/needs-it/node_modules/helper/src/index.js'))).toBe(true);
      expect(existsSync(join(operator.home, 'trap'))).toBe(false);
      expect((await operator.run(['validate', 'needs-it'])).code).toBe(0);
      expect(lock()).toMatchObject({ 'needs-it': { name: '@acme/needs-it', version: '0.1.0' } });
    });
  });

  describe('ihuman remove', () => {
    it('takes out what was added without a question, and asks before what was written here', async () => {
      expect((await operator.run(['remove', 'needs-it'])).stdout).toBe('Removed needs-it\n');
      expect(Object.keys(lock())).toEqual(['first']);
      await operator.run(['create', '--name', 'own-work', '--yes']);
      const refused = await operator.run(['remove', 'own-work']);
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('give --yes')]);
      expect(existsSync(join(operator.cwd, 'skills/own-work/src/index.js'))).toBe(true);
      expect((await operator.run(['remove', 'own-work', '--yes'])).code).toBe(0);
      expect(readdirSync(join(operator.cwd, 'skills')).toSorted()).toEqual(['first', 'skills.lock.json']);
    });

    it.each(['frist', '..', '../skills', '.'])('removes nothing for %s', async (name) => {
      const { code, stderr } = await operator.run(['remove', name, '--yes']);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`there is no skill ${name} in skills`)]);
      expect(existsSync(join(operator.cwd, 'skills/first/package.json'))).toBe(true);
    });
  });

  describeWithTerminal('ihuman publish at a terminal', () => {
    it.each([
      ['n', 'Nothing was published.', false],
      ['y', 'Published asked 0.1.0', true],
    ])('asks, and takes %s for an answer', async (answer, says, then) => {
      if (!existsSync(file('asked', 'package.json'))) await make('asked');
      const env = { PATH: process.env.PATH ?? '', HOME: author.home, TERM: 'xterm' };
      const terminal = new TerminalProcess(`${process.execPath} ${bin} publish asked`, { cwd: author.cwd, env });
      await terminal.shows(`? Publish asked 0.1.0 to ${registry.url}?`);
      terminal.type(`${answer}\r`);
      expect(await terminal.ended).toBe(0);
      expect(terminal.screen).toContain(says);
      expect(await isPublished('asked', '0.1.0')).toBe(then);
    });
  });
});
