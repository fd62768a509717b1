import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

import { projections } from '../../projections/index.ts';
import { queries } from '../../projections/queries.ts';
import { BugError, definitely } from '../kernel/assert.ts';
import { AppError } from '../kernel/errors.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { Cell } from '../projecting/projection.ts';
import { readVaultKey } from '../vault/key-file.ts';
import { VaultFile } from '../vault/vault-file.ts';
import { packVerdicts, unpackAppends } from './append-batch.ts';
import { dataFiles, lockDataDir, prepareDataDir } from './data-dir.ts';
import { LogFile, type ProposedAppend, type StoredRecord, type Verdict } from './log-file.ts';
import { ReadModelKeeper } from './read-model-keeper.ts';
import { isCorruption, mapSqliteError } from './sqlite.ts';
import { carryError, type StoreOptions, type StoreReply, type StoreRequest } from './store-calls.ts';

const port = definitely(parentPort, 'this module runs as a worker thread');

/** Records whose chain is checked at every start: enough to notice a torn end, few enough to cost nothing. */
const checkedAtStart = 200;

type Method = (...args: never[]) => unknown;

/** The store thread: owns the data directory's files, so that no flush ever holds up a socket. */
class Store {
  readonly log: LogFile;
  readonly #readModels: ReadModelKeeper;
  readonly #vault: VaultFile;
  readonly #release: () => void;
  readonly #methods: ReadonlyMap<string, Method>;

  constructor({ dataDir }: StoreOptions) {
    prepareDataDir(dataDir);
    this.#release = lockDataDir(dataDir).release;
    this.log = openLog(join(dataDir, dataFiles.log));
    const vaultPath = join(dataDir, dataFiles.vault);
    this.#vault = new VaultFile(vaultPath, readVaultKey(dataDir, vaultPath));
    this.#readModels = new ReadModelKeeper({ dataDir, log: this.log, projections });
    this.#methods = new Map(Object.entries(this.#table()));
  }

  append(packed: Uint8Array): Float64Array<ArrayBuffer> {
    const proposals = unpackAppends(packed);
    let verdicts: Verdict[];
    try {
      verdicts = this.log.appendAll(proposals);
    } catch (error) {
      throw mapSqliteError(error);
    }
    this.#readModels.offer(acceptedRecords(proposals, verdicts));
    return packVerdicts(verdicts);
  }

  call(name: string, args: readonly unknown[]): unknown {
    const method = this.#methods.get(name);
    if (method === undefined) throw new BugError(`the store has no method ${name}`);
    return method(...(args as never[]));
  }

  #table(): Record<string, Method> {
    const log = this.log;
    const readModels = this.#readModels;
    const vault = this.#vault;
    const queryMethods = Object.entries(queries).map(([name, query]) => {
      const method = (...args: Cell[]): unknown => readModels.query((reader) => (query as Query)(reader, ...args));
      return [`query.${name}`, method];
    });
    return {
      ...(Object.fromEntries(queryMethods) as Record<string, Method>),
      'log.readStream': (stream: string, from: number, limit: number) => log.readStream(stream, from, limit),
      'log.readAll': (after: number, limit: number) => log.readAll(after, limit),
      'log.positionAt': (atMs: number) => log.positionAt(atMs),
      'store.status': () => readModels.status(),
      'store.rebuild': (reason: string) => {
        readModels.rebuild(reason);
      },
      'store.close': () => {
        this.#close();
      },
      'vault.get': (kind: string, key: string) => vault.get(kind, key),
      'vault.put': (kind: string, key: string, owner: string | null, value: JsonValue) => {
        vault.put(kind, key, owner, value);
      },
      'vault.add': (kind: string, key: string, owner: string | null, value: JsonValue) =>
        vault.add(kind, key, owner, value),
      'vault.take': (kind: string, key: string) => vault.take(kind, key),
      'vault.list': (kind: string, owner: string) => vault.list(kind, owner),
      'vault.eraseOwner': (owner: string) => vault.eraseOwner(owner),
    };
  }

  #close(): void {
    this.#readModels.close();
    this.#vault.close();
    this.log.close();
    this.#release();
  }
}

type Query = (reader: unknown, ...args: Cell[]) => unknown;

function openLog(path: string): LogFile {
  try {
    const log = new LogFile(path);
    const checked = log.verifyChain(Math.max(0, log.head - checkedAtStart));
    if (checked.intact) return log;
    log.close();
    throw damaged(path, `at position ${String(checked.position)}: ${checked.reason}`);
  } catch (error) {
    if (isCorruption(error)) throw damaged(path, 'SQLite cannot read it', error);
    throw mapSqliteError(error);
  }
}

function damaged(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('LOG_CORRUPT', {
    message: `The event log ${path} is damaged (${reason}). Nothing was changed. Restore it from a backup, or keep a copy and look into it with: npm run verify -- --data-dir …`,
    cause,
  });
}

function acceptedRecords(proposals: readonly ProposedAppend[], verdicts: readonly Verdict[]): StoredRecord[] {
  const records: StoredRecord[] = [];
  verdicts.forEach((verdict, i) => {
    const proposal = proposals[i];
    if (verdict.kind !== 'accepted' || proposal === undefined) return;
    const { stream, eventCount, record } = proposal;
    records.push({ stream, eventCount, record, position: verdict.position, firstRevision: verdict.firstRevision });
  });
  return records;
}

function answer(store: Store, request: StoreRequest): StoreReply {
  const { id } = request;
  try {
    if (request.kind === 'append') return { kind: 'appended', id, verdicts: store.append(request.packed) };
    return { kind: 'answer', id, value: store.call(request.method, request.args) };
  } catch (error) {
    return { kind: 'failed', id, error: carryError(error) };
  }
}

function open(): Store | null {
  try {
    return new Store(workerData as StoreOptions);
  } catch (error) {
    const refused: StoreReply = { kind: 'refused', error: carryError(error) };
    port.postMessage(refused);
    return null;
  }
}

const store = open();
if (store !== null) {
  const opened: StoreReply = { kind: 'opened', opened: { head: store.log.head, epoch: store.log.epoch } };
  port.postMessage(opened);
  port.on('message', (request: StoreRequest) => {
    const reply = answer(store, request);
    port.postMessage(reply, reply.kind === 'appended' ? [reply.verdicts.buffer as ArrayBuffer] : []);
  });
}
