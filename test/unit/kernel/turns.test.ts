import { expect, it } from 'vitest';

import { Turns } from '../../../src/kernel/turns.ts';

it('runs work one after the other, past pieces that fail', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const first = turns.take(async () => {
    seen.push('first begins');
    await gate.promise;
    seen.push('first ends');
    throw new TypeError('first fails');
  });
  const second = turns.take(() => {
    seen.push('second');
    return Promise.resolve(2);
  });
  gate.resolve(undefined);
  await expect(first).rejects.toThrow('first fails');
  expect(await second).toBe(2);
  expect(seen).toEqual(['first begins', 'first ends', 'second']);
});

it('runs work of different lines side by side', async () => {
  const turns = new Turns();
  const gate = Promise.withResolvers<undefined>();
  const waiting = turns.take(() => gate.promise, 'a');
  expect(await turns.take(() => Promise.resolve('done'), 'b')).toBe('done');
  gate.resolve(undefined);
  await waiting;
});
