import type { AppendRequest, AppendResult, EventLog } from '../event-log/event-log.ts';
import { definitely } from '../kernel/assert.ts';
import { type ErrorCode, isAppError } from '../kernel/errors.ts';

/** Then, and after any error that has no code, nothing was written: one of the appends cannot be put into bytes. */
const unwritable: readonly ErrorCode[] = ['EVENT_TOO_LARGE', 'VALIDATION_FAILED'];

/** What is to be appended right behind a fact, because of it. */
export interface FollowUp {
  readonly appends: readonly AppendRequest[];
  /** Told the answers: of the fact, and of those appends that were judged. None at all when the fact was not recorded. */
  readonly settle: (results: readonly AppendResult[]) => void;
}

/** Appends a fact, and what follows from it in one chain. Whatever is wrong with the rest, the fact is recorded without it. */
export function appendWithFollowUp(
  log: Pick<EventLog, 'append' | 'appendChain'>,
  fact: AppendRequest,
  followUp: FollowUp | null,
): Promise<AppendResult> {
  return followUp === null ? log.append(fact) : appendBoth(log, fact, followUp);
}

async function appendBoth(
  log: Pick<EventLog, 'append' | 'appendChain'>,
  fact: AppendRequest,
  followUp: FollowUp,
): Promise<AppendResult> {
  let results: readonly AppendResult[] = [];
  try {
    results = await appendAll(log, fact, followUp.appends);
    return definitely(results[0], 'every chain has an answer to its first append');
  } finally {
    followUp.settle(results);
  }
}

async function appendAll(
  log: Pick<EventLog, 'append' | 'appendChain'>,
  fact: AppendRequest,
  rest: readonly AppendRequest[],
): Promise<readonly AppendResult[]> {
  try {
    if (rest.length > 0) return await log.appendChain([fact, ...rest]);
  } catch (error) {
    if (isAppError(error) && !unwritable.includes(error.code)) throw error;
  }
  return [await log.append(fact)];
}
