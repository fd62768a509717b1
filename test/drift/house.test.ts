import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { tempDir } from '../support/temp-dir.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface PackageJson {
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const manifest = JSON.parse(read('package.json')) as PackageJson;
const lock = JSON.parse(read('package-lock.json')) as LockFile;

describe('the packages', () => {
  it('have exact versions', () => {
    const ranges = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(ranges.filter((range) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  it('of Python have exact versions too', () => {
    const lines = read('test/conformance/requirements.txt').trim().split('\n');
    expect(lines.filter((line) => !/^[\w-]+==[\d.]+$/.test(line))).toEqual([]);
  });

  it('are locked by their digests, without naming where they come from', () => {
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
    expect(read('package-lock.json')).not.toMatch(/registry\.|\.tgz/);
  });

  it('are locked for every platform, or a clean install refuses the lock file', () => {
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter(
        (name) => !(`${path}/node_modules/${name}` in lock.packages) && !(`node_modules/${name}` in lock.packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('bring the one Node that everything runs on', () => {
    const pinned = manifest.dependencies.node;
    expect(read('.nvmrc').trim()).toBe(pinned);
    expect(process.version).toBe(`v${String(pinned)}`);
  });
});

describe('the scripts', () => {
  const front = 'scripts/run.mjs';
  const known = /there are: (.*)/.exec(
    spawnSync(process.execPath, [join(root, front)], { encoding: 'utf8' }).stderr,
  )?.[1];

  it('of package.json all go through the front script, which knows each of them', () => {
    const commands = Object.values(manifest.scripts).map(
      (command) => /^node scripts\/run\.mjs (\w+)/.exec(command)?.[1],
    );
    expect([...new Set(commands)].toSorted()).toEqual(known?.split(', ').toSorted());
  });

  it('start files that exist', () => {
    const files = [...read(front).matchAll(/\['([\w/-]+\.ts)'\]/g)].map(([, path = '']) => path);
    expect(files).toContain('src/main.ts');
    expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('need no package before packages are installed', () => {
    const sources = [front, 'scripts/hand-over.mjs'].map(read).join('\n');
    const imports = [...sources.matchAll(/ from '([^']+)'/g)].map(([, name = '']) => name);
    expect(imports.filter((name) => !name.startsWith('node:'))).toEqual(['./hand-over.mjs']);
  });

  it('of the continuous integration can be run', () => {
    expect(() => {
      accessSync(join(root, '.ci/run'), constants.X_OK);
    }).not.toThrow();
  });
});

describe('the front script', () => {
  const dir = tempDir();

  /** A clone with one lock file, whose npm makes what `npm ci` makes and leaves a trace of each call. */
  function freshClone(name: string, main: string): { run: (cwd?: string) => ChildProcess; installs: () => number } {
    const clone = join(dir, name);
    const tools = join(clone, 'tools');
    for (const path of ['scripts', 'src', 'tools']) mkdirSync(join(clone, path), { recursive: true });
    for (const path of ['scripts/run.mjs', 'scripts/hand-over.mjs']) copyFileSync(join(root, path), join(clone, path));
    writeFileSync(join(clone, 'package-lock.json'), '{"packages":{}}');
    writeFileSync(join(clone, 'src/main.ts'), main);
    const npm = [
      '#!/bin/sh',
      'echo called >> calls',
      'mkdir -p node_modules/node/bin',
      `ln -sf '${process.execPath}' node_modules/node/bin/node`,
      'cp package-lock.json node_modules/.package-lock.json',
    ];
    writeFileSync(join(tools, 'npm'), npm.join('\n'));
    chmodSync(join(tools, 'npm'), 0o755);
    const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH ?? ''}` };
    const script = join(clone, 'scripts/run.mjs');
    return {
      run: (cwd = clone) => {
        const child = spawn(process.execPath, [script, 'start'], { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
        onTestFinished(() => void child.kill('SIGTERM'));
        return child;
      },
      installs: () => readFileSync(join(clone, 'calls'), 'utf8').trim().split('\n').length,
    };
  }

  it('installs on a fresh clone, then only when the lock file has other packages, and passes the exit code on', async () => {
    const clone = freshClone('installs', 'process.exit(7);');
    expect(await once(clone.run(), 'exit')).toEqual([7, null]);
    expect(await once(clone.run('/'), 'exit')).toEqual([7, null]);
    expect(clone.installs()).toBe(1);
    writeFileSync(join(dir, 'installs/package-lock.json'), '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    expect(await once(clone.run(), 'exit')).toEqual([7, null]);
    expect(clone.installs()).toBe(2);
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('passes %s on and waits for the program to end', async (signal) => {
    const main = `process.on('${signal}', () => process.exit(3)); setInterval(() => undefined, 1000); console.log('up');`;
    const child = freshClone(signal, main).run();
    const exit = once(child, 'exit');
    if (child.stdout !== null) await once(child.stdout, 'data');
    child.kill(signal);
    expect(await exit).toEqual([3, null]);
  });
});

describe('the repository', () => {
  const tracked = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .stdout.split('\0')
    .filter(Boolean);
  const texts = tracked.filter((path) => existsSync(join(root, path))).map((path) => ({ path, text: read(path) }));

  it('names no folder outside of itself and no place of one machine', () => {
    expect(tracked).toContain('package.json');
    const outside = new RegExp(
      ['\\.\\./' + 'shared', '/work/' + '(main|shared)', '/(home|Users)/' + '[a-z]'].join('|'),
    );
    expect(texts.filter(({ text }) => outside.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('states its licence once and the same everywhere', () => {
    expect(read('LICENSE')).toContain(`${manifest.license} License`);
  });
});
