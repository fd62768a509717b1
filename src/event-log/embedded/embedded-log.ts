import { definitely } from '../../kernel/assert.ts';
import { AppError } from '../../kernel/errors.ts';
import { packAppends, verdictAt } from '../../store/append-batch.ts';
import type { ProposedAppend } from '../../store/log-file.ts';
import type { StoreClient } from '../../store/store-client.ts';
import type { AppendedWith, AppendRequest, AppendResult, LogCapabilities } from '../event-log.ts';
import { learnSchemas } from '../schema-stream.ts';
import { resultOf, StoredLog } from '../stored-log.ts';

interface PendingAppend {
  readonly request: AppendRequest;
  readonly proposed: ProposedAppend;
  readonly calledMs: number;
  /** Null: it was not judged, as the fact that it follows from was refused. */
  readonly resolve: (result: AppendResult | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Appends waiting for the store before further ones are refused with BUSY. */
const maxPending = 100_000;
const maxBatch = 4096;
/** Batches on their way at once: while one is written the next waits beside it. More would only make each smaller. */
const maxInFlight = 2;

/**
 * The event log on this machine's disk. Appends of one turn of the event loop travel to the store thread together and share
 * one flushed transaction; while it is being written the next ones gather. So the batch grows with the load, and a lone
 * append waits for nothing but its own flush.
 */
export class EmbeddedLog extends StoredLog {
  override readonly capabilities: LogCapabilities = {
    durable: true,
    clustered: false,
    maxAppendBytes: 4 * 1024 * 1024,
    maxEventsPerAppend: 1000,
  };
  #pending: PendingAppend[] = [];
  #inFlight = 0;
  #flushDue = false;

  /** Opens the log that the store thread holds, and writes down the schemas of this program where they are new. */
  static async open(store: StoreClient): Promise<EmbeddedLog> {
    const log = new EmbeddedLog(store);
    await learnSchemas(log, log.codec);
    return log;
  }

  override append(request: AppendRequest): Promise<AppendResult> {
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    try {
      this.#requireRoom();
      // It follows from nothing that could be refused.
      const answer = resolve as PendingAppend['resolve'];
      this.#pending.push({
        request,
        proposed: this.propose(request),
        calledMs: performance.now(),
        resolve: answer,
        reject,
      });
      this.#scheduleFlush();
    } catch (error) {
      this.meter.failed(error);
      reject(error);
    }
    return promise;
  }

  override appendWith(fact: AppendRequest, consequences: readonly AppendRequest[]): Promise<AppendedWith> {
    const { promise, resolve, reject } = Promise.withResolvers<AppendedWith>();
    try {
      this.#requireRoom();
      const requests = [fact, ...consequences];
      const proposals = requests.map((request, i) => ({ ...this.propose(request), linked: i > 0 }));
      const calledMs = performance.now();
      const answers: (AppendResult | null)[] = [];
      // They are answered in their order, one right after the other.
      const answer = (result: AppendResult | null): void => {
        if (answers.push(result) < requests.length) return;
        const [first, ...rest] = answers;
        resolve({ fact: definitely(first, 'a fact is always judged'), consequences: rest });
      };
      requests.forEach((request, i) => {
        const proposed = definitely(proposals[i], 'each request is proposed');
        this.#pending.push({ request, proposed, calledMs, resolve: answer, reject });
      });
      this.#scheduleFlush();
    } catch (error) {
      this.meter.failed(error);
      reject(error);
    }
    return promise;
  }

  #requireRoom(): void {
    if (this.#pending.length >= maxPending) throw new AppError('BUSY', { message: 'Too many appends are waiting.' });
  }

  override sync(): Promise<void> {
    // What was acknowledged, was acknowledged here.
    return Promise.resolve();
  }

  override async close(): Promise<void> {
    while (this.#pending.length > 0 || this.#inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    this.live.close();
  }

  #scheduleFlush(): void {
    if (this.#flushDue || this.#inFlight >= maxInFlight || this.#pending.length === 0) return;
    this.#flushDue = true;
    setImmediate(() => {
      this.#flushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const batch = this.#takeBatch();
    this.#inFlight++;
    const packed = packAppends(batch.map((pending) => pending.proposed));
    this.store.append(packed).then(
      (verdicts) => {
        this.#inFlight--;
        // First those who waited: what they append next joins the batch that is sent after this turn of the loop.
        this.#settle(batch, verdicts);
        this.#scheduleFlush();
      },
      (error: unknown) => {
        this.#inFlight--;
        for (const pending of batch) {
          this.meter.failed(error);
          pending.reject(error);
        }
        this.#scheduleFlush();
      },
    );
  }

  /** A fact and what follows from it are never divided. */
  #takeBatch(): PendingAppend[] {
    let size = Math.min(this.#pending.length, maxBatch);
    while (this.#pending[size]?.proposed.linked === true) size++;
    if (size < this.#pending.length) return this.#pending.splice(0, size);
    const batch = this.#pending;
    this.#pending = [];
    return batch;
  }

  #settle(batch: readonly PendingAppend[], verdicts: Float64Array): void {
    const answers = batch.map((_, i) => verdictAt(verdicts, i));
    batch.forEach((pending, i) => {
      const verdict = answers[i];
      if (verdict?.kind === 'accepted') {
        this.publish(pending.request, verdict, pending.proposed.record.length);
      }
    });
    this.live.wake();
    this.store.noteHead(this.live.head);
    const nowMs = performance.now();
    batch.forEach((pending, i) => {
      const verdict = answers[i];
      if (verdict === undefined || verdict.kind === 'skipped') {
        pending.resolve(null);
        return;
      }
      const result = resultOf(verdict, pending.request.events.length);
      this.meter.answered(result, pending.calledMs, nowMs);
      pending.resolve(result);
    });
  }
}
