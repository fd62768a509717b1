import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { commandWords } from '../../../src/cli/completion/command-words.ts';
import { completionScript, shells } from '../../../src/cli/completion/scripts.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { testContext } from '../../support/cli-context.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dir = tempDir();
const script = (shell: string): string => join(dir, `ihuman.${shell}`);
const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

beforeAll(async () => {
  const words = commandWords(await createProgram(testContext(), 'all'));
  for (const shell of shells) writeFileSync(script(shell), completionScript(shell, words));
  for (const folder of ['react-setup', 'csv-profile', '.ihuman-1-a', '$(touch owned)'])
    mkdirSync(join(dir, 'skills', folder), { recursive: true });
  writeFileSync(join(dir, 'skills/skills.lock.json'), '{}');
});

/** Words typed so far, the last one unfinished, and what Tab offers. */
const typed: readonly (readonly [readonly string[], readonly string[]])[] = [
  [['va'], ['validate']],
  [
    ['validate', ''],
    ['csv-profile', 'react-setup'],
  ],
  [['validate', 'r'], ['react-setup']],
  [['list', '--difficulty', 'in'], ['intermediate']],
  [['list', '--dif'], ['--difficulty']],
  [['help', 'cre'], ['create']],
  [['completion', 'b'], ['bash']],
  [['webhooks', 'cr'], ['create']],
  [['webhooks', 'create', '--ur'], ['--url']],
];

for (const shell of shells) {
  if (!isThere(shell)) process.stderr.write(`\nSKIPPED: completion in ${shell}, which is not installed here\n`);
}

describe.skipIf(!isThere('bash'))('completion in bash', () => {
  it.each(typed)('after %j offers %j', (words, offered) => {
    const line = ['ihuman', ...words].map((word) => `'${word}'`).join(' ');
    const program = `source ${script('bash')}; COMP_WORDS=(${line}); COMP_CWORD=${String(words.length)}; _ihuman; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { cwd: dir, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(plain(stdout, words)).toEqual(offered);
  });
});

describe.skipIf(!isThere('fish'))('completion in fish', () => {
  it.each(typed)('after %j offers %j', (words, offered) => {
    const program = `source ${script('fish')}; complete -C '${['ihuman', ...words].join(' ')}'`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', program], { cwd: dir, encoding: 'utf8' });
    expect(stderr).toBe('');
    const names = stdout.split('\n').map((line) => line.split('\t')[0] ?? '');
    expect(plain(names.join('\n'), words)).toEqual(offered);
  });
});

it.skipIf(!isThere('zsh'))('completion in zsh is a script that zsh understands', () => {
  expect(spawnSync('zsh', ['-n', script('zsh')], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

it('names of folders are never run by a shell', () => {
  expect(spawnSync('ls', [dir], { encoding: 'utf8' }).stdout).not.toContain('owned');
});

/** What is offered, without the flags that are offered everywhere. */
function plain(output: string, words: readonly string[]): readonly string[] {
  const wantsFlags = words.at(-1)?.startsWith('-') === true;
  const offered = output.split('\n').filter((line) => line !== '' && (wantsFlags || !line.startsWith('--')));
  return offered.toSorted();
}
