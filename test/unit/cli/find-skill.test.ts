import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { findSkill } from '../../../src/cli/find-skill.ts';
import { testContext } from '../../support/cli-context.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
for (const path of ['skills/both', 'both', 'here', 'other/far', 'skills/near-one'])
  mkdirSync(join(dir, path), { recursive: true });
writeFileSync(join(dir, 'file'), '');

it.each([
  ['both', '.', {}, 'skills/both'],
  ['./both', '.', {}, 'both'],
  ['here', '.', {}, 'here'],
  ['here', 'here', {}, 'here'],
  ['.', 'here', {}, 'here'],
  ['far', '.', { IHUMAN_SKILLS: 'skills, other' }, 'other/far'],
  ['../other/far', 'here', {}, 'other/far'],
])('%s, said in %s with %j, is the folder %s', (name, cwd, environment, folder) => {
  const context = testContext({ cwd: join(dir, cwd), environment: environment });
  expect(findSkill(context, name)).toMatchObject({ folder: join(dir, folder) });
});

it.each([
  ['neer-one', 'did you mean near-one?'],
  ['file', '"ihuman list" shows'],
  ['./file', 'there is no folder ./file'],
])('%s is none, and the nearest is named', (name, message) => {
  expect(() => findSkill(testContext({ cwd: dir }), name)).toThrow(message);
});
