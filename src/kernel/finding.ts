/** One thing that a doctor looked at. */
export interface Finding {
  readonly check: string;
  /** A warning may be meant so; a problem stands in the way. */
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly found: string;
  /** What to do about it; null where nothing has to be done. */
  readonly advice: string | null;
}

/** All is as it should be. */
export function ok(check: string, found: string): Finding {
  return { check, verdict: 'ok', found, advice: null };
}

/** Something to know, with what to do about it. */
export function warning(check: string, found: string, advice: string): Finding {
  return { check, verdict: 'warning', found, advice };
}

/** Something that stands in the way, with what to do about it. */
export function problem(check: string, found: string, advice: string): Finding {
  return { check, verdict: 'problem', found, advice };
}
