import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { Cell, ColumnType, ReadModelRow, TableDefinition } from './projection.ts';

interface Entry {
  readonly key: readonly Cell[];
  row: ReadModelRow | null;
  dirty: boolean;
  /** Whether the database has a row with this key; `same` when that one differs in nothing that an update leaves out. */
  stored: 'no' | 'maybe' | 'same';
}

/** SQL that makes a table's indexes. */
export function createIndexesSql(table: TableDefinition): string {
  const indexes = table.indexes.map((index, i) => {
    const where = index.where === undefined ? '' : ` WHERE ${index.where}`;
    return `CREATE INDEX ${table.name}_${String(i)} ON ${table.name} (${index.columns.join(', ')})${where};`;
  });
  return indexes.join(' ');
}

/** SQL that makes a table, without its indexes. */
export function createTableSql(table: TableDefinition): string {
  const columns = Object.entries(table.columns).map(([name, type]) => `${name} ${sqlType(type)}`);
  const key = table.key.join(', ');
  const { clusteredBy } = table;
  const [keys, kind] =
    clusteredBy === undefined
      ? [[`PRIMARY KEY (${key})`], 'STRICT, WITHOUT ROWID']
      : [[`PRIMARY KEY (${clusteredBy})`, `UNIQUE (${key})`], 'STRICT'];
  return `CREATE TABLE ${table.name} (${[...columns, ...keys].join(', ')}) ${kind}`;
}

function sqlType(type: ColumnType): string {
  return type.endsWith('?') ? type.slice(0, -1).toUpperCase() : `${type.toUpperCase()} NOT NULL`;
}

/**
 * The rows of one table that recent events touched. A row that many events of a flush touch is written once,
 * which is what makes folding cheap next to the log itself.
 */
export class TableBuffer {
  readonly #table: TableDefinition;
  readonly #columns: readonly string[];
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #changing: readonly string[];
  /** Null when a row has nothing but its key and fixed columns. */
  readonly #update: StatementSync | null;
  readonly #delete: StatementSync;
  /** Rows that were touched since the last flush, and between that and the one before: others are not kept. */
  #entries = new Map<string, Entry>();
  #earlier = new Map<string, Entry>();
  readonly #dirty = new Set<Entry>();
  #latest: Entry | null = null;

  constructor(db: DatabaseSync, table: TableDefinition) {
    this.#table = table;
    this.#columns = Object.keys(table.columns);
    const names = this.#columns.join(', ');
    const marks = this.#columns.map(() => '?').join(', ');
    const byKey = table.key.map((column) => `${column} = ?`).join(' AND ');
    const updates = this.#columns.filter((column) => !table.key.includes(column)).map((c) => `${c} = excluded.${c}`);
    const onConflict = updates.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${updates.join(', ')}`;
    this.#select = db.prepare(`SELECT ${names} FROM ${table.name} WHERE ${byKey}`);
    this.#upsert = db.prepare(
      `INSERT INTO ${table.name} (${names}) VALUES (${marks}) ON CONFLICT (${table.key.join(', ')}) ${onConflict}`,
    );
    const kept: readonly string[] = [...table.key, ...(table.fixed ?? [])];
    this.#changing = this.#columns.filter((column) => !kept.includes(column));

    this.#update =
      this.#changing.length === 0
        ? null
        : db.prepare(
            `UPDATE ${table.name} SET ${this.#changing.map((column) => `${column} = ?`).join(', ')} WHERE ${byKey}`,
          );
    this.#delete = db.prepare(`DELETE FROM ${table.name} WHERE ${byKey}`);
  }

  get(key: readonly Cell[]): ReadModelRow | undefined {
    return this.#load(key).row ?? undefined;
  }

  /** Writes a row that is known not to be there yet. */
  insert(row: ReadModelRow): void {
    const key = this.#keyOf(row);
    this.#replace(this.#entry(key) ?? this.#add(key, 'no'), row);
  }

  update(row: ReadModelRow, changes: Partial<ReadModelRow>): void {
    Object.assign(row, changes);
    // A row is nearly always changed right after it was got.
    const entry = this.#latest?.row === row ? this.#latest : this.#entry(this.#keyOf(row));
    if (entry !== undefined) this.#write(entry, row);
  }

  put(row: ReadModelRow): void {
    const key = this.#keyOf(row);
    this.#replace(this.#entry(key) ?? this.#add(key, 'maybe'), row);
  }

  remove(key: readonly Cell[]): void {
    this.#write(this.#load(key), null);
  }

  /** Writes what changed; to be called inside a transaction. */
  flush(): void {
    for (const entry of this.#dirty) {
      const { row, key, stored } = entry;
      if (row === null) {
        if (stored !== 'no') this.#delete.run(...key);
      } else if (stored === 'same') this.#update?.run(...cellsOf(row, this.#changing), ...key);
      else this.#upsert.run(...cellsOf(row, this.#columns));
      entry.stored = row === null ? 'no' : 'same';
      entry.dirty = false;
    }
    this.#dirty.clear();
    this.#earlier = this.#entries;
    this.#entries = new Map();
  }

  /** Forgets everything that was not flushed. */
  discard(): void {
    this.#entries.clear();
    this.#earlier.clear();
    this.#dirty.clear();
  }

  #load(key: readonly Cell[]): Entry {
    const known = this.#entry(key);
    this.#latest = known ?? null;
    if (known !== undefined) return known;
    const row = this.#select.get(...key) as ReadModelRow | undefined;
    const entry = this.#add(key, row === undefined ? 'no' : 'same');
    entry.row = row ?? null;
    return entry;
  }

  #entry(key: readonly Cell[]): Entry | undefined {
    const name = nameOf(key);
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const earlier = this.#earlier.get(name);
    if (earlier !== undefined) this.#entries.set(name, earlier);
    return earlier;
  }

  #add(key: readonly Cell[], stored: Entry['stored']): Entry {
    const entry: Entry = { key, row: null, dirty: false, stored };
    this.#entries.set(nameOf(key), entry);
    return entry;
  }

  /** Puts another row in the place of what may be there. */
  #replace(entry: Entry, row: ReadModelRow): void {
    if (entry.stored === 'same') entry.stored = 'maybe';
    this.#write(entry, row);
  }

  #write(entry: Entry, row: ReadModelRow | null): void {
    entry.row = row;
    if (entry.dirty) return;
    entry.dirty = true;
    this.#dirty.add(entry);
  }

  #keyOf(row: ReadModelRow): readonly Cell[] {
    return this.#table.key.map((column) => row[column] ?? null);
  }
}

function cellsOf(row: ReadModelRow, columns: readonly string[]): Cell[] {
  return columns.map((column) => row[column] ?? null);
}

function nameOf(key: readonly Cell[]): string {
  // No key cell holds a line break, so none can look like two.
  return key.length === 1 ? String(key[0]) : key.join('\n');
}
