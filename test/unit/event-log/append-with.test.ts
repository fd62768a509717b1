import { describe, expect, it } from 'vitest';

import type { AppendRequest, AppendResult, LogCapabilities } from '../../../src/event-log/event-log.ts';
import { StoredLog } from '../../../src/event-log/stored-log.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import type { StoreClient } from '../../../src/store/store-client.ts';
import { appendOf } from '../../support/log.ts';

/** A log that answers as it is told to, and takes down what it was asked. */
class ScriptedLog extends StoredLog {
  override readonly capabilities: LogCapabilities = {
    ...{ durable: false, clustered: true, maxAppendBytes: 1000, maxEventsPerAppend: 10 },
  };
  readonly asked: string[] = [];
  readonly #answers: (AppendResult | AppError)[];

  constructor(answers: (AppendResult | AppError)[]) {
    super({ opened: { epoch: 'test', head: 0 } } as unknown as StoreClient);
    this.#answers = answers;
  }

  override append({ stream }: AppendRequest): Promise<AppendResult> {
    this.asked.push(stream);
    const answer = this.#answers.shift()!;
    return answer instanceof AppError ? Promise.reject(answer) : Promise.resolve(answer);
  }

  override sync(): Promise<void> {
    return Promise.resolve();
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

const accepted: AppendResult = { outcome: 'accepted', position: 1, firstRevision: 0, lastRevision: 0 };
const conflict: AppendResult = { outcome: 'conflict', actualRevision: 4 };
const fact = appendOf('fact');
const rest = [appendOf('one'), appendOf('two')];

describe('a fact and what follows from it, on a log that appends one after the other', () => {
  it('are judged each by itself once the fact is accepted', async () => {
    const log = new ScriptedLog([accepted, conflict, accepted]);
    expect(await log.appendWith(fact, rest)).toEqual({ fact: accepted, consequences: [conflict, accepted] });
    expect(log.asked).toEqual(['fact', 'one', 'two']);
  });

  it('end with a fact that is refused', async () => {
    const log = new ScriptedLog([conflict]);
    expect(await log.appendWith(fact, rest)).toEqual({ fact: conflict, consequences: [null, null] });
    expect(log.asked).toEqual(['fact']);
  });

  it('fail as the fact does', async () => {
    const log = new ScriptedLog([new AppError('STORAGE_FULL')]);
    await expect(log.appendWith(fact, rest)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(log.asked).toEqual(['fact']);
  });

  it.each(['OUTCOME_UNKNOWN', 'LOG_UNAVAILABLE'] as const)(
    'keep the answers that there are when a consequence fails: %s',
    async (code) => {
      const log = new ScriptedLog([accepted, new AppError(code), accepted]);
      expect(await log.appendWith(fact, rest)).toEqual({ fact: accepted, consequences: [null, accepted] });
    },
  );
});
