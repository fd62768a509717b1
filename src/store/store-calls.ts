import type { ErrorCode, Problem } from '../kernel/errors.ts';
import { AppError, isAppError } from '../kernel/errors.ts';

/** What the store thread opens. */
export interface StoreOptions {
  readonly dataDir: string;
}

/** What the store thread reports once it has opened its files. */
export interface StoreOpened {
  readonly head: number;
  readonly epoch: string;
}

/** From the node's main thread to the store thread. */
export type StoreRequest =
  | { readonly kind: 'append'; readonly id: number; readonly packed: Uint8Array }
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] };

/** From the store thread to the node's main thread. */
export type StoreReply =
  | { readonly kind: 'opened'; readonly opened: StoreOpened }
  | { readonly kind: 'refused'; readonly error: CarriedError }
  | { readonly kind: 'appended'; readonly id: number; readonly verdicts: Float64Array }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: CarriedError };

/** An error as plain data: a structured clone would drop its code. */
export interface CarriedError {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly stack: string | null;
  readonly problems: readonly Problem[];
}

/** Packs an error for the journey between threads. */
export function carryError(error: unknown): CarriedError {
  if (isAppError(error)) {
    return { code: error.code, message: error.message, stack: stackOf(error), problems: error.problems };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: null, message, stack: error instanceof Error ? (error.stack ?? null) : null, problems: [] };
}

/** The error as it was on the other side; one without a code becomes INTERNAL with the original as its cause. */
export function unpackError(carried: CarriedError): AppError {
  const cause = carried.stack ?? carried.message;
  if (carried.code === null) return new AppError('INTERNAL', { cause });
  return new AppError(carried.code, { message: carried.message, problems: carried.problems, cause });
}

function stackOf(error: AppError): string | null {
  const inner = error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? error.message}${inner}`;
}
