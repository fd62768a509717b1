import { Worker } from 'node:worker_threads';

import { AppError } from '../kernel/errors.ts';
import { type StoreOpened, type StoreOptions, type StoreReply, type StoreRequest, unpackError } from './store-calls.ts';

interface Waiting {
  readonly isAppend: boolean;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A request as its sender writes it; the client numbers it. */
type Unnumbered =
  | { readonly kind: 'append'; readonly packed: Uint8Array }
  | { readonly kind: 'call'; readonly method: string; readonly args: readonly unknown[] };

/** The main thread's end of the store thread: sends appends and calls, and matches the answers. */
export class StoreClient {
  readonly opened: StoreOpened;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #closed = false;

  private constructor(worker: Worker, opened: StoreOpened) {
    this.#worker = worker;
    this.opened = opened;
    worker.on('message', (reply: StoreReply) => {
      this.#settle(reply);
    });
    worker.on('exit', () => {
      this.#fail();
    });
  }

  /** Starts the store thread. Rejects with the reason when the data directory cannot be opened. */
  static start(options: StoreOptions): Promise<StoreClient> {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: options });
    const { promise, resolve, reject } = Promise.withResolvers<StoreClient>();
    worker.once('error', reject);
    worker.once('message', (reply: StoreReply) => {
      if (reply.kind === 'opened') resolve(new StoreClient(worker, reply.opened));
      else reject(reply.kind === 'refused' ? unpackError(reply.error) : new AppError('INTERNAL'));
    });
    return promise;
  }

  /** Sends packed appends; resolves with packed verdicts when they are on disk. The buffer is transferred. */
  append(packed: Uint8Array<ArrayBuffer>): Promise<Float64Array> {
    return this.#send<Float64Array>({ kind: 'append', packed }, [packed.buffer]);
  }

  /** Calls a method of the store thread by name. */
  call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    return this.#send<T>({ kind: 'call', method, args });
  }

  /** Closes the files and ends the thread. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.call('store.close');
    this.#closed = true;
    await this.#worker.terminate();
  }

  /** Ends the thread at once, as a crash would; appends in flight reject with OUTCOME_UNKNOWN. For tests. */
  async crash(): Promise<void> {
    await this.#worker.terminate();
    this.#fail();
  }

  #send<T>(request: Unnumbered, transfer: ArrayBuffer[] = []): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (this.#closed) {
      reject(new AppError('LOG_UNAVAILABLE', { message: 'The store is closed.' }));
      return promise;
    }
    const id = this.#nextId++;
    this.#waiting.set(id, { isAppend: request.kind === 'append', resolve, reject });
    const numbered: StoreRequest = { ...request, id };
    this.#worker.postMessage(numbered, transfer);
    return promise;
  }

  #settle(reply: StoreReply): void {
    if (reply.kind === 'opened' || reply.kind === 'refused') return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'failed') waiting?.reject(unpackError(reply.error));
    else waiting?.resolve((reply.kind === 'appended' ? reply.verdicts : reply.value) as never);
  }

  #fail(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) {
      waiting.reject(
        new AppError(waiting.isAppend ? 'OUTCOME_UNKNOWN' : 'LOG_UNAVAILABLE', {
          message: 'The store thread has stopped.',
        }),
      );
    }
    this.#waiting.clear();
  }
}
