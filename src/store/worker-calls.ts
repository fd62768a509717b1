import type { Worker } from 'node:worker_threads';

import { AppError, type ErrorCode } from '../kernel/errors.ts';
import { FleetingMap } from '../kernel/fleeting-map.ts';

interface Waiting {
  readonly whenLost: ErrorCode;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Numbered requests to a worker thread, and the promises that wait for their answers. */
export class WorkerCalls {
  readonly #worker: Worker;
  readonly #waiting = new FleetingMap<number, Waiting>();
  #nextId = 1;
  #closed = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.once('exit', () => {
      this.#lose();
    });
  }

  /** Sends a request; `whenLost` is the error of one that the thread never answers. */
  send<T>(request: object, transfer: ArrayBuffer[], whenLost: ErrorCode): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (this.#closed) {
      reject(new AppError('LOG_UNAVAILABLE', { message: 'The store is closed.' }));
      return promise;
    }
    const id = this.#nextId++;
    this.#waiting.set(id, { whenLost, resolve, reject });
    this.#worker.postMessage({ ...request, id }, transfer);
    return promise;
  }

  resolve(id: number, value: unknown): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.resolve(value as never);
  }

  reject(id: number, error: unknown): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.reject(error);
  }

  /** Ends the thread at once. */
  async end(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
    this.#lose();
  }

  #lose(): void {
    this.#closed = true;
    for (const { whenLost, reject } of this.#waiting.values()) {
      reject(new AppError(whenLost, { message: 'The store has stopped.' }));
    }
    this.#waiting.clear();
  }
}
