import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { inspectSkills } from '../../../src/skills/inspect-skills.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
const readable = join(dir, 'skills');
mkdirSync(readable);

function moduleFile(name: string, text: string): string {
  const path = join(readable, name);
  writeFileSync(path, text);
  return path;
}

const good = (name: string): string =>
  moduleFile(`${name}.cjs`, `module.exports = { metadata: { name: '${name}' }, execute() {} };`);

const inspect = async (...entries: string[]) => {
  const found = await inspectSkills(entries, [readable]);
  return entries.map((entry) => found.get(entry));
};
const fine = (name: string) => ({ metadata: { name }, problems: [] });

it('nothing is found in no modules', async () => {
  expect(await inspect()).toEqual([]);
});

it.each([
  ['ends the process', 'exit.cjs', 'process.exit(0);'],
  ['aborts the process', 'abort.cjs', 'process.abort();'],
  ['waits for something that never comes', 'waits.mjs', 'await new Promise(() => {});'],
  [
    'fails after it was loaded',
    'stray.mjs',
    "setImmediate(() => { throw new Error('late'); }); await new Promise(() => {});",
  ],
])('a module that %s is the only one that is reported', async (_, file, text) => {
  const [before, bad, after, last] = await inspect(good('before'), moduleFile(file, text), good('after'), good('last'));
  expect([before, after, last]).toEqual([fine('before'), fine('after'), fine('last')]);
  expect(bad?.problems).toMatchObject([{ message: 'ended or hung the process while it was loaded' }]);
});

it('a module that writes where reports go spoils none of them', async () => {
  const noise = "require('node:fs').writeSync(3, 'no JSON\\n17\\nnull\\n{\"entry\":5}\\n');";
  const noisy = moduleFile('noisy.cjs', `${noise} module.exports = { metadata: { name: 'noisy' }, execute() {} };`);
  expect(await inspect(good('before'), noisy, good('after'))).toEqual([fine('before'), fine('noisy'), fine('after')]);
});

it('a module that throws, or lacks what a skill needs, is told so', async () => {
  const [throws, empty, odd] = await inspect(
    moduleFile('throws.cjs', "throw new Error('not today');"),
    moduleFile('empty.cjs', 'module.exports = {};'),
    moduleFile('odd.cjs', 'module.exports = { execute() {}, validate: 5 };'),
  );
  expect(throws?.problems).toMatchObject([{ message: 'cannot be loaded: not today' }]);
  expect(empty?.problems).toMatchObject([{ message: 'exports no function "execute"' }]);
  expect(odd?.problems).toMatchObject([{ message: 'exports "validate", but not as a function' }]);
});

it('a module sees neither the environment of the server nor files outside of the skill folders while it is loaded', async () => {
  process.env.SECRET_OF_THE_SERVER = 'a secret';
  onTestFinished(() => {
    delete process.env.SECRET_OF_THE_SERVER;
  });
  writeFileSync(join(dir, 'vault.key'), 'a secret');
  const [looks] = await inspect(
    moduleFile(
      'looks.cjs',
      `const attempt = (work) => { try { return work(); } catch (error) { return error.code; } };
       const file = attempt(() => require('node:fs').readFileSync(${JSON.stringify(join(dir, 'vault.key'))}, 'utf8'));
       const child = attempt(() => require('node:child_process').execSync('env'));
       module.exports = { metadata: { env: process.env, file, child }, execute() {} };`,
    ),
  );
  expect(JSON.stringify(looks?.metadata)).not.toContain('a secret');
  expect(looks?.metadata).toMatchObject({ file: 'ERR_ACCESS_DENIED', child: 'ERR_ACCESS_DENIED' });
  expect(Object.keys((looks?.metadata as { env: object }).env).toSorted()).toEqual(
    ['HOME', 'LANG', 'NODE_ENV', 'PATH', 'TMPDIR', 'TZ'].toSorted(),
  );
});
