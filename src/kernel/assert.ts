/** A broken assumption of our own code: never the caller's fault, never shown to a caller as a message. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

/** Throws {@link BugError} unless `condition` holds. */
export function assertThat(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new BugError(claim);
}

/** Returns `value`, which our own code has already made sure exists. */
export function definitely<T>(value: T | null | undefined, claim: string): T {
  if (value === null || value === undefined) throw new BugError(claim);
  return value;
}
