import type { AppendedWith, AppendRequest, AppendResult, EventLog } from '../event-log/event-log.ts';
import { type ErrorCode, isAppError } from '../kernel/errors.ts';

/** Then, and after any error that has no code, nothing was written: one of the appends cannot be put into bytes. */
const unwritable: readonly ErrorCode[] = ['EVENT_TOO_LARGE', 'VALIDATION_FAILED'];

/** What is to be appended right behind a fact, because of it. */
export interface FollowUp {
  readonly appends: readonly AppendRequest[];
  /** Told the answers; null when it is not known to have been recorded. */
  readonly settle: (appended: AppendedWith | null) => void;
}

/** Appends a fact, and with it what follows from it. Whatever is wrong with the rest, the fact is recorded without it. */
export function appendWithFollowUp(
  log: Pick<EventLog, 'append' | 'appendWith'>,
  fact: AppendRequest,
  followUp: FollowUp | null,
): Promise<AppendResult> {
  return followUp === null ? log.append(fact) : appendBoth(log, fact, followUp);
}

async function appendBoth(
  log: Pick<EventLog, 'append' | 'appendWith'>,
  fact: AppendRequest,
  { appends, settle }: FollowUp,
): Promise<AppendResult> {
  let appended: AppendedWith | null = null;
  try {
    appended = appends.length === 0 ? null : await log.appendWith(fact, appends).catch(orNothing);
    appended ??= { fact: await log.append(fact), consequences: appends.map(() => null) };
    return appended.fact;
  } finally {
    settle(appended);
  }
}

function orNothing(error: unknown): null {
  if (isAppError(error) && !unwritable.includes(error.code)) throw error;
  return null;
}
