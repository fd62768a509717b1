import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { tempDir } from '../support/temp-dir.ts';

const root = join(import.meta.dirname, '../..');

it('the program in the README runs as it stands, any number of times on the same data', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, program = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  expect(program).toContain('webSocketManager');
  const dir = tempDir();
  const file = join(dir, 'program.ts');
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(file, program.replaceAll("'./src/", `'${root}/src/`));
  for (const _ of [1, 2]) {
    const { stderr } = await promisify(execFile)(process.execPath, [file], { cwd: dir });
    expect(stderr).not.toContain('rror');
  }
});
