import { AppError } from '../../kernel/errors.ts';
import { randomText } from '../../kernel/ids.ts';
import type { JsonValue } from '../../kernel/json.ts';
import type { SealedEntry } from '../../vault/vault-file.ts';
import type { Vault, VaultItem, VaultKind } from '../../vault/vault.ts';
import {
  VaultLedger,
  type VaultPlace,
  type VaultVerdict,
  type VaultWrite,
  writeIdOf,
} from '../../vault/vault-ledger.ts';
import { Outbox, type Pending } from './outbox.ts';
import type { KafkaTransport, LogRecord, PlacedRecord } from './transport.ts';

/** A value as it stands in the vault, and its place. */
interface Sealed {
  readonly name: string;
  readonly blob: Uint8Array;
}

/** What became of a write, with the id of the record that was met first. */
interface Outcome {
  readonly id: string;
  readonly verdict: VaultVerdict;
}

export interface KafkaVaultOptions {
  readonly transport: KafkaTransport;
  /** Calls a method of the store thread, where the key and this node's copy are. */
  readonly call: <T>(method: string, ...args: readonly unknown[]) => Promise<T>;
  /** The vault cannot go on. */
  readonly onFailure: (error: Error) => void;
  /** What has not come back for this long is sent again. Default 5 s, or a third of `outcomeMs`. */
  readonly resendMs?: number;
  /** What has not come back for this long has an unknown outcome. Default 30 s. */
  readonly outcomeMs?: number;
}

type Listener = (kind: VaultKind, key: string) => void;

const canary = { kind: 'cell', name: 'canary', owner: null } as const;
const beginBatch = 500;
const maxBeginTries = 10;
const maxTries = 20;
const janitorMs = 60_000;
/** What is in the topic comes at once; what compaction has taken away never comes. */
const catchUpMs = 1000;

/**
 * The vault of a cell: every write is a record of its own on a compacted topic, sealed, with the id of what it replaces. Every
 * node folds the topic with the same rules (see {@link VaultLedger}) into a copy of its own, and knows what became of its own
 * write when it meets it. Removing writes a tombstone for each record; compaction then takes both from the disks of the cluster.
 */
export class KafkaVault implements Vault {
  readonly #options: KafkaVaultOptions;
  readonly #outbox: Outbox<Pending, Outcome>;
  readonly #ledger = new VaultLedger();
  readonly #listeners = new Set<Listener>();
  readonly #janitor: NodeJS.Timeout;
  /** Settles when the copy has everything that the ledger has. */
  #copied: Promise<unknown> = Promise.resolve();
  #next = 0;
  #waiting: { readonly end: number; readonly wake: (value: undefined) => void }[] = [];
  #failure: Error | null = null;
  #closed = false;

  private constructor(options: KafkaVaultOptions) {
    this.#options = options;
    const { transport, outcomeMs = 30_000, resendMs = Math.min(5000, outcomeMs / 3) } = options;
    this.#outbox = new Outbox({ produce: (records) => transport.produce(records), resendMs, outcomeMs });
    this.#janitor = setInterval(() => {
      this.#tidy();
    }, janitorMs).unref();
  }

  /**
   * Reads the topic into this node's copy, from its beginning: what was removed while the node was away may have left no trace.
   * Throws VAULT_KEY_MISMATCH when the key of this node is not that of the cell.
   */
  static async open(options: KafkaVaultOptions): Promise<KafkaVault> {
    const { transport, call } = options;
    await transport.prepareTopic();
    const vault = new KafkaVault(options);
    try {
      await begin(transport, call);
      await call('vault.beginCopy');
      await transport.read({
        begin: () => Promise.resolve(0),
        take: (records) => vault.#take(records),
        failed: (error) => {
          vault.#fail(error);
        },
      });
      await vault.#pass();
      await call('vault.requireKeyOf', canary);
      return vault;
    } catch (error) {
      await vault.close();
      throw error;
    }
  }

  async get(kind: VaultKind, key: string): Promise<JsonValue> {
    const value = await this.#call<JsonValue>('vault.get', kind, key);
    if (value !== null) return value;
    // Another node may have written it a moment ago, and told its caller.
    await this.#catchUp();
    return this.#call('vault.get', kind, key);
  }

  async put(kind: VaultKind, key: string, owner: string | null, value: JsonValue): Promise<void> {
    const place = await this.#seal(kind, key, owner, value);
    for (let tries = 0; tries < maxTries; tries++) {
      const after = this.#ledger.currentOf(place);
      const verdict = await this.#write(place, after);
      if (verdict.kind !== 'refused') return;
      // It was removed meanwhile: as if this had been written just before.
      if (after !== null && verdict.current === null) return;
    }
    throw new AppError('REVISION_CONFLICT');
  }

  async add(kind: VaultKind, key: string, owner: string | null, value: JsonValue): Promise<boolean> {
    const place = await this.#seal(kind, key, owner, value);
    if (this.#ledger.currentOf(place) !== null) return false;
    return (await this.#write(place, null)).kind === 'stored';
  }

  async take(kind: VaultKind, key: string): Promise<JsonValue> {
    if ((await this.get(kind, key)) === null) return null;
    const name = await this.#call<string>('vault.nameOf', kind, key);
    for (;;) {
      // The value must be that of the id: the copy must have everything that the ledger has, and neither may go on meanwhile.
      const copied = this.#copied;
      await copied;
      if (copied !== this.#copied) continue;
      const id = this.#ledger.currentOf({ kind, name });
      if (id === null) return null;
      const value = await this.#call<JsonValue>('vault.get', kind, key);
      if (this.#ledger.currentOf({ kind, name }) !== id) continue;
      return (await this.#remove(id)).kind === 'removed' ? value : null;
    }
  }

  keys(kind: VaultKind): Promise<readonly string[]> {
    return this.#call('vault.keys', kind);
  }

  digest(text: string): Promise<string> {
    return this.#call('vault.digest', text);
  }

  list(kind: VaultKind, owner: string): Promise<readonly VaultItem[]> {
    return this.#call('vault.list', kind, owner);
  }

  async eraseOwner(owner: string): Promise<number> {
    await this.#catchUp();
    const verdicts = await Promise.all(this.#ledger.idsOf(owner).map((id) => this.#remove(id)));
    await this.#call('vault.eraseOwner', owner);
    return verdicts.filter(({ kind }) => kind === 'removed').length;
  }

  onRemoved(listener: Listener): void {
    this.#listeners.add(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#janitor);
    await this.#options.transport.close();
    this.#outbox.close(new AppError('OUTCOME_UNKNOWN', { message: 'The vault was closed before this came back.' }));
    for (const { wake } of this.#waiting) wake(undefined);
  }

  #call<T>(method: string, ...args: readonly unknown[]): Promise<T> {
    if (this.#failure !== null) throw this.#unavailable();
    return this.#options.call<T>(method, ...args);
  }

  async #seal(
    kind: string,
    key: string,
    owner: string | null,
    value: JsonValue,
  ): Promise<VaultPlace & { readonly blob: Uint8Array }> {
    const { name, blob } = await this.#call<Sealed>('vault.seal', kind, key, owner, value);
    return { kind, name, owner, blob };
  }

  async #write(place: VaultPlace & { readonly blob: Uint8Array }, after: string | null): Promise<VaultVerdict> {
    const writeId = randomText(16);
    // A record that is sent again has an id of its own: compaction would keep the last of two, and change their order.
    const recordAgain = (tries: number): LogRecord =>
      valueRecord(`${writeId}.${String(tries)}`, place, after, place.blob);
    const { id, verdict } = await this.#outbox.send(writeId, { record: recordAgain(0), recordAgain });
    const lost = verdict.kind === 'refused' ? id : verdict.kind === 'stored' ? verdict.replaced : null;
    if (lost !== null) this.#remove(lost).catch(() => undefined);
    return verdict;
  }

  async #remove(id: string): Promise<VaultVerdict> {
    const removalId = randomText(16);
    const record = { key: id, headers: { 'vr-id': removalId }, value: new Uint8Array(0) };
    return (await this.#outbox.send(removalId, { record })).verdict;
  }

  /** What counts for nothing is removed by whoever wrote it; here is what a crash, or a late record, left to others. */
  #tidy(): void {
    for (const id of [...this.#ledger.superfluous].slice(0, 1000)) this.#remove(id).catch(() => undefined);
  }

  async #take(records: readonly PlacedRecord[]): Promise<void> {
    if (this.#closed || this.#failure !== null) return;
    const fresh = records.filter(({ offset }) => offset >= this.#next);
    const changes: (VaultPlace & { readonly blob: Uint8Array | null })[] = [];
    const settled: Outcome[] = [];
    const keys: string[] = [];
    for (const record of fresh) {
      const verdict = this.#ledger.take(writeOf(record));
      settled.push({ id: record.key, verdict });
      keys.push(record.headers['vr-id'] ?? writeIdOf(record.key));
      if (verdict.kind === 'stored') changes.push({ ...placeOf(record), blob: record.value });
      else if (verdict.kind === 'removed') changes.push({ ...verdict.place, blob: null });
    }
    if (changes.length > 0) {
      const copied = this.#options.call<readonly { kind: VaultKind; key: string }[]>('vault.applyCopy', changes);
      this.#copied = copied;
      const removed = await copied;
      for (const { kind, key } of removed) for (const listener of this.#listeners) listener(kind, key);
    }
    this.#next = (fresh.at(-1)?.offset ?? this.#next - 1) + 1;
    settled.forEach((outcome, i) => {
      this.#outbox.settle(keys[i] ?? '', outcome);
    });
    for (const { end, wake } of this.#waiting) if (this.#next >= end) wake(undefined);
  }

  /** Resolves when everything that is in the topic by now has been taken in. */
  async #catchUp(): Promise<void> {
    const end = await this.#endOffset();
    if (this.#next >= end) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const waiting = { end, wake: resolve };
    this.#waiting.push(waiting);
    const timer = setTimeout(resolve, catchUpMs, undefined);
    await promise;
    clearTimeout(timer);
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    if (this.#failure !== null) throw this.#unavailable();
    if (this.#next < end) await this.#pass();
  }

  async #endOffset(): Promise<number> {
    try {
      return await this.#options.transport.endOffset();
    } catch (error) {
      throw new AppError('LOG_UNAVAILABLE', { message: 'Kafka cannot be asked for the vault.', cause: error });
    }
  }

  /** Compaction may have taken the last records away: only one of our own says that everything before it was read. */
  async #pass(): Promise<void> {
    await this.#remove('mark');
  }

  #fail(error: Error): void {
    if (this.#failure !== null || this.#closed) return;
    this.#failure = error;
    this.#outbox.close(this.#unavailable());
    for (const { wake } of this.#waiting) wake(undefined);
    this.#options.onFailure(error);
  }

  #unavailable(): AppError {
    const message = `The vault on Kafka cannot be used: ${this.#failure?.message ?? ''}`;
    return new AppError('LOG_UNAVAILABLE', { message, cause: this.#failure });
  }
}

/** Begins the vault of a new cell, with what this node has in its own. Of several canaries the first one counts. */
async function begin(transport: KafkaTransport, call: KafkaVaultOptions['call']): Promise<void> {
  const own = await call<readonly SealedEntry[]>('vault.ownEntries');
  const end = await transport.endOffset();
  if (end > 0 && own.length > 0) {
    throw new AppError('VAULT_KEY_MISMATCH', {
      message:
        'vault.db of this data directory is a vault of its own, and the cell has another one. Use a data directory without accounts.',
    });
  }
  if (end > 0) return;
  const blob = await call<Uint8Array>('vault.sealAt', canary, canary.name, 'sings');
  const records = [
    valueRecord(randomText(16), canary, null, blob),
    ...own.map((entry) => valueRecord(randomText(16), entry, null, entry.blob)),
  ];
  for (let i = 0; i < records.length; i += beginBatch) await produce(transport, records.slice(i, i + beginBatch));
}

/** Writes records that may be there several times. */
async function produce(transport: KafkaTransport, records: readonly LogRecord[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await transport.produce(records);
      return;
    } catch (error) {
      if (tries === maxBeginTries) throw error;
    }
  }
}

function valueRecord(id: string, { kind, name, owner }: VaultPlace, after: string | null, blob: Uint8Array): LogRecord {
  return {
    key: id,
    headers: {
      'v-kind': kind,
      'v-name': name,
      ...(owner !== null && { 'v-owner': owner }),
      ...(after !== null && { 'v-after': after }),
    },
    value: blob,
  };
}

function writeOf(record: PlacedRecord): VaultWrite {
  const { key: id, value, headers } = record;
  if (value.length === 0) return { kind: 'removal', id };
  return { kind: 'value', id, place: placeOf(record), after: headers['v-after'] ?? null };
}

function placeOf({ headers }: PlacedRecord): VaultPlace {
  return { kind: headers['v-kind'] ?? '', name: headers['v-name'] ?? '', owner: headers['v-owner'] ?? null };
}
