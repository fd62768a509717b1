import { rmSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { RecordedEvent } from '../event-log/event-log.ts';
import { definitely } from '../kernel/assert.ts';
import { inTransaction, openDatabase } from '../store/sqlite.ts';
import type {
  Cell,
  Projection,
  ReadModelReader,
  ReadModelRow,
  ReadModelWriter,
  TableDefinition,
} from './projection.ts';
import { createIndexesSql, createTableSql, TableBuffer } from './table-buffer.ts';

const checkpointDdl =
  'CREATE TABLE checkpoints (projection TEXT PRIMARY KEY, version INTEGER NOT NULL, position INTEGER NOT NULL, epoch TEXT NOT NULL) STRICT, WITHOUT ROWID';

/**
 * One file of read models: the tables of all projections and how far they are folded, in one database.
 * Everything in it can be rebuilt, so it flushes at checkpoints only.
 *
 * INV-4: rows and checkpoint change in the same transaction, so every event counts exactly once.
 */
export class ReadModels implements ReadModelReader {
  readonly #db: DatabaseSync;
  readonly #projections: readonly Projection[];
  readonly #buffers = new Map<string, TableBuffer>();
  readonly #statements = new Map<string, StatementSync>();
  readonly #writer: ReadModelWriter;
  readonly #checkpoint: StatementSync;
  readonly #epoch: string;
  #position: number;

  private constructor(db: DatabaseSync, projections: readonly Projection[], epoch: string, position: number) {
    this.#db = db;
    this.#projections = projections;
    this.#epoch = epoch;
    this.#position = position;
    this.#checkpoint = db.prepare('UPDATE checkpoints SET position = ?');
    for (const projection of projections) {
      for (const table of projection.tables) this.#buffers.set(table.name, new TableBuffer(db, table));
    }
    this.#writer = {
      get: <Row extends ReadModelRow>(table: TableDefinition<Row>, ...key: readonly Cell[]) =>
        this.#bufferOf(table).get(key) as Row | undefined,
      insert: (table, row) => {
        this.#bufferOf(table).insert(row);
      },
      update: (table, row, changes) => {
        this.#bufferOf(table).update(row, changes);
      },
      put: (table, row) => {
        this.#bufferOf(table).put(row);
      },
      remove: (table, ...key) => {
        this.#bufferOf(table).remove(key);
      },
    };
  }

  /**
   * Makes a new, empty file in the place of whatever stands there, for folding a whole log into it: without journal, flush and
   * indexes, all of which would only slow that down. It is of use once it was {@link finish}ed and opened again.
   */
  static create(path: string, projections: readonly Projection[], epoch: string): ReadModels {
    removeReadModels(path);
    const db = openDatabase(path, { durability: 'none' });
    inTransaction(db, () => {
      db.exec(checkpointDdl);
      const add = db.prepare('INSERT INTO checkpoints (projection, version, position, epoch) VALUES (?, ?, 0, ?)');
      for (const projection of projections) {
        for (const table of projection.tables) db.exec(createTableSql(table));
        add.run(projection.name, projection.version, epoch);
      }
    });
    return new ReadModels(db, projections, epoch, 0);
  }

  /**
   * Opens a file when it was made by the same projections in the same versions from the same log, and is not ahead of it
   * (`head`); null otherwise: then it is to be rebuilt. Throws SQLite's error when the file is damaged.
   */
  static open(path: string, projections: readonly Projection[], epoch: string, head: number): ReadModels | null {
    const db = openDatabase(path, { durability: 'normal' });
    try {
      const position = positionOf(db, projections, epoch);
      if (position !== null && position <= head) return new ReadModels(db, projections, epoch, position);
      db.close();
      return null;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** The last position whose events are in the tables. */
  get position(): number {
    return this.#position;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Folds events up to `position` in one transaction. */
  apply(events: Iterable<RecordedEvent>, position: number): void {
    try {
      inTransaction(this.#db, () => {
        for (const event of events) {
          for (const projection of this.#projections) projection.apply(event, this.#writer);
        }
        for (const buffer of this.#buffers.values()) buffer.flush();
        this.#checkpoint.run(position);
      });
      this.#position = position;
    } catch (error) {
      for (const buffer of this.#buffers.values()) buffer.discard();
      throw error;
    }
  }

  all(sql: string, ...parameters: readonly Cell[]): readonly ReadModelRow[] {
    return this.#prepared(sql).all(...parameters) as unknown as readonly ReadModelRow[];
  }

  get(sql: string, ...parameters: readonly Cell[]): ReadModelRow | undefined {
    return this.#prepared(sql).get(...parameters) as ReadModelRow | undefined;
  }

  /** Makes the indexes of a file that was created, and closes it. */
  finish(): void {
    const tables = this.#projections.flatMap((projection) => projection.tables);
    for (const table of tables) this.#db.exec(createIndexesSql(table));
    this.#db.close();
  }

  close(): void {
    this.#db.close();
  }

  #bufferOf(table: TableDefinition): TableBuffer {
    return definitely(this.#buffers.get(table.name), `table ${table.name} belongs to a projection of the list`);
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function positionOf(db: DatabaseSync, projections: readonly Projection[], epoch: string): number | null {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'checkpoints'").get();
  if (exists === undefined) return null;
  const rows = db.prepare('SELECT projection, version, position, epoch FROM checkpoints').all();
  const known = new Map(rows.map((row) => [row.projection, row]));
  const same = projections.every((projection) => {
    const row = known.get(projection.name);
    return row?.version === projection.version && row.epoch === epoch;
  });
  return same && rows.length === projections.length ? Number(rows[0]?.position ?? 0) : null;
}

/** Deletes a read-model file with its journal. */
export function removeReadModels(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}
