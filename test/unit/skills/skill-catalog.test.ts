import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import type { Problem } from '../../../src/kernel/errors.ts';
import { SkillCatalog } from '../../../src/skills/skill-catalog.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
let catalogs = 0;

function write(root: string, name: string, version: string): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  const texts = { description: 'A skill', category: 'test', difficulty: 'beginner', author: 'test' };
  const metadata = JSON.stringify({ name, version, ...texts, parameters: {} });
  writeFileSync(join(folder, 'index.js'), `module.exports = { metadata: ${metadata}, execute() {} };`);
  return folder;
}

function open(...folders: string[]): { catalog: SkillCatalog; told: Map<string, readonly Problem[]> } {
  const told = new Map<string, readonly Problem[]>();
  const cacheFile = join(dir, `cache-${catalogs++}.json`);
  const onProblems = (skill: string, problems: readonly Problem[]): void => void told.set(skill, problems);
  return { catalog: new SkillCatalog({ folders, cacheFile, watch: false, onProblems }), told };
}

const versions = (catalog: SkillCatalog) =>
  catalog.list().map(({ metadata }) => `${metadata.name} ${metadata.version}`);

it('on equal names the first folder wins', async () => {
  const [first, second] = [join(dir, 'first'), join(dir, 'second')];
  write(first, 'same', '1.0.0');
  write(second, 'same', '2.0.0');
  write(second, 'only', '2.0.0');
  const { catalog } = open(first, second, join(dir, 'not-there'));
  await catalog.load();
  expect(versions(catalog)).toEqual(['only 2.0.0', 'same 1.0.0']);
});

it('links that lead nowhere or out of the folder are no skills, and stop nothing', async () => {
  const root = join(dir, 'links');
  write(root, 'good', '1.0.0');
  const outside = write(join(dir, 'elsewhere'), 'outside', '1.0.0');
  symlinkSync(join(dir, 'nowhere'), join(root, 'nowhere'));
  symlinkSync(outside, join(root, 'outside'));
  const { catalog, told } = open(root);
  await catalog.load();
  expect(versions(catalog)).toEqual(['good 1.0.0']);
  expect(told.get('outside')).toMatchObject([{ message: 'is a link that leads out of the skills folder' }]);
});

it('a change is told once, with all skills, and a reload without one is not', async () => {
  const root = join(dir, 'changes');
  write(root, 'one', '1.0.0');
  const { catalog } = open(root);
  const told: string[][] = [];
  await catalog.load();
  catalog.onChange(() => told.push(versions(catalog)));
  await catalog.load();
  expect(told).toEqual([]);
  write(root, 'one', '1.1.0');
  write(root, 'two', '1.0.0');
  await Promise.all([catalog.load(), catalog.load()]);
  expect(told).toEqual([['one 1.1.0', 'two 1.0.0']]);
});

it('the digest changes with any file of the skill, and only with it', async () => {
  const root = join(dir, 'digests');
  const folder = write(root, 'one', '1.0.0');
  const { catalog } = open(root);
  const digest = async (): Promise<string | undefined> => {
    await catalog.load();
    return catalog.get('one')?.digest;
  };
  const first = await digest();
  writeFileSync(join(folder, 'data.txt'), 'a');
  const second = await digest();
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules', 'data.txt'), 'a');
  const third = await digest();
  writeFileSync(join(folder, 'data.txt'), 'b');
  const fourth = await digest();
  expect(new Set([first, second, fourth]).size).toBe(3);
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(third).toBe(second);
});
