import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';

import { AppError } from '../kernel/errors.ts';
import type { JsonValue } from '../kernel/json.ts';
import { isCorruption, mapSqliteError, openDatabase } from '../store/sqlite.ts';
import { type Place, Sealer } from './seal.ts';

/** A value of the vault with the key it was stored under. */
export interface VaultEntry {
  readonly key: string;
  readonly value: JsonValue;
}

const ddl = `CREATE TABLE IF NOT EXISTS entries (
  kind TEXT NOT NULL, name TEXT NOT NULL, owner TEXT, blob BLOB NOT NULL, PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID; CREATE INDEX IF NOT EXISTS entries_by_owner ON entries (owner, kind)`;

/** The canary that tells whether the key is the right one before anything else is read. */
const canary = { kind: 'vault', key: 'canary', value: 'sings' };
/** Says that the values are copies, and may be thrown away. */
const copyMark = { kind: 'vault', key: 'copy', value: 'of the vault of a cell' };

/** A value of the vault that nobody has opened. */
export interface SealedEntry extends Place {
  readonly blob: Uint8Array;
}

/**
 * The vault as a SQLite file of sealed values. Synchronous; lives in the store thread. Every change is flushed.
 * Throws VAULT_KEY_MISMATCH for a wrong key or a changed entry, STORAGE_FULL, and DATA_DIR_UNUSABLE for a damaged file.
 */
export class VaultFile {
  readonly #db: DatabaseSync;
  readonly #sealer: Sealer;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #byOwner: StatementSync;
  readonly #ofKind: StatementSync;
  readonly #erase: StatementSync;

  constructor(path: string, key: Buffer) {
    this.#sealer = new Sealer(key);
    const db = onDisk(() => openDatabase(path, { durability: 'full' }));
    this.#db = db;
    try {
      // Erased must mean erased: freed pages are overwritten, not just unlinked.
      onDisk(() => {
        db.exec(`PRAGMA secure_delete = ON; ${ddl}`);
      });
      this.#select = db.prepare('SELECT owner, blob FROM entries WHERE kind = ? AND name = ?');
      this.#upsert = db.prepare(
        'INSERT INTO entries (kind, name, owner, blob) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner, blob = excluded.blob',
      );
      this.#insert = db.prepare('INSERT OR IGNORE INTO entries (kind, name, owner, blob) VALUES (?, ?, ?, ?)');
      this.#delete = db.prepare('DELETE FROM entries WHERE kind = ? AND name = ?');
      this.#byOwner = db.prepare('SELECT name, blob FROM entries WHERE owner = ? AND kind = ?');
      this.#ofKind = db.prepare('SELECT name, owner, blob FROM entries WHERE kind = ?');
      this.#erase = db.prepare('DELETE FROM entries WHERE owner = ?');
      this.#checkKey();
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** The value, or null. */
  get(kind: string, key: string): JsonValue {
    const name = this.#sealer.nameOf(kind, key);
    const row = onDisk(() => this.#select.get(kind, name));
    return row === undefined ? null : this.#open(row.blob, { kind, name, owner: textOrNull(row.owner) }).value;
  }

  /** Stores a value, in the place of an earlier one. */
  put(kind: string, key: string, owner: string | null, value: JsonValue): void {
    const { name, blob } = this.seal(kind, key, owner, value);
    onDisk(() => this.#upsert.run(kind, name, owner, blob));
  }

  /** Stores a value only when there is none under that key; false when there is. */
  add(kind: string, key: string, owner: string | null, value: JsonValue): boolean {
    const { name, blob } = this.seal(kind, key, owner, value);
    return onDisk(() => this.#insert.run(kind, name, owner, blob)).changes === 1;
  }

  /** Removes a value and returns it; null when there was none. Of two callers only one gets it. */
  take(kind: string, key: string): JsonValue {
    const value = this.get(kind, key);
    const name = this.#sealer.nameOf(kind, key);
    return onDisk(() => this.#delete.run(kind, name)).changes === 1 ? value : null;
  }

  /** All values of a kind that belong to an owner. */
  list(kind: string, owner: string): VaultEntry[] {
    const rows = onDisk(() => this.#byOwner.all(owner, kind));
    return rows.map(({ name, blob }) => this.#open(blob, { kind, name: textOrNull(name) ?? '', owner }));
  }

  /** The keys of all values of a kind. */
  keys(kind: string): string[] {
    const rows = onDisk(() => this.#ofKind.all(kind));
    return rows.map(({ name, owner, blob }) => {
      return this.#open(blob, { kind, name: textOrNull(name) ?? '', owner: textOrNull(owner) }).key;
    });
  }

  /** What a value looks like under its name outside of this vault. */
  seal(kind: string, key: string, owner: string | null, value: JsonValue): { name: string; blob: Buffer } {
    const name = this.#sealer.nameOf(kind, key);
    return { name, blob: this.sealAt({ kind, name, owner }, key, value) };
  }

  /** Seals a value for a place whose name is given. */
  sealAt(place: Place, key: string, value: JsonValue): Buffer {
    const entry: VaultEntry = { key, value };
    return this.#sealer.seal(JSON.stringify(entry), place);
  }

  /** Under which name a key stands. */
  nameOf(kind: string, key: string): string {
    return this.#sealer.nameOf(kind, key);
  }

  /** All values as they lie here, when this is a vault of its own and no copy of another one. */
  ownEntries(): SealedEntry[] {
    if (this.get(copyMark.kind, copyMark.key) === copyMark.value) return [];
    const rows = onDisk(() =>
      this.#db.prepare('SELECT kind, name, owner, blob FROM entries WHERE kind <> ?').all(canary.kind),
    );
    return rows.map(({ kind, name, owner, blob }) => ({
      kind: textOrNull(kind) ?? '',
      name: textOrNull(name) ?? '',
      owner: textOrNull(owner),
      blob: bytesOf(blob),
    }));
  }

  /** Empties the vault, and calls it a copy from now on. */
  beginCopy(): void {
    onDisk(() => {
      this.#db.prepare('DELETE FROM entries WHERE kind <> ?').run(canary.kind);
    });
    this.put(copyMark.kind, copyMark.key, null, copyMark.value);
  }

  /**
   * Takes changes of the vault that this is a copy of, all or none: a blob is stored, null removes. Returns the kind and key of
   * what was removed.
   */
  applyCopy(changes: readonly (Place & { readonly blob: Uint8Array | null })[]): { kind: string; key: string }[] {
    return onDisk(() => {
      const removed: { kind: string; key: string }[] = [];
      this.#db.exec('BEGIN');
      try {
        for (const { kind, name, owner, blob } of changes) {
          if (blob !== null) this.#upsert.run(kind, name, owner, blob);
          else {
            const row = this.#select.get(kind, name);
            if (row !== undefined) removed.push({ kind, key: this.#open(row.blob, { kind, name, owner }).key });
            this.#delete.run(kind, name);
          }
        }
        this.#db.exec('COMMIT');
        return removed;
      } catch (error) {
        this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** Calls the vault one of its own again: it does not go on with the one that it was a copy of. */
  endCopy(): void {
    onDisk(() => this.#db.prepare("DELETE FROM entries WHERE kind = 'cell'").run());
    this.take(copyMark.kind, copyMark.key);
  }

  /** Throws VAULT_KEY_MISMATCH when the value of a place was not sealed with this key. */
  requireKeyOf({ kind, name, owner }: Place): void {
    try {
      const row = onDisk(() => this.#select.get(kind, name));
      this.#open(row?.blob, { kind, name, owner });
    } catch (error) {
      throw new AppError('VAULT_KEY_MISMATCH', {
        message:
          'vault.key of this data directory is not the key of the vault of this cell. Put the file vault.key of a node that is in the cell in its place.',
        cause: error,
      });
    }
  }

  /** A digest under a key of its own, derived from the vault's. */
  digest(text: string): string {
    return this.#sealer.digestOf(text);
  }

  /** Removes everything of an owner and returns how much it was. The journal is emptied too. */
  eraseOwner(owner: string): number {
    const { changes } = onDisk(() => this.#erase.run(owner));
    onDisk(() => {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    });
    return Number(changes);
  }

  close(): void {
    this.#db.close();
  }

  #open(blob: SQLOutputValue | undefined, place: Place): VaultEntry {
    return JSON.parse(this.#sealer.open(bytesOf(blob), place)) as VaultEntry;
  }

  #checkKey(): void {
    const isEmpty = onDisk(() => this.#db.prepare('SELECT 1 FROM entries LIMIT 1').get()) === undefined;
    if (isEmpty) this.put(canary.kind, canary.key, null, canary.value);
    // Another key gives the canary another name, under which there is nothing.
    if (this.get(canary.kind, canary.key) === canary.value) return;
    throw new AppError('VAULT_KEY_MISMATCH', {
      message: 'vault.key is not the key that vault.db was made with. Put the right key file back.',
    });
  }
}

function bytesOf(value: SQLOutputValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Runs `work` on the file and translates what SQLite throws. */
function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isCorruption(error)) throw mapSqliteError(error);
    throw new AppError('DATA_DIR_UNUSABLE', {
      message: 'vault.db is damaged. Nothing was changed; put it back from a backup, together with vault.key.',
      cause: error,
    });
  }
}
