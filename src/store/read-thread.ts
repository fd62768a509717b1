import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

import { projections } from '../../projections/index.ts';
import { queries } from '../../projections/queries.ts';
import { BugError, definitely } from '../kernel/assert.ts';
import type { Cell } from '../projecting/projection.ts';
import { dataFiles } from './data-dir.ts';
import { LogFile } from './log-file.ts';
import { ReadModelKeeper } from './read-model-keeper.ts';
import { mapSqliteError } from './sqlite.ts';
import { carryError, type ReadReply, type ReadRequest, type StoreOptions } from './store-calls.ts';

const port = definitely(parentPort, 'this module runs as a worker thread');
const { dataDir } = workerData as StoreOptions;

/** After an append the read models wait this long for more to come, so that a burst is folded together. */
const foldDelayMs = 100;

type Method = (...args: never[]) => unknown;
type Query = (reader: unknown, ...args: Cell[]) => unknown;

/** The reading thread: folds the log into the read models and answers everything that is asked of either. */
class Reader {
  readonly #log = new LogFile(join(dataDir, dataFiles.log), { readOnly: true });
  readonly #readModels = new ReadModelKeeper({ dataDir, log: this.#log, projections });
  readonly #methods = new Map(Object.entries(this.#table()));
  #foldTimer: NodeJS.Timeout | null = null;

  call(name: string, args: readonly unknown[]): unknown {
    const method = this.#methods.get(name);
    if (method === undefined) throw new BugError(`the reading thread has no method ${name}`);
    return method(...(args as never[]));
  }

  /** Folds soon, and then says how far. */
  foldSoon(): void {
    this.#foldTimer ??= setTimeout(() => {
      this.#foldTimer = null;
      const folded: ReadReply = { kind: 'folded', position: this.#fold() };
      port.postMessage(folded);
    }, foldDelayMs);
  }

  #fold(): number {
    try {
      return this.#readModels.catchUp();
    } catch {
      // The next fold or query tries again, and a query tells its caller.
      return 0;
    }
  }

  #table(): Record<string, Method> {
    const log = this.#log;
    const readModels = this.#readModels;
    const queryMethods = Object.entries(queries).map(([name, query]) => {
      const method = (...args: Cell[]): unknown => readModels.query((reader) => (query as Query)(reader, ...args));
      return [`query.${name}`, method];
    });
    return {
      ...(Object.fromEntries(queryMethods) as Record<string, Method>),
      'log.readStream': (stream: string, from: number, limit: number) => log.readStream(stream, from, limit),
      'log.readAll': (after: number, limit: number) => log.readAll(after, limit),
      'log.readChained': (after: number, limit: number) =>
        log.readAll(after, limit).map((record) => ({ ...record, hash: log.hashAt(record.position) })),
      'log.outcomeOf': (stream: string, appendId: string) => log.outcomeOf(stream, appendId),
      'log.positionAt': (atMs: number) => log.positionAt(atMs),
      'readModels.status': () => readModels.status(),
      'readModels.rebuild': (reason: string) => {
        readModels.rebuild(reason);
      },
      'reader.close': () => {
        if (this.#foldTimer !== null) clearTimeout(this.#foldTimer);
        this.#fold();
        readModels.close();
        log.close();
      },
    };
  }
}

function answer(reader: Reader, { id, method, args }: Extract<ReadRequest, { kind: 'call' }>): ReadReply {
  try {
    return { kind: 'answer', id, value: reader.call(method, args) };
  } catch (error) {
    return { kind: 'failed', id, error: carryError(mapSqliteError(error)) };
  }
}

let opened: Reader | null = null;

port.on('message', (request: ReadRequest) => {
  if (request.kind === 'open') {
    let reply: ReadReply;
    try {
      opened = new Reader();
      reply = { kind: 'opened' };
    } catch (error) {
      reply = { kind: 'refused', error: carryError(mapSqliteError(error)) };
    }
    port.postMessage(reply);
    return;
  }
  const reader = definitely(opened, 'the reading thread is opened before it is asked');
  if (request.kind === 'call') port.postMessage(answer(reader, request));
  else reader.foldSoon();
});
