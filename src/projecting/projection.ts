import type { RecordedEvent } from '../event-log/event-log.ts';

/** What a cell of a read model holds. JSON goes in as text. */
export type Cell = string | number | null;

/** A row of a read model: one cell for each column. */
export type ReadModelRow = Readonly<Record<string, Cell>>;

/** SQLite column types; `?` marks a column that may be null. */
export type ColumnType = 'text' | 'text?' | 'integer' | 'integer?' | 'real' | 'real?';

/** An index over some columns, perhaps only of the rows that `where` picks (an SQL condition). */
export interface IndexDefinition {
  readonly columns: readonly string[];
  readonly where?: string;
}

/** A table of a read model. */
export interface TableDefinition<Row extends ReadModelRow = ReadModelRow> {
  readonly name: string;
  readonly columns: { readonly [C in keyof Row]: ColumnType };
  /** The columns that name a row. */
  readonly key: readonly (keyof Row & string)[];
  /** An integer column, unique too, in whose order the rows lie: for long tables that grow at one end. */
  readonly clusteredBy?: keyof Row & string;
  /** Columns that keep what a row was inserted with: an update writes neither them nor the indexes over them. */
  readonly fixed?: readonly (keyof Row & string)[];
  readonly indexes: readonly IndexDefinition[];
}

/** What a projection may do to its tables while it folds an event. */
export interface ReadModelWriter {
  /** The row with these key cells, as the events so far left it. */
  get<Row extends ReadModelRow>(table: TableDefinition<Row>, ...key: readonly Cell[]): Row | undefined;
  /** Writes a row whose key is known to be new: saves the look-up. */
  insert<Row extends ReadModelRow>(table: TableDefinition<Row>, row: Row): void;
  /** Changes some columns of a row that `get` or `insert` gave; never those of its key or fixed ones. The row itself is changed. */
  update<Row extends ReadModelRow>(table: TableDefinition<Row>, row: Row, changes: Partial<Row>): void;
  /** Writes a row, whether or not one with its key is there. */
  put<Row extends ReadModelRow>(table: TableDefinition<Row>, row: Row): void;
  remove<Row extends ReadModelRow>(table: TableDefinition<Row>, ...key: readonly Cell[]): void;
}

/**
 * A read model as a pure function of the log: `apply` is called once for every event in log order and may look at nothing
 * but the event, its own tables and those of the projections before it. It never throws over an event: an event is already a fact.
 */
export interface Projection {
  readonly name: string;
  /** Raised whenever `apply` or the tables change; the read models are then rebuilt from the log. */
  readonly version: number;
  readonly tables: readonly TableDefinition[];
  apply(event: RecordedEvent, write: ReadModelWriter): void;
}

/** How a query reads the read models. Statements are prepared once per SQL text. */
export interface ReadModelReader {
  /** The last position of the log whose events are in the tables. */
  readonly position: number;
  all(sql: string, ...parameters: readonly Cell[]): readonly ReadModelRow[];
  get(sql: string, ...parameters: readonly Cell[]): ReadModelRow | undefined;
}

/** Gives a table definition its row type without a cast. */
export function defineTable<Row extends ReadModelRow>(definition: TableDefinition<Row>): TableDefinition<Row> {
  return definition;
}
