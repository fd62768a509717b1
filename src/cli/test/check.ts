/** What became of one test, or of one thing that every skill must keep to. */
export interface Check {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed or could not be checked; else null, or a remark. */
  readonly reason: string | null;
  readonly durationMs: number;
}

/** A test of the skill's own. */
export interface OwnTest extends Check {
  /** Where it stands, relative to the skill's folder: `tests/index.test.js:8`. */
  readonly place: string;
}

/** How many there are of an outcome. */
export function count(checks: readonly Check[], outcome: Check['outcome']): number {
  return checks.filter((check) => check.outcome === outcome).length;
}
