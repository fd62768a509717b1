import { AppError, isAppError } from '../../kernel/errors.ts';
import { randomText } from '../../kernel/ids.ts';
import { packAppends, verdictAt } from '../../store/append-batch.ts';
import { type BatchVerdict, ownIdMark } from '../../store/log-file.ts';
import type { StoredRecord } from '../../store/log-pages.ts';
import type { StoreClient } from '../../store/store-client.ts';
import type { AppendRequest, AppendResult, LogCapabilities } from '../event-log.ts';
import type { ClusterFigures } from '../log-figures.ts';
import { toRecordedEvents } from '../record.ts';
import { learnSchemas } from '../schema-stream.ts';
import { resultOf, StoredLog } from '../stored-log.ts';
import { appendIn, isForeign, manifestRecord, parseManifest, type PlacedAppend, recordOf } from './log-record.ts';
import { Outbox, type Pending } from './outbox.ts';
import type { KafkaTransport, PlacedRecord } from './transport.ts';

export interface KafkaLogOptions {
  readonly transport: KafkaTransport;
  /** Names this log among those of the cluster. */
  readonly cell: string;
  /** Opens the store that keeps this node's copy of the log with this epoch. */
  readonly openStore: (epoch: string) => Promise<StoreClient>;
  /** The log cannot go on: it has a hole, it is another one than the copy, or the client has given up. */
  readonly onFailure: (error: Error) => void;
  /** How many records this node has taken in, while it opens. */
  readonly onProgress?: (progress: { readonly taken: number; readonly of: number }) => void;
  /** The record at this offset is no append: ihuman did not write it, and it counts for nothing. */
  readonly onForeign?: (offset: number) => void;
  /** An append that has not come back for this long is sent again. Default 5 s, or a third of `outcomeMs`. */
  readonly resendMs?: number;
  /** An append that has not come back for this long has an unknown outcome. Default 30 s. */
  readonly outcomeMs?: number;
}

interface PendingAppend extends Pending {
  readonly request: AppendRequest;
}

const storeRetryMs = 1000;
const maxManifestTries = 10;
const syncMs = 10_000;
/** An idle partition is asked twice a second: when it has not answered for so long, the cluster is away. */
const awayMs = 10_000;
const awayRetryMs = 2000;

/**
 * The event log on one partition of Kafka, with the *log as arbiter*: an append is one record with its expectation and its id.
 * Every node takes the partition into its own store with the same rules, and passes over what does not fit; an appender knows
 * its answer when its own copy meets its own record. So no node leads, none has to be fenced, and one that was paused for an hour
 * harms nothing: its late records are refused everywhere alike.
 */
export class KafkaLog extends StoredLog {
  override readonly capabilities: LogCapabilities = {
    durable: true,
    clustered: true,
    maxAppendBytes: 4 * 1024 * 1024,
    maxEventsPerAppend: 1000,
  };
  readonly #options: KafkaLogOptions;
  readonly #outbox: Outbox<PendingAppend, AppendResult>;
  /** The next offset to take in. */
  #next: number;
  #failure: Error | null = null;
  #waiting: { readonly end: number; readonly wake: (value: undefined) => void }[] = [];
  #foreign = 0;
  /** The end of the partition that the start waits for. */
  #startEnd: number | null = null;

  private constructor(store: StoreClient, options: KafkaLogOptions) {
    super(store);
    this.#options = options;
    this.#next = store.opened.folded;
    const { transport, outcomeMs = 30_000, resendMs = Math.min(5000, outcomeMs / 3) } = options;
    this.#outbox = new Outbox({ produce: (records) => transport.produce(records), resendMs, outcomeMs });
  }

  /**
   * Opens the log: checks the topic, starts a new log with its manifest, opens this node's copy, and takes in everything that the
   * partition has by now. Throws LOG_CORRUPT or CONFIG_INVALID when topic and copy do not belong together.
   */
  static async open(options: KafkaLogOptions): Promise<{ readonly log: KafkaLog; readonly store: StoreClient }> {
    const { transport, cell, openStore } = options;
    await transport.prepareTopic();
    const end = await beginLog(transport, cell);
    const opened = Promise.withResolvers<KafkaLog>();
    const opening: { log: KafkaLog | null } = { log: null };
    await transport.read({
      begin: async (first) => {
        opening.log ??= new KafkaLog(await openStore(epochIn(first, cell)), options);
        opened.resolve(opening.log);
        return opening.log.#begin();
      },
      take: async (records) => {
        if (opening.log !== null) await opening.log.#take(records);
      },
      failed: (error) => {
        opened.reject(error);
        if (opening.log !== null) opening.log.#fail(error);
      },
    });
    try {
      const log = await opened.promise;
      await log.#catchUp(end);
      await learnSchemas(log, log.codec);
      return { log, store: log.store };
    } catch (error) {
      await (opening.log === null ? transport.close() : opening.log.close());
      await opening.log?.store.close();
      throw error;
    }
  }

  override append(request: AppendRequest): Promise<AppendResult> {
    const calledMs = performance.now();
    const append = this.#submit(request);
    this.meter.watch(append, calledMs);
    return append;
  }

  async #submit(request: AppendRequest): Promise<AppendResult> {
    if (this.#failure !== null) {
      throw new AppError('LOG_UNAVAILABLE', { message: stopped(this.#failure), cause: this.#failure });
    }
    this.#requireCluster();
    const appendId = request.appendId ?? `${ownIdMark}${randomText(16)}`;
    const record = recordOf({ ...this.propose({ ...request, appendId }), appendId });
    return this.#outbox.send(keyOf(request.stream, appendId), { request, record });
  }

  /** While nobody answers, an append would wait for its time and then have an unknown outcome: better say at once that it is not sent. */
  #requireCluster(): void {
    const { lastFetch } = this.#options.transport;
    const silentMs = lastFetch === null ? 0 : Date.now() - lastFetch.atMs;
    if (silentMs < awayMs) return;
    const message = `Kafka has not answered for ${String(Math.round(silentMs / 1000))} seconds.`;
    throw new AppError('LOG_UNAVAILABLE', { message, retryAfterMs: awayRetryMs });
  }

  override async sync(): Promise<void> {
    const end = await this.#endOffset();
    await this.#reach(end, AbortSignal.timeout(syncMs));
    if (this.#next < end) throw new AppError('LOG_UNAVAILABLE', { message: 'This node is behind the cluster.' });
  }

  async #endOffset(): Promise<number> {
    try {
      return await this.#options.transport.endOffset();
    } catch (error) {
      throw new AppError('LOG_UNAVAILABLE', { message: 'Kafka cannot be asked.', cause: error });
    }
  }

  override async close(): Promise<void> {
    const { outcomeMs = 30_000, transport } = this.#options;
    const deadline = performance.now() + outcomeMs;
    while (this.#outbox.size > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    this.live.close();
    await transport.close();
    for (const { wake } of this.#waiting) wake(undefined);
    this.#outbox.close(new AppError('OUTCOME_UNKNOWN', { message: 'The log was closed before the append came back.' }));
  }

  protected override clusterFigures(): ClusterFigures {
    const { lastFetch } = this.#options.transport;
    return {
      ...this.#outbox.figures(),
      foreign: this.#foreign,
      lag: Math.max(0, (lastFetch?.end ?? 0) - this.#next),
      fetchedAtMs: lastFetch?.atMs ?? null,
    };
  }

  /** Where reading goes on: at the last record of the copy, which has to be the same in the partition. */
  #begin(): number {
    return Math.max(0, this.#next - 1);
  }

  async #take(records: readonly PlacedRecord[]): Promise<void> {
    if (this.live.closed || this.#failure !== null) return;
    for (const record of records) if (record.offset === this.#next - 1) await this.#checkSeam(record);
    const fresh = records.filter((record) => record.offset >= this.#next);
    const first = fresh[0];
    const last = fresh.at(-1);
    if (first === undefined || last === undefined) return;
    const gap = fresh.find((record, i) => record.offset !== this.#next + i);
    if (gap !== undefined) {
      this.#fail(corrupt(`records are missing between the offsets ${String(this.#next)} and ${String(gap.offset)}`));
      return;
    }
    const appends = fresh.map(appendIn).filter((append) => append !== null);
    if (appends.length < fresh.length) this.#tellForeign(fresh);
    const verdicts = await this.#judge(appends, last.offset + 1);
    if (verdicts === null) return;
    this.#next = last.offset + 1;
    this.#settle(appends, verdicts);
    if (this.#startEnd !== null) this.#options.onProgress?.({ taken: this.#next, of: this.#startEnd });
    for (const { end, wake } of this.#waiting) if (this.#next >= end) wake(undefined);
  }

  #tellForeign(records: readonly PlacedRecord[]): void {
    for (const { offset } of records.filter(isForeign)) {
      this.#foreign++;
      this.#options.onForeign?.(offset);
    }
  }

  /** Judges and stores; tries again while the store cannot write (a full disk, say): the partition waits. */
  async #judge(appends: readonly PlacedAppend[], folded: number): Promise<readonly BatchVerdict[] | null> {
    while (!this.live.closed && this.#failure === null) {
      try {
        const verdicts = await this.store.append(packAppends(appends, folded));
        return appends.map((_, i) => verdictAt(verdicts, i));
      } catch (error) {
        if (!isAppError(error) || error.code === 'LOG_CORRUPT' || error.code === 'OUTCOME_UNKNOWN') {
          this.#fail(error instanceof Error ? error : new Error(String(error)));
          return null;
        }
        await new Promise((resolve) => setTimeout(resolve, storeRetryMs));
      }
    }
    return null;
  }

  #settle(appends: readonly PlacedAppend[], verdicts: readonly BatchVerdict[]): void {
    if (this.#startEnd === null) {
      appends.forEach((append, i) => {
        const verdict = verdicts[i];
        if (verdict?.kind === 'accepted') this.#publishTaken(append, verdict.firstRevision);
      });
      this.live.wake();
    } else {
      // Nobody listens yet: what is history by the time of the first reader is read from the store.
      const last = appends.findLast((_, i) => verdicts[i]?.kind === 'accepted');
      if (last !== undefined) this.live.skipTo(last.position);
    }
    this.store.noteHead(this.live.head);
    appends.forEach(({ stream, appendId, eventCount }, i) => {
      const verdict = verdicts[i];
      if (verdict !== undefined && verdict.kind !== 'skipped')
        this.#outbox.settle(keyOf(stream, appendId), resultOf(verdict, eventCount));
    });
  }

  #publishTaken(append: PlacedAppend, firstRevision: number): void {
    const { stream, position, record, appendId } = append;
    const own = this.#outbox.get(keyOf(stream, appendId));
    // Somebody may have used the same id for something else: what is in the log counts.
    if (own !== undefined && Buffer.compare(own.record.value, record) === 0) {
      this.publish(own.request, { position, firstRevision }, record.length);
      return;
    }
    const events = toRecordedEvents({ stream, position, firstRevision, record }, this.codec);
    for (const event of events) this.codec.learn(event);
    this.live.publish(events, position, record.length);
  }

  /** The last record that the copy has must be what stands in the partition: else one of them was cut off and written anew. */
  async #checkSeam(placed: PlacedRecord): Promise<void> {
    const [stored] = await this.store.read<readonly StoredRecord[]>('log.readAll', placed.offset, 1);
    if (stored?.position !== placed.offset + 1) return;
    if (Buffer.compare(stored.record, placed.value) !== 0 || stored.stream !== placed.key)
      this.#fail(corrupt(`the record at offset ${String(placed.offset)} is another one than this node has taken in`));
  }

  async #catchUp(end: number): Promise<void> {
    if (this.#next > end)
      this.#fail(corrupt(`it ends at offset ${String(end)}, and this node has taken in ${String(this.#next)} records`));
    this.#requireWhole();
    this.#startEnd = end;
    await this.#reach(end);
    this.#startEnd = null;
    this.#requireWhole();
  }

  /** Resolves when everything before this offset has been taken in, when the log has failed, or at `signal`. */
  async #reach(end: number, signal?: AbortSignal): Promise<void> {
    if (this.#next >= end || this.#failure !== null) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const waiting = { end, wake: resolve };
    this.#waiting.push(waiting);
    const stop = (): void => {
      resolve(undefined);
    };
    signal?.addEventListener('abort', stop, { once: true });
    await promise;
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
  }

  #requireWhole(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #fail(error: Error): void {
    if (this.#failure !== null || this.live.closed) return;
    this.#failure = error;
    this.#outbox.close(new AppError('OUTCOME_UNKNOWN', { message: stopped(error), cause: error }));
    for (const { wake } of this.#waiting) wake(undefined);
    this.#options.onFailure(error);
  }
}

function keyOf(stream: string, appendId: string): string {
  return `${stream}\n${appendId}`;
}

/** Writes the manifest of a new log, and returns the partition's end. Of several manifests the first one counts. */
async function beginLog(transport: KafkaTransport, cell: string): Promise<number> {
  const manifest = manifestRecord({ epoch: randomText(12), cell });
  for (let tries = 1; ; tries++) {
    const end = await transport.endOffset();
    if (end > 0) return end;
    try {
      await transport.produce([manifest]);
    } catch (error) {
      // It may have been written all the same.
      if (tries === maxManifestTries) throw error;
    }
  }
}

function epochIn(first: PlacedRecord, cell: string): string {
  const manifest = parseManifest(first);
  if ('problem' in manifest) throw corrupt(manifest.problem);
  if (manifest.cell === cell) return manifest.epoch;
  throw new AppError('CONFIG_INVALID', {
    message: `The topic holds the log of the cell ${manifest.cell}, not of ${cell}.`,
  });
}

function corrupt(reason: string): AppError {
  return new AppError('LOG_CORRUPT', { message: `The log on Kafka cannot be used: ${reason}.` });
}

function stopped(cause: Error): string {
  return `The event log has stopped: ${cause.message}`;
}
