/** How often and how soon a request is repeated. */
export interface RetryPolicy {
  /** Repetitions after the first attempt; default 4. */
  readonly maxRetries: number;
  /** Upper bound of the first wait; doubles each time. Default 250. */
  readonly baseDelayMs: number;
  /** Upper bound of all waits that the server did not ask for. Default 10,000. */
  readonly maxDelayMs: number;
}

export const defaultRetry: RetryPolicy = { maxRetries: 4, baseDelayMs: 250, maxDelayMs: 10_000 };

/** The longest wait that a server can ask for; a longer one is an error at once. */
export const maxRetryAfterMs = 60_000;

/** How an attempt went wrong. */
export interface FailedAttempt {
  /** From 1. */
  readonly attempt: number;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** Doing it twice is the same as once: it reads, or has an `Idempotency-Key`. */
  readonly idempotent: boolean;
}

/**
 * How long to wait before the next attempt; null when there is none. Without an answer, and after 503, only what is idempotent is
 * repeated; after 429 everything, as nothing was done. Full jitter (a random share of a bound that doubles) spreads clients that
 * failed together: M. Brooker, "Exponential Backoff and Jitter", AWS 2015. `random` is from 0 up to 1.
 */
export function retryDelayMs(
  { attempt, status, retryAfterMs, idempotent }: FailedAttempt,
  policy: RetryPolicy,
  random: number,
): number | null {
  const isPassing = status === 429 || (idempotent && (status === null || status === 503));
  if (!isPassing || attempt > policy.maxRetries) return null;
  if (retryAfterMs !== null && retryAfterMs > maxRetryAfterMs) return null;
  return Math.max(retryAfterMs ?? 0, backOffMs(attempt, policy, random));
}

/** A random share of a bound that doubles with each attempt. */
export function backOffMs(
  attempt: number,
  { baseDelayMs, maxDelayMs }: Pick<RetryPolicy, 'baseDelayMs' | 'maxDelayMs'>,
  random: number,
): number {
  return Math.round(random * Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(attempt - 1, 30)));
}
