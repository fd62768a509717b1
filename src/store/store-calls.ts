import type { ErrorCode, Problem } from '../kernel/errors.ts';
import { AppError, isAppError } from '../kernel/errors.ts';

/** What the threads of the store open. */
export interface StoreOptions {
  readonly dataDir: string;
  /** Epoch of the log elsewhere that this store keeps a copy of. Absent: the store is the log. */
  readonly copyOf?: string;
  /** The key of the vault. Absent or empty: the key file in the data directory. */
  readonly vaultKey?: Uint8Array;
}

/** What the writing thread reports once it has opened its files. */
export interface StoreOpened {
  readonly head: number;
  /** How far a copy has taken in its log; 0 when the store is the log. */
  readonly folded: number;
  readonly epoch: string;
}

/** From the main thread to the writing thread. */
export type StoreRequest =
  | { readonly kind: 'append'; readonly id: number; readonly packed: Uint8Array }
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] };

/** From the writing thread to the main thread. */
export type StoreReply =
  | { readonly kind: 'opened'; readonly opened: StoreOpened }
  | { readonly kind: 'refused'; readonly error: CarriedError }
  | { readonly kind: 'appended'; readonly id: number; readonly verdicts: Float64Array }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: CarriedError };

/** From the main thread to the reading thread. `open` comes once the log is there; `appended` asks for a fold soon. */
export type ReadRequest =
  | { readonly kind: 'open' | 'appended' }
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] };

/** From the reading thread to the main thread. `folded` tells the position that the read models have reached. */
export type ReadReply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: CarriedError }
  | { readonly kind: 'folded'; readonly position: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: CarriedError };

/** An error as plain data: a structured clone would drop its code. */
export interface CarriedError {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly stack: string | null;
  readonly problems: readonly Problem[];
  readonly retryAfterMs: number | null;
}

/** Packs an error for the journey between threads. */
export function carryError(error: unknown): CarriedError {
  if (isAppError(error)) {
    const { code, message, problems, retryAfterMs } = error;
    return { code, message, problems, retryAfterMs, stack: stackOf(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: null,
    message,
    stack: error instanceof Error ? (error.stack ?? null) : null,
    problems: [],
    retryAfterMs: null,
  };
}

/** The error as it was on the other side; one without a code becomes INTERNAL with the original as its cause. */
export function unpackError(carried: CarriedError): AppError {
  const cause = carried.stack ?? carried.message;
  if (carried.code === null) return new AppError('INTERNAL', { cause });
  const { code, message, problems, retryAfterMs } = carried;
  return new AppError(code, { message, problems, cause, ...(retryAfterMs !== null && { retryAfterMs }) });
}

function stackOf(error: AppError): string | null {
  const inner = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? error.message}${inner}`;
}
