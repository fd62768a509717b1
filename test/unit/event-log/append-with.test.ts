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
const chain = [appendOf('one'), appendOf('two'), appendOf('three')];

describe('a chain on a log that appends one after the other', () => {
  it('ends with the first refusal', async () => {
    const log = new ScriptedLog([accepted, conflict]);
    expect(await log.appendChain(chain)).toEqual([accepted, conflict]);
    expect(log.asked).toEqual(['one', 'two']);
  });

  it('fails as its first append does', async () => {
    const log = new ScriptedLog([new AppError('STORAGE_FULL')]);
    await expect(log.appendChain(chain)).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(log.asked).toEqual(['one']);
  });

  it.each(['OUTCOME_UNKNOWN', 'LOG_UNAVAILABLE'] as const)(
    'keeps the answers that it has when a later one fails: %s',
    async (code) => {
      const log = new ScriptedLog([accepted, new AppError(code)]);
      expect(await log.appendChain(chain)).toEqual([accepted]);
      expect(log.asked).toEqual(['one', 'two']);
    },
  );
});
