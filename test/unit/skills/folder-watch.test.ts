import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { FolderWatch } from '../../../src/skills/folder-watch.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const dir = tempDir();

/** Watches a folder; the returned function does something to it and waits until that was told. */
function watched(folder: string): (what: string, change: () => void) => Promise<void> {
  let told = 0;
  const watch = new FolderWatch(folder, () => told++);
  onTestFinished(() => {
    watch.close();
  });
  return async (what, change) => {
    const before = told;
    change();
    await until(`it is told that ${what}`, () => told > before);
  };
}

it('a folder that is made later is watched, with those above it made later too', async () => {
  const folder = join(dir, 'later/deep/skills');
  const tells = watched(folder);
  await tells('it was made', () => mkdirSync(folder, { recursive: true }));
  await tells('a file was written', () => {
    writeFileSync(join(folder, 'a'), '1');
  });
  await tells('one below it was written', () => {
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'b/c'), '1');
  });
});

it('a folder that is removed, made again, moved away and replaced is watched through it all', async () => {
  const [folder, other] = [join(dir, 'again/skills'), join(dir, 'again/other')];
  mkdirSync(folder, { recursive: true });
  mkdirSync(other);
  const tells = watched(folder);
  for (let i = 0; i < 3; i++) {
    await tells('it was removed', () => {
      rmSync(folder, { recursive: true });
    });
    await tells('it was made again', () => mkdirSync(folder));
    await tells('a file was written', () => {
      writeFileSync(join(folder, 'a'), String(i));
    });
  }
  await tells('it was removed and made again at once', () => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
  });
  await tells('a file was written', () => {
    writeFileSync(join(folder, 'a'), '1');
  });
  await tells('it was replaced', () => {
    renameSync(folder, join(dir, 'away'));
    renameSync(other, folder);
  });
  await tells('a file of the new one was written', () => {
    writeFileSync(join(folder, 'a'), 'x');
  });
});

it('what is beside a folder that is not there is told of no one', async () => {
  const beside = join(dir, 'beside');
  mkdirSync(beside);
  let told = 0;
  const watch = new FolderWatch(join(beside, 'skills'), () => told++);
  onTestFinished(() => {
    watch.close();
  });
  writeFileSync(join(beside, 'a'), '1');
  mkdirSync(join(beside, 'skills'));
  await until('the folder is told of', () => told > 0);
  expect(told).toBe(1);
});
