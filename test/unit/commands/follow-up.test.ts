import { describe, expect, it } from 'vitest';

import { appendWithFollowUp } from '../../../src/commands/follow-up.ts';
import type { AppendRequest, AppendResult } from '../../../src/event-log/event-log.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { appendOf } from '../../support/log.ts';

const accepted: AppendResult = { outcome: 'accepted', position: 1, firstRevision: 0, lastRevision: 0 };
const conflict: AppendResult = { outcome: 'conflict', actualRevision: 0 };
const fact = appendOf('fact');
const rest = [appendOf('first'), appendOf('second')];

/** Appends a fact with what follows to a log that answers so, and says what it was asked and what the follow-up was told. */
async function told(appends: readonly AppendRequest[], chain: readonly AppendResult[] | Error, alone?: Error) {
  const asked: string[][] = [];
  const log = {
    append: ({ stream }: AppendRequest) => {
      asked.push([stream]);
      return alone === undefined ? Promise.resolve(accepted) : Promise.reject(alone);
    },
    appendChain: (requests: readonly AppendRequest[]) => {
      asked.push(requests.map(({ stream }) => stream));
      return chain instanceof Error ? Promise.reject(chain) : Promise.resolve(chain);
    },
  };
  const settled: (readonly AppendResult[])[] = [];
  const settle = (results: readonly AppendResult[]): void => {
    settled.push(results);
  };
  const answer = await appendWithFollowUp(log, fact, { appends, settle }).catch((error: unknown) => error);
  return { asked, settled, answer };
}

describe('a fact with what follows from it', () => {
  it('is one chain, whose answers the follow-up is told', async () => {
    const { asked, settled, answer } = await told(rest, [accepted, conflict]);
    expect([asked, settled, answer]).toEqual([[['fact', 'first', 'second']], [[accepted, conflict]], accepted]);
  });

  it('is an append where nothing follows', async () => {
    const { asked, settled } = await told([], new Error('never asked'));
    expect([asked, settled]).toEqual([[['fact']], [[accepted]]]);
  });

  it('is told of as refused when it was', async () => {
    const { settled, answer } = await told(rest, [conflict]);
    expect([settled, answer]).toEqual([[[conflict]], conflict]);
  });

  it.each([
    new AppError('EVENT_TOO_LARGE'),
    new AppError('VALIDATION_FAILED'),
    new RangeError('Invalid string length'),
  ])('is recorded without it when that cannot be written: %s', async (error) => {
    const { asked, settled, answer } = await told(rest, error);
    expect([asked, settled, answer]).toEqual([[['fact', 'first', 'second'], ['fact']], [[accepted]], accepted]);
  });

  it('fails as the log does, and the follow-up is told that nothing is known of it', async () => {
    for (const code of ['STORAGE_FULL', 'OUTCOME_UNKNOWN', 'BUSY'] as const) {
      const { asked, settled, answer } = await told(rest, new AppError(code));
      expect([asked.length, settled, answer]).toMatchObject([1, [[]], { code }]);
    }
    const tooLarge = new AppError('EVENT_TOO_LARGE');
    expect(await told(rest, tooLarge, tooLarge)).toMatchObject({ settled: [[]], answer: { code: 'EVENT_TOO_LARGE' } });
  });
});
