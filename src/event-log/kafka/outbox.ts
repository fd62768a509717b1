import { AppError, isAppError } from '../../kernel/errors.ts';
import { FleetingMap } from '../../kernel/fleeting-map.ts';
import { type ClusterFigures, latencies } from '../log-figures.ts';
import type { KafkaTransport, LogRecord } from './transport.ts';

export interface OutboxOptions {
  readonly produce: KafkaTransport['produce'];
  /** What has not come back for this long is sent again. */
  readonly resendMs: number;
  /** What has not come back for this long has an unknown outcome. */
  readonly outcomeMs: number;
}

/** A record that has been sent and not come back. */
export interface Pending {
  readonly record: LogRecord;
  /** What is sent the next times, from 1 on. Default: the same record again. */
  readonly recordAgain?: (tries: number) => LogRecord;
}

interface Waiter<R> {
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

interface Entry<P extends Pending, R> {
  readonly key: string;
  readonly pending: P;
  readonly waiters: Waiter<R>[];
  readonly giveUpAtMs: number;
  readonly bytes: number;
  resendAtMs: number;
  tries: number;
  /** It stands in the queue of what is to be sent. */
  queued: boolean;
}

/** What may wait for the cluster before more is refused with BUSY: records, and bytes of them. */
const maxPending = 20_000;
const maxPendingBytes = 64 * 1024 * 1024;
const maxBatch = 1000;
const minBatch = 32;
/** Well below what the topic takes in one request (see `topic.ts`). */
const maxBatchBytes = 2 * 1024 * 1024;
/** Produce requests on their way at once. */
const maxInFlight = 4;
const tickMs = 250;
/** After a produce request that failed: long before a record without an answer is due. */
const failedMs = 1000;

/**
 * Records on their way to the partition and back. Those of one turn of the event loop share a produce request. The broker's
 * acknowledgement decides nothing: a record is answered when the fold meets it, and sent again until then.
 */
export class Outbox<P extends Pending, R> {
  readonly #options: OutboxOptions;
  readonly #pending = new FleetingMap<string, Entry<P, R>>();
  readonly #ticker: NodeJS.Timeout;
  readonly #produceSeconds = latencies();
  #produceFailures = 0;
  #resends = 0;
  #unsent: Entry<P, R>[] = [];
  #pendingBytes = 0;
  /** Nothing has come back since a record was given up. */
  #away = false;
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

  /** What has been measured on the way to the partition. */
  figures(): Omit<ClusterFigures, 'foreign' | 'lag' | 'fetchedAtMs'> {
    return {
      waiting: this.#pending.size,
      resends: this.#resends,
      produceSeconds: this.#produceSeconds.read(),
      produceFailures: this.#produceFailures,
    };
  }

  /** What is on its way from here under this key. */
  get(key: string): P | undefined {
    return this.#pending.get(key)?.pending;
  }

  /**
   * Sends a record; one that is on its way already under the same key is waited for together. Throws BUSY, or LOG_UNAVAILABLE
   * at once while the cluster is away: then one record at a time is sent to see whether it is back.
   */
  send(key: string, pending: P): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const known = this.#pending.get(key);
    if (known !== undefined) {
      known.waiters.push({ resolve, reject });
      return promise;
    }
    const bytes = sizeOf(pending.record);
    this.#requireRoom(bytes);
    const { resendMs, outcomeMs } = this.#options;
    const now = performance.now();
    const times = { giveUpAtMs: now + outcomeMs, resendAtMs: now + resendMs };
    const entry = { pending, ...times, key, bytes, tries: 0, queued: false, waiters: [{ resolve, reject }] };
    this.#pending.set(key, entry);
    this.#pendingBytes += bytes;
    this.#enqueue(entry);
    this.#scheduleFlush();
    return promise;
  }

  /** The fold has met the record: here is its outcome. */
  settle(key: string, result: R): void {
    const entry = this.#remove(key);
    if (entry !== undefined) this.#away = false;
    for (const { resolve } of entry?.waiters ?? []) resolve(result);
  }

  /** Ends all waiting with an error. */
  close(error: AppError): void {
    clearInterval(this.#ticker);
    this.#unsent = [];
    for (const key of [...this.#pending.keys()]) this.#reject(key, error);
  }

  #requireRoom(bytes: number): void {
    const { size } = this.#pending;
    if (this.#away && size > 0)
      throw new AppError('LOG_UNAVAILABLE', { message: 'The Kafka cluster does not answer; this was not sent.' });
    if (size >= maxPending || (size > 0 && this.#pendingBytes + bytes > maxPendingBytes))
      throw new AppError('BUSY', { message: 'Too many appends are waiting.' });
  }

  #enqueue(entry: Entry<P, R>): void {
    if (entry.queued) return;
    entry.queued = true;
    this.#unsent.push(entry);
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
    const sentMs = performance.now();
    this.#options
      .produce(batch.map(({ pending, tries }) => recordOf(pending, tries)))
      .then(() => {
        this.#produceSeconds.observe((performance.now() - sentMs) / 1000);
      })
      .catch((error: unknown) => {
        this.#produceFailures++;
        // Refused for good. Any other failure says nothing: the record may be in the log, and is sent again when it is due.
        if (isAppError(error) && error.code === 'EVENT_TOO_LARGE')
          for (const { key } of batch) this.#reject(key, error);
        const soon = performance.now() + failedMs;
        for (const entry of batch) entry.resendAtMs = Math.min(entry.resendAtMs, soon);
      })
      .finally(() => {
        this.#inFlight--;
        this.#scheduleFlush();
      });
    this.#scheduleFlush();
  }

  #takeBatch(): Entry<P, R>[] {
    let bytes = 0;
    // Spread over the requests that may be on their way: while one batch is read back, the next one is being written.
    const share = Math.ceil(this.#unsent.length / (maxInFlight - this.#inFlight));
    const most = Math.min(maxBatch, Math.max(minBatch, share));
    const end = this.#unsent.findIndex((entry, i) => {
      bytes += entry.bytes;
      return i > 0 && (bytes > maxBatchBytes || i >= most);
    });
    const batch = end < 0 ? this.#unsent : this.#unsent.slice(0, end);
    this.#unsent = end < 0 ? [] : this.#unsent.slice(end);
    for (const entry of batch) entry.queued = false;
    return batch;
  }

  #tick(): void {
    const now = performance.now();
    const error = new AppError('OUTCOME_UNKNOWN', { message: 'The cluster has not confirmed it in time.' });
    this.#unsent = this.#unsent.filter(({ giveUpAtMs }) => giveUpAtMs > now);
    for (const entry of this.#pending.values()) {
      if (entry.giveUpAtMs <= now) {
        this.#away = true;
        this.#reject(entry.key, error);
      } else if (entry.resendAtMs <= now && !entry.queued) {
        // Harmless when the first one arrives after all: what stands under one id has one outcome.
        entry.resendAtMs = now + this.#options.resendMs;
        entry.tries++;
        this.#resends++;
        this.#enqueue(entry);
      }
    }
    this.#scheduleFlush();
  }

  #reject(key: string, error: AppError): void {
    const entry = this.#remove(key);
    for (const { reject } of entry?.waiters ?? []) reject(error);
  }

  #remove(key: string): Entry<P, R> | undefined {
    const entry = this.#pending.get(key);
    this.#pending.delete(key);
    this.#pendingBytes -= entry?.bytes ?? 0;
    return entry;
  }
}

/** A record with what Kafka adds, roughly. */
function sizeOf({ key, value }: LogRecord): number {
  return value.length + key.length + 100;
}

function recordOf({ record, recordAgain }: Pending, tries: number): LogRecord {
  return tries === 0 ? record : (recordAgain?.(tries) ?? record);
}
