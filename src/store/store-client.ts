import { Worker } from 'node:worker_threads';

import { AppError } from '../kernel/errors.ts';
import {
  type ReadReply,
  type ReadRequest,
  type StoreOpened,
  type StoreOptions,
  type StoreReply,
  unpackError,
} from './store-calls.ts';
import { WorkerCalls } from './worker-calls.ts';

/** Young generation of the store's threads: their garbage is short-lived, and an idle server should be small. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

/**
 * The main thread's end of the store: one thread writes (log and vault), another one folds and reads. So a flush holds up
 * neither sockets nor queries, and a fold holds up no append.
 */
export class StoreClient {
  readonly opened: StoreOpened;
  readonly #writer: WorkerCalls;
  readonly #reader: WorkerCalls;
  readonly #readWorker: Worker;
  #head: number;
  #folding = false;
  #closed = false;

  private constructor(writeWorker: Worker, readWorker: Worker, opened: StoreOpened) {
    this.opened = opened;
    this.#head = opened.head;
    this.#writer = new WorkerCalls(writeWorker);
    this.#reader = new WorkerCalls(readWorker);
    this.#readWorker = readWorker;
    writeWorker.on('message', (reply: StoreReply) => {
      this.#settle(reply);
    });
    readWorker.on('message', (reply: ReadReply) => {
      this.#settleRead(reply);
    });
  }

  /** Starts the threads. Rejects with the reason when the data directory cannot be opened. */
  static async start(options: StoreOptions): Promise<StoreClient> {
    const settings = { workerData: options, resourceLimits };
    const writeWorker = new Worker(new URL('./thread.ts', import.meta.url), settings);
    // Both load their code at the same time; the reader opens its files when the log is there.
    const readWorker = new Worker(new URL('./read-thread.ts', import.meta.url), settings);
    try {
      const opened = await firstReply<StoreReply>(writeWorker);
      if (opened.kind !== 'opened')
        throw opened.kind === 'refused' ? unpackError(opened.error) : new AppError('INTERNAL');
      const open: ReadRequest = { kind: 'open' };
      readWorker.postMessage(open);
      const ready = await firstReply<ReadReply>(readWorker);
      if (ready.kind === 'refused') throw unpackError(ready.error);
      return new StoreClient(writeWorker, readWorker, opened.opened);
    } catch (error) {
      await Promise.all([writeWorker.terminate(), readWorker.terminate()]);
      throw error;
    }
  }

  /** Sends packed appends; resolves with packed verdicts when they are on disk. The buffer is transferred. */
  append(packed: Uint8Array<ArrayBuffer>): Promise<Float64Array> {
    return this.#writer.send<Float64Array>({ kind: 'append', packed }, [packed.buffer], 'OUTCOME_UNKNOWN');
  }

  /** Lets the read models know that the log has moved on. */
  noteHead(head: number): void {
    this.#head = head;
    if (this.#folding || this.#closed) return;
    this.#folding = true;
    const appended: ReadRequest = { kind: 'appended' };
    this.#readWorker.postMessage(appended);
  }

  /** Calls a method of the writing thread: the vault's. */
  write<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return this.#writer.send<T>({ kind: 'call', method, args }, [], 'LOG_UNAVAILABLE');
  }

  /** Calls a method of the reading thread: reads of the log, and queries. */
  read<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return this.#reader.send<T>({ kind: 'call', method, args }, [], 'LOG_UNAVAILABLE');
  }

  /** Closes the files and ends the threads. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.read('reader.close');
    await this.#reader.end();
    await this.write('store.close');
    await this.#writer.end();
  }

  /** Ends the threads at once, as a crash would; appends in flight reject with OUTCOME_UNKNOWN. For tests. */
  async crash(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#writer.end(), this.#reader.end()]);
  }

  #settle(reply: StoreReply): void {
    if (reply.kind === 'appended') this.#writer.resolve(reply.id, reply.verdicts);
    else if (reply.kind === 'answer') this.#writer.resolve(reply.id, reply.value);
    else if (reply.kind === 'failed') this.#writer.reject(reply.id, unpackError(reply.error));
  }

  #settleRead(reply: ReadReply): void {
    if (reply.kind === 'answer') this.#reader.resolve(reply.id, reply.value);
    else if (reply.kind === 'failed') this.#reader.reject(reply.id, unpackError(reply.error));
    else if (reply.kind === 'folded') {
      this.#folding = false;
      if (reply.position < this.#head) this.noteHead(this.#head);
    }
  }
}

function firstReply<T>(worker: Worker): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  worker.once('error', reject);
  worker.once('message', resolve);
  return promise.finally(() => worker.removeListener('error', reject));
}
