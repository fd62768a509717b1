import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { checkSkills } from '../../../src/skills/check-skill.ts';

const root = join(import.meta.dirname, '../../../skills');
const names = readdirSync(root);

describe.each(names)('the skill %s', (name) => {
  it('passes its own tests', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--test', join(root, name, 'tests/index.test.js')],
      { env: { PATH: process.env.PATH } },
    );
    expect(stdout).toMatch(/fail 0/);
    expect(stdout).not.toMatch(/tests 0/);
  });

  it('is one that the server takes', async () => {
    expect((await checkSkills(root, [name])).get(name)?.problems).toEqual([]);
  });
});
