import { isAppError } from '../kernel/errors.ts';
import type { AppendResult } from './event-log.ts';
import { type AppendEnd, latencies, type LogFigures } from './log-figures.ts';

/** Counts and times the appends of one log. */
export class AppendMeter {
  readonly #seconds = latencies();
  readonly #ends: Record<AppendEnd, number> = { accepted: 0, conflict: 0, unknown: 0, failed: 0 };

  /** Counts an append that was called at `calledMs` (monotonic) when it ends; null is none. */
  watch(append: Promise<AppendResult | null>, calledMs: number): void {
    append.then(
      (result) => {
        if (result === null) return;
        this.#ends[result.outcome]++;
        this.#seconds.observe((performance.now() - calledMs) / 1000);
      },
      (error: unknown) => {
        this.#ends[isAppError(error) && error.code === 'OUTCOME_UNKNOWN' ? 'unknown' : 'failed']++;
      },
    );
  }

  read(): Omit<LogFigures, 'cluster'> {
    return { appends: { ...this.#ends }, appendSeconds: this.#seconds.read() };
  }
}
