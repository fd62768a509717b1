import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { AppError } from '../kernel/errors.ts';
import type { JsonValue } from '../kernel/json.ts';
import { openDatabase } from '../store/sqlite.ts';
import { Sealer } from './seal.ts';

/** A value of the vault with the name it was stored under. */
export interface VaultEntry {
  readonly key: string;
  readonly value: JsonValue;
}

const ddl = `CREATE TABLE IF NOT EXISTS entries (
  kind TEXT NOT NULL, name TEXT NOT NULL, owner TEXT, blob BLOB NOT NULL, PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID; CREATE INDEX IF NOT EXISTS entries_by_owner ON entries (owner, kind)`;

/** The canary that tells whether the key is the right one before anything else is read. */
const canary = { kind: 'vault', key: 'canary' };

/** The vault as a SQLite file of sealed values. Synchronous; lives in the store thread. Every change is flushed. */
export class VaultFile {
  readonly #db: DatabaseSync;
  readonly #sealer: Sealer;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #byOwner: StatementSync;
  readonly #erase: StatementSync;

  constructor(path: string, key: Buffer) {
    this.#db = openDatabase(path, { durability: 'full' });
    // Erased must mean erased: freed pages are overwritten, not just unlinked.
    this.#db.exec(`PRAGMA secure_delete = ON; ${ddl}`);
    this.#sealer = new Sealer(key);
    this.#select = this.#db.prepare('SELECT blob FROM entries WHERE kind = ? AND name = ?');
    this.#upsert = this.#db.prepare(
      'INSERT INTO entries (kind, name, owner, blob) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner, blob = excluded.blob',
    );
    this.#insert = this.#db.prepare('INSERT OR IGNORE INTO entries (kind, name, owner, blob) VALUES (?, ?, ?, ?)');
    this.#delete = this.#db.prepare('DELETE FROM entries WHERE kind = ? AND name = ?');
    this.#byOwner = this.#db.prepare('SELECT name, blob FROM entries WHERE owner = ? AND kind = ?');
    this.#erase = this.#db.prepare('DELETE FROM entries WHERE owner = ?');
    this.#checkKey();
  }

  get(kind: string, key: string): JsonValue {
    const row = this.#select.get(kind, this.#sealer.nameOf(kind, key));
    if (row === undefined) return null;
    const sealed = this.#open(kind, row.blob);
    if (sealed.key !== key)
      throw new AppError('VAULT_KEY_MISMATCH', { message: 'A vault entry stands under a name that is not its own.' });
    return sealed.value;
  }

  put(kind: string, key: string, owner: string | null, value: JsonValue): void {
    this.#upsert.run(kind, this.#sealer.nameOf(kind, key), owner, this.#seal(kind, key, value));
  }

  /** Stores a value only when there is none under that name; false when there is. */
  add(kind: string, key: string, owner: string | null, value: JsonValue): boolean {
    const { changes } = this.#insert.run(kind, this.#sealer.nameOf(kind, key), owner, this.#seal(kind, key, value));
    return changes === 1;
  }

  /** Removes a value and returns it; null when there was none. Of two callers only one gets it. */
  take(kind: string, key: string): JsonValue {
    const value = this.get(kind, key);
    const { changes } = this.#delete.run(kind, this.#sealer.nameOf(kind, key));
    return changes === 1 ? value : null;
  }

  list(kind: string, owner: string): VaultEntry[] {
    return this.#byOwner.all(owner, kind).map((row) => this.#open(kind, row.blob));
  }

  /** Removes everything of an owner and returns how much it was. The journal is emptied too. */
  eraseOwner(owner: string): number {
    const { changes } = this.#erase.run(owner);
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return Number(changes);
  }

  close(): void {
    this.#db.close();
  }

  #seal(kind: string, key: string, value: JsonValue): Buffer {
    const entry: VaultEntry = { key, value };
    return this.#sealer.seal(JSON.stringify(entry), kind);
  }

  #open(kind: string, blob: unknown): VaultEntry {
    if (!(blob instanceof Uint8Array)) throw new AppError('VAULT_KEY_MISMATCH');
    return JSON.parse(this.#sealer.open(blob, kind)) as VaultEntry;
  }

  #checkKey(): void {
    if (this.#db.prepare('SELECT 1 FROM entries LIMIT 1').get() === undefined) {
      this.put(canary.kind, canary.key, null, 'sings');
    }
    if (this.get(canary.kind, canary.key) !== 'sings') {
      throw new AppError('VAULT_KEY_MISMATCH', {
        message: 'vault.key is not the key that vault.db was made with. Put the right key file back.',
      });
    }
  }
}
