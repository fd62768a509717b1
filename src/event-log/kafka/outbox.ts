import { AppError, isAppError } from '../../kernel/errors.ts';
import type { AppendRequest, AppendResult } from '../event-log.ts';
import type { KafkaTransport, LogRecord } from './transport.ts';

export interface OutboxOptions {
  readonly produce: KafkaTransport['produce'];
  /** An append that has not come back for this long is sent again. */
  readonly resendMs: number;
  /** An append that has not come back for this long has an unknown outcome. */
  readonly outcomeMs: number;
}

/** An append that has been sent and not come back. */
export interface PendingAppend {
  readonly request: AppendRequest;
  readonly record: LogRecord;
}

interface Waiter {
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Entry extends PendingAppend {
  readonly key: string;
  readonly waiters: Waiter[];
  readonly giveUpAtMs: number;
  resendAtMs: number;
}

/** Appends waiting for the cluster before further ones are refused with BUSY. */
const maxPending = 20_000;
const maxBatch = 1000;
/** Well below what the topic takes in one request (see `topic.ts`). */
const maxBatchBytes = 2 * 1024 * 1024;
/** Produce requests on their way at once. */
const maxInFlight = 4;
const tickMs = 250;

/**
 * Appends on their way to the partition and back. Those of one turn of the event loop share a produce request. The broker's
 * acknowledgement decides nothing: an append is answered when the fold meets it, and sent again until then.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #pending = new Map<string, Entry>();
  readonly #ticker: NodeJS.Timeout;
  #unsent: Entry[] = [];
  #inFlight = 0;
  #flushDue = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#ticker = setInterval(() => {
      this.#tick();
    }, tickMs);
  }

  get size(): number {
    return this.#pending.size;
  }

  /** The append with this id in this stream, if it is on its way from here. */
  get(stream: string, appendId: string): PendingAppend | undefined {
    return this.#pending.get(keyOf(stream, appendId));
  }

  /** Sends an append; one that is on its way already is waited for together. Throws BUSY. */
  send(appendId: string, pending: PendingAppend): Promise<AppendResult> {
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    const key = keyOf(pending.request.stream, appendId);
    const known = this.#pending.get(key);
    if (known !== undefined) {
      known.waiters.push({ resolve, reject });
      return promise;
    }
    if (this.#pending.size >= maxPending) throw new AppError('BUSY', { message: 'Too many appends are waiting.' });
    const { resendMs, outcomeMs } = this.#options;
    const now = performance.now();
    const times = { giveUpAtMs: now + outcomeMs, resendAtMs: now + resendMs };
    const entry = { ...pending, ...times, key, waiters: [{ resolve, reject }] };
    this.#pending.set(key, entry);
    this.#unsent.push(entry);
    this.#scheduleFlush();
    return promise;
  }

  /** The fold has met the append: here is its outcome. */
  settle(stream: string, appendId: string, result: AppendResult): void {
    const entry = this.#remove(keyOf(stream, appendId));
    for (const { resolve } of entry?.waiters ?? []) resolve(result);
  }

  /** Ends all waiting with an error. */
  close(error: AppError): void {
    clearInterval(this.#ticker);
    this.#unsent = [];
    for (const key of [...this.#pending.keys()]) this.#reject(key, error);
  }

  #scheduleFlush(): void {
    if (this.#flushDue || this.#inFlight >= maxInFlight || this.#unsent.length === 0) return;
    this.#flushDue = true;
    setImmediate(() => {
      this.#flushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#takeBatch();
    if (batch.length === 0) return;
    this.#inFlight++;
    this.#options
      .produce(batch.map(({ record }) => record))
      .catch((error: unknown) => {
        // Refused for good. Any other failure says nothing: the record may be in the log, and is sent again when it is due.
        if (isAppError(error) && error.code === 'EVENT_TOO_LARGE')
          for (const { key } of batch) this.#reject(key, error);
      })
      .finally(() => {
        this.#inFlight--;
        this.#scheduleFlush();
      });
    this.#scheduleFlush();
  }

  #takeBatch(): Entry[] {
    let bytes = 0;
    const end = this.#unsent.findIndex(({ record }, i) => {
      bytes += record.value.length + record.key.length + 100;
      return i > 0 && (bytes > maxBatchBytes || i >= maxBatch);
    });
    const batch = end < 0 ? this.#unsent : this.#unsent.slice(0, end);
    this.#unsent = end < 0 ? [] : this.#unsent.slice(end);
    return batch;
  }

  #tick(): void {
    const now = performance.now();
    const error = new AppError('OUTCOME_UNKNOWN', { message: 'The cluster has not confirmed the append in time.' });
    this.#unsent = this.#unsent.filter(({ giveUpAtMs }) => giveUpAtMs > now);
    for (const entry of this.#pending.values()) {
      if (entry.giveUpAtMs <= now) this.#reject(entry.key, error);
      else if (entry.resendAtMs <= now && !this.#unsent.includes(entry)) {
        // Harmless when the first one arrives after all: an append id has one outcome.
        entry.resendAtMs = now + this.#options.resendMs;
        this.#unsent.push(entry);
      }
    }
    this.#scheduleFlush();
  }

  #reject(key: string, error: AppError): void {
    const entry = this.#remove(key);
    for (const { reject } of entry?.waiters ?? []) reject(error);
  }

  #remove(key: string): Entry | undefined {
    const entry = this.#pending.get(key);
    this.#pending.delete(key);
    return entry;
  }
}

function keyOf(stream: string, appendId: string): string {
  return `${stream}\n${appendId}`;
}
