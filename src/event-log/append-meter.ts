import { isAppError } from '../kernel/errors.ts';
import type { AppendResult } from './event-log.ts';
import { type AppendEnd, latencies, type LogFigures } from './log-figures.ts';

/** Counts and times the appends of one log. */
export class AppendMeter {
  readonly #seconds = latencies();
  readonly #ends: Record<AppendEnd, number> = { accepted: 0, conflict: 0, unknown: 0, failed: 0 };

  /** Counts an append that was called at `calledMs` and answered at `nowMs` (both monotonic). */
  answered({ outcome }: AppendResult, calledMs: number, nowMs: number): void {
    this.#ends[outcome]++;
    this.#seconds.observe((nowMs - calledMs) / 1000);
  }

  failed(error: unknown): void {
    this.#ends[isAppError(error) && error.code === 'OUTCOME_UNKNOWN' ? 'unknown' : 'failed']++;
  }

  /** Counts an append that was called at `calledMs` (monotonic) when it ends. */
  watch(append: Promise<AppendResult>, calledMs: number): void {
    append.then(
      (result) => {
        this.answered(result, calledMs, performance.now());
      },
      (error: unknown) => {
        this.failed(error);
      },
    );
  }

  read(): Omit<LogFigures, 'cluster'> {
    return { appends: { ...this.#ends }, appendSeconds: this.#seconds.read() };
  }
}
