import { expect, it } from 'vitest';

import { waitMsOf } from '../../../src/http/wait.ts';

it.each([
  [undefined, 0],
  ['wait=10', 10_000],
  ['respond-async, wait=5', 5000],
  ['respond-async;wait=5', 5000],
  ['wait=0', 0],
  ['wait=56', 55_000],
  ['wait=9999', 55_000],
  ['wait=99999', 55_000],
  ['wait=-1', 0],
  ['wait=1.5', 0],
  ['await=5', 0],
  ['wait=', 0],
])('a caller that prefers %j waits %i ms', (prefer, waitMs) => {
  expect(waitMsOf(prefer === undefined ? {} : { prefer })).toBe(waitMs);
});
