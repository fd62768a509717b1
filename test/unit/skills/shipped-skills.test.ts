import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { checkMetadata } from '../../../src/skills/metadata.ts';
import { inspectSkills } from '../../../src/skills/inspect-skills.ts';
import { readSkillFolder } from '../../../src/skills/skill-folder.ts';

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
    const folder = readSkillFolder(root, name);
    if (!('entry' in folder)) throw new Error(JSON.stringify(folder));
    const inspection = (await inspectSkills([folder.entry], [root])).get(folder.entry);
    expect(inspection?.problems).toEqual([]);
    expect(checkMetadata(inspection?.metadata, name).problems).toEqual([]);
  });
});
