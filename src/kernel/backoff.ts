/** How long to wait between attempts: exponential from `initialDelayMs`, never above `maxDelayMs`. */
export interface Backoff {
  readonly initialDelayMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
}

/** The delay after the given failed attempt (the first is 1), in whole milliseconds. */
export function backoffDelayMs(backoff: Backoff, failedAttempt: number): number {
  const raw = backoff.initialDelayMs * backoff.factor ** (failedAttempt - 1);
  return Math.round(Math.min(raw, backoff.maxDelayMs));
}
