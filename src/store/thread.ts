import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

import { BugError, definitely } from '../kernel/assert.ts';
import { AppError } from '../kernel/errors.ts';
import type { JsonValue } from '../kernel/json.ts';
import { readVaultKey } from '../vault/key-file.ts';
import type { Place } from '../vault/seal.ts';
import { VaultFile } from '../vault/vault-file.ts';
import { packVerdicts, unpackAppends } from './append-batch.ts';
import { dataFiles, lockDataDir, prepareDataDir } from './data-dir.ts';
import { LogFile } from './log-file.ts';
import { isCorruption, mapSqliteError } from './sqlite.ts';
import { carryError, type StoreOptions, type StoreReply, type StoreRequest } from './store-calls.ts';

const port = definitely(parentPort, 'this module runs as a worker thread');

/** Records whose chain is checked at every start: enough to notice a torn end, few enough to cost nothing. */
const checkedAtStart = 200;

type Method = (...args: never[]) => unknown;

/** The writing thread: owns the log and the vault, so that no flush ever holds up a socket. */
class Store {
  readonly log: LogFile;
  readonly #vault: VaultFile;
  readonly #release: () => void;
  readonly #methods: ReadonlyMap<string, Method>;

  constructor({ dataDir, copyOf, vaultKey }: StoreOptions) {
    prepareDataDir(dataDir);
    this.#release = lockDataDir(dataDir).release;
    const vaultPath = join(dataDir, dataFiles.vault);
    if (copyOf === undefined) requireLogBesideVault(dataDir, vaultPath);
    this.log = openLog(join(dataDir, dataFiles.log), copyOf);
    this.#vault = new VaultFile(vaultPath, keyOf(vaultKey) ?? readVaultKey(dataDir, vaultPath));
    this.#methods = new Map(Object.entries(this.#table()));
  }

  append(packed: Uint8Array): Float64Array<ArrayBuffer> {
    try {
      const { appends, folded } = unpackAppends(packed);
      return packVerdicts(this.log.appendAll(appends, folded));
    } catch (error) {
      throw mapSqliteError(error);
    }
  }

  call(name: string, args: readonly unknown[]): unknown {
    const method = this.#methods.get(name);
    if (method === undefined) throw new BugError(`the store has no method ${name}`);
    return method(...(args as never[]));
  }

  #table(): Record<string, Method> {
    const vault = this.#vault;
    return {
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
      'vault.keys': (kind: string) => vault.keys(kind),
      'vault.digest': (text: string) => vault.digest(text),
      'vault.list': (kind: string, owner: string) => vault.list(kind, owner),
      'vault.seal': (kind: string, key: string, owner: string | null, value: JsonValue) =>
        vault.seal(kind, key, owner, value),
      'vault.sealAt': (place: Place, key: string, value: JsonValue) => vault.sealAt(place, key, value),
      'vault.nameOf': (kind: string, key: string) => vault.nameOf(kind, key),
      'vault.ownEntries': () => vault.ownEntries(),
      'vault.beginCopy': () => {
        vault.beginCopy();
      },
      'vault.endCopy': () => {
        vault.endCopy();
      },
      'vault.applyCopy': (changes: Parameters<VaultFile['applyCopy']>[0]) => vault.applyCopy(changes),
      'vault.requireKeyOf': (place: Place) => {
        vault.requireKeyOf(place);
      },
      'vault.eraseOwner': (owner: string) => vault.eraseOwner(owner),
    };
  }

  #close(): void {
    this.#vault.close();
    this.log.close();
    this.#release();
  }
}

function keyOf(given: Uint8Array | undefined): Buffer | null {
  return given === undefined || given.length === 0 ? null : Buffer.from(given);
}

/** An empty log in the place of a lost one would look like the loss of everything, and the vault would be full of strangers. */
function requireLogBesideVault(dataDir: string, vaultPath: string): void {
  const logPath = join(dataDir, dataFiles.log);
  if (existsSync(logPath) || !existsSync(vaultPath)) return;
  throw new AppError('LOG_CORRUPT', {
    message: `${logPath} is missing, but its vault is there. Put the log back from a backup; to begin anew, use another --data-dir.`,
  });
}

function openLog(path: string, copyOf: string | undefined): LogFile {
  try {
    // A copy is durable where the log is; after a crash it takes in again what it has forgotten.
    const log = new LogFile(path, copyOf === undefined ? {} : { durability: 'normal', epoch: copyOf });
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
    message: `The event log ${path} is damaged (${reason}). Nothing was changed. Restore it from a backup, or keep a copy and look into it with: npm run verify -- --data-dir=DIR`,
    cause,
  });
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
  const opened: StoreReply = {
    kind: 'opened',
    opened: { head: store.log.head, folded: store.log.folded, epoch: store.log.epoch },
  };
  port.postMessage(opened);
  port.on('message', (request: StoreRequest) => {
    const reply = answer(store, request);
    port.postMessage(reply, reply.kind === 'appended' ? [reply.verdicts.buffer as ArrayBuffer] : []);
  });
}
