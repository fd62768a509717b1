import type { RecordedEvent } from '../event-log/event-log.ts';
import type { Cell, Projection, ReadModelRow, ReadModelWriter, TableDefinition } from './projection.ts';

type Rows = Map<string, ReadModelRow>;

/** Folds events through one projection without a database: the rows of each of its tables, by table name. */
export function foldInMemory(
  projection: Projection,
  events: Iterable<RecordedEvent>,
): ReadonlyMap<string, readonly ReadModelRow[]> {
  const tables = new Map<string, Rows>(projection.tables.map((table) => [table.name, new Map()]));
  const rowsOf = (table: TableDefinition): Rows => tables.get(table.name) ?? new Map<string, ReadModelRow>();
  const put = (table: TableDefinition, row: ReadModelRow): void => {
    rowsOf(table).set(nameOf(table.key.map((column) => row[column] ?? null)), row);
  };
  const write: ReadModelWriter = {
    get: <Row extends ReadModelRow>(table: TableDefinition<Row>, ...key: readonly Cell[]) =>
      rowsOf(table).get(nameOf(key)) as Row | undefined,
    insert: put,
    update: (_table, row, changes) => {
      Object.assign(row, changes);
    },
    put,
    remove: (table, ...key) => {
      rowsOf(table).delete(nameOf(key));
    },
  };
  for (const event of events) projection.apply(event, write);
  return new Map([...tables].map(([name, rows]) => [name, [...rows.values()]]));
}

function nameOf(key: readonly Cell[]): string {
  return JSON.stringify(key);
}
