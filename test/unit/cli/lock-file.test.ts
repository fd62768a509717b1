import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { LockFile } from '../../../src/cli/add/lock-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
const entry = (name: string) => ({ name, version: '1.0.0', integrity: 'sha512-x' });
let folders = 0;

function lockFile(text?: string): LockFile {
  const folder = join(dir, String(folders++));
  mkdirSync(folder);
  if (text !== undefined) writeFileSync(join(folder, 'skills.lock.json'), text);
  return new LockFile(folder);
}

it('skills come and go, in order, and the file is written as a whole', () => {
  const lock = lockFile();
  expect(lock.read()).toEqual({});
  lock.set('b', entry('b'));
  lock.set('a', entry('@acme/a'));
  expect(Object.keys(lock.read())).toEqual(['a', 'b']);
  expect(lock.delete('b')).toBe(true);
  expect(lock.delete('b')).toBe(false);
  expect(JSON.parse(readFileSync(lock.path, 'utf8'))).toEqual({ lockfileVersion: 1, skills: { a: entry('@acme/a') } });
  expect(readdirSync(join(lock.path, '..'))).toEqual(['skills.lock.json']);
});

it.each(['{', '[]', '{"lockfileVersion":2,"skills":{}}', '{"lockfileVersion":1,"skills":{"a":{"name":"a"}}}'])(
  'what is no lock file is never taken for an empty one, nor written over: %s',
  (text) => {
    const lock = lockFile(text);
    expect(() => lock.read()).toThrow('is not as ihuman writes it');
    expect(() => {
      lock.set('a', entry('a'));
    }).toThrow('is not as ihuman writes it');
    expect(readFileSync(lock.path, 'utf8')).toBe(text);
  },
);

it('processes that change it at once lose nothing of each other', async () => {
  const lock = lockFile();
  const module = join(import.meta.dirname, '../../../src/cli/add/lock-file.ts');
  const script = `const { LockFile } = await import(${JSON.stringify(module)});
    const lock = new LockFile(${JSON.stringify(join(lock.path, '..'))});
    for (let i = 0; i < 20; i++) lock.set(process.argv[1] + i, ${JSON.stringify(entry('x'))});`;
  const run = promisify(execFile);
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((name) => run(process.execPath, ['--input-type=module', '-e', script, name])),
  );
  expect(Object.keys(lock.read())).toHaveLength(80);
  expect(readdirSync(join(lock.path, '..'))).toEqual(['skills.lock.json']);
});

it('one that a process left held when it died is not held', () => {
  const lock = lockFile();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(`${lock.path}.lock`, String(pid));
  lock.set('a', entry('a'));
  expect(Object.keys(lock.read())).toEqual(['a']);
});
