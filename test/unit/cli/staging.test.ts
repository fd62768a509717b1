import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { moveInto, staging } from '../../../src/cli/staging.ts';
import { testContext } from '../../support/cli-context.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();

/** Makes a folder with one file; `during` happens when it is half made. */
function make(
  name: string,
  target: string,
  during: () => unknown = () => undefined,
  context = testContext(),
): Promise<void> {
  const parent = join(dir, name);
  return staging(context, parent, async (stage, commit) => {
    mkdirSync(join(stage, 'made'));
    writeFileSync(join(stage, 'made/file'), 'whole');
    await during();
    await commit(() => {
      moveInto(join(stage, 'made'), join(parent, target));
    });
  });
}

it('what was made gets its name in the end, and is all that is left', async () => {
  await make('good', 'target', () => {
    expect(existsSync(join(dir, 'good/target'))).toBe(false);
  });
  expect(readdirSync(join(dir, 'good'))).toEqual(['target']);
  expect(readFileSync(join(dir, 'good/target/file'), 'utf8')).toBe('whole');
});

it('nothing is left of what failed half-way', async () => {
  const failure = new Error('no');
  await expect(make('fails', 'target', () => Promise.reject(failure))).rejects.toBe(failure);
  expect(readdirSync(join(dir, 'fails'))).toEqual([]);
});

it.each(['SIGINT', 'SIGTERM'] as const)('nothing is left of what %s interrupted, which is said', async (signal) => {
  const context = testContext();
  const making = make(
    signal,
    'target',
    () => {
      context.signal(signal);
    },
    context,
  );
  await expect(making).rejects.toMatchObject({ outcome: 'interrupted' });
  expect(readdirSync(join(dir, signal))).toEqual([]);
});

it('what has the name already is left alone, even when it came meanwhile', async () => {
  const making = make('taken', 'target', () => {
    mkdirSync(join(dir, 'taken/target'));
  });
  await expect(making).rejects.toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('there is already'),
  });
  expect(readdirSync(join(dir, 'taken'))).toEqual(['target']);
  expect(readdirSync(join(dir, 'taken/target'))).toEqual([]);
});

it('what a killed process left goes with the next start, what a living one makes does not', async () => {
  const dead = spawnSync(process.execPath, ['--version']).pid;
  const others = [`.ihuman-${String(dead)}-a`, `.ihuman-${String(process.ppid)}-b`, '.ihuman-notes', '.ihuman'];
  for (const name of others) mkdirSync(join(dir, 'leftovers', name), { recursive: true });
  await make('leftovers', 'target');
  expect(readdirSync(join(dir, 'leftovers')).toSorted()).toEqual([...others.slice(1), 'target'].toSorted());
});
