import { expect, it } from 'vitest';

import { noteForeignEvents, ownEventKinds } from '../../../src/cli/unknown-filters.ts';
import { isOwnName } from '../../../src/delivery/webhook-settings.ts';
import { testContext } from '../../support/cli-context.ts';

function said(...patterns: readonly string[]): string {
  const context = testContext();
  noteForeignEvents(context, patterns);
  return context.written.stderr;
}

it.each(['*', 'execution.*', 'exec*', 'schedule.fired', '*.failed', 'webhook.*d'])(
  '%s may be of ihuman’s own',
  (pattern) => {
    expect(said(pattern)).toBe('');
  },
);

it.each([
  ['nope.*', 'ihuman has no event nope.*: it stands for events that you tell of yourself.\n'],
  ['exection.*', expect.stringMatching(/Did you mean execution\.\*\?\n$/)],
  ['execution', expect.stringContaining('no event execution')],
])('%s can be none of ihuman’s own', (pattern, line) => {
  expect(said(pattern)).toEqual(line);
});

it('the kinds are those that the server keeps to itself', () => {
  expect(ownEventKinds.map((kind) => isOwnName(`${kind}.x`))).toEqual([true, true, true]);
});
