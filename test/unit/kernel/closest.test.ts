import { expect, it } from 'vitest';

import { closest } from '../../../src/kernel/closest.ts';

const flags = ['--port', '--host', '--data-dir', '--skills', '--log', '--log-level'];

it.each([
  ['--prt', '--port'],
  ['--prot', '--port'],
  ['--datadir', '--data-dir'],
  ['--skill', '--skills'],
  ['--loglevel', '--log-level'],
  ['--log', '--log'],
  ['--lgo', '--log'],
])('%s is most likely meant to be %s', (name, meant) => {
  expect(closest(name, flags)).toBe(meant);
});

it.each(['--verbose', '', 'x'])('%j is like nothing that there is', (name) => {
  expect(closest(name, flags)).toBeUndefined();
});
