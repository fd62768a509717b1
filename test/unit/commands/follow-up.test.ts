import { describe, expect, it } from 'vitest';

import { appendWithFollowUp } from '../../../src/commands/follow-up.ts';
import type { AppendedWith, AppendRequest, AppendResult } from '../../../src/event-log/event-log.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { appendOf } from '../../support/log.ts';

const accepted: AppendResult = { outcome: 'accepted', position: 1, firstRevision: 0, lastRevision: 0 };
const conflict: AppendResult = { outcome: 'conflict', actualRevision: 0 };
const fact = appendOf('fact');
const rest = [appendOf('first'), appendOf('second')];

/** Appends a fact with what follows to a log that answers so, and says what it was asked and what the follow-up was told. */
async function told(appends: readonly AppendRequest[], both: AppendedWith | Error, alone?: Error) {
  const asked: string[][] = [];
  const log = {
    append: ({ stream }: AppendRequest) => {
      asked.push([stream]);
      return alone === undefined ? Promise.resolve(accepted) : Promise.reject(alone);
    },
    appendWith: (first: AppendRequest, others: readonly AppendRequest[]) => {
      asked.push([first, ...others].map(({ stream }) => stream));
      return both instanceof Error ? Promise.reject(both) : Promise.resolve(both);
    },
  };
  const settled: (AppendedWith | null)[] = [];
  const settle = (appended: AppendedWith | null): void => {
    settled.push(appended);
  };
  const answer = await appendWithFollowUp(log, fact, { appends, settle }).catch((error: unknown) => error);
  return { asked, settled, answer };
}

describe('a fact with what follows from it', () => {
  const factAlone = { fact: accepted, consequences: [null, null] };

  it('is appended with it, and the follow-up is told the answers', async () => {
    const appended = { fact: accepted, consequences: [accepted, conflict] };
    const { asked, settled, answer } = await told(rest, appended);
    expect([asked, settled, answer]).toEqual([[['fact', 'first', 'second']], [appended], accepted]);
  });

  it('is an append where nothing follows', async () => {
    const { asked, settled } = await told([], new Error('never asked'));
    expect([asked, settled]).toEqual([[['fact']], [{ fact: accepted, consequences: [] }]]);
  });

  it('is told of as refused when it was', async () => {
    const refused = { fact: conflict, consequences: [null, null] };
    const { settled, answer } = await told(rest, refused);
    expect([settled, answer]).toEqual([[refused], conflict]);
  });

  it.each([
    new AppError('EVENT_TOO_LARGE'),
    new AppError('VALIDATION_FAILED'),
    new RangeError('Invalid string length'),
  ])('is recorded without it when that cannot be written: %s', async (error) => {
    const { asked, settled, answer } = await told(rest, error);
    expect([asked, settled, answer]).toEqual([[['fact', 'first', 'second'], ['fact']], [factAlone], accepted]);
  });

  it('fails as the log does, and the follow-up is told that nothing is known of it', async () => {
    for (const code of ['STORAGE_FULL', 'OUTCOME_UNKNOWN', 'BUSY'] as const) {
      const { asked, settled, answer } = await told(rest, new AppError(code));
      expect([asked.length, settled, answer]).toMatchObject([1, [null], { code }]);
    }
    const tooLarge = new AppError('EVENT_TOO_LARGE');
    expect(await told(rest, tooLarge, tooLarge)).toMatchObject({
      settled: [null],
      answer: { code: 'EVENT_TOO_LARGE' },
    });
  });
});
