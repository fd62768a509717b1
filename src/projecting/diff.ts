import { openDatabase } from '../store/sqlite.ts';
import type { Projection, TableDefinition } from './projection.ts';

/** A row that the live read models and a fresh fold do not agree on. */
export interface Difference {
  readonly table: string;
  readonly key: string;
  /** `missing`: only the fold has it; `surplus`: only the live file has it; otherwise the columns that differ. */
  readonly what: string;
}

const maxDifferences = 100;

/**
 * Compares a live read-model file with a fresh fold up to the same position. The live file is read in one snapshot, so a
 * running server may go on. `fold` makes the fresh file for a position and returns its path.
 */
export function diffReadModels(
  livePath: string,
  projections: readonly Projection[],
  fold: (until: number) => string,
): { readonly position: number; readonly differences: readonly Difference[] } {
  const live = openDatabase(livePath, { durability: 'normal', readOnly: true });
  try {
    live.exec('BEGIN');
    const position = Number(live.prepare('SELECT min(position) AS position FROM checkpoints').get()?.position ?? 0);
    const fresh = openDatabase(fold(position), { durability: 'normal', readOnly: true });
    try {
      const tables = projections.flatMap((projection) => projection.tables);
      const differences = tables.flatMap((table) => {
        const sql = `SELECT * FROM ${table.name} ORDER BY ${table.key.join(', ')}`;
        return [...diffRows(table, live.prepare(sql).iterate(), fresh.prepare(sql).iterate())];
      });
      return { position, differences: differences.slice(0, maxDifferences) };
    } finally {
      fresh.close();
    }
  } finally {
    live.close();
  }
}

type Row = Readonly<Record<string, unknown>>;

/** Walks two tables side by side in key order. */
function* diffRows(table: TableDefinition, live: Iterator<Row>, fresh: Iterator<Row>): Generator<Difference> {
  let a = live.next();
  let b = fresh.next();
  while (a.done !== true || b.done !== true) {
    const order = a.done === true ? 1 : b.done === true ? -1 : compareKeys(table, a.value, b.value);
    if (order < 0 && a.done !== true) yield { table: table.name, key: keyOf(table, a.value), what: 'surplus' };
    if (order > 0 && b.done !== true) yield { table: table.name, key: keyOf(table, b.value), what: 'missing' };
    if (order === 0 && a.done !== true && b.done !== true) {
      const columns = differingColumns(table, a.value, b.value);
      if (columns.length > 0) yield { table: table.name, key: keyOf(table, a.value), what: columns.join(', ') };
    }
    if (order <= 0) a = live.next();
    if (order >= 0) b = fresh.next();
  }
}

function differingColumns(table: TableDefinition, a: Row, b: Row): string[] {
  return Object.keys(table.columns).filter((column) => a[column] !== b[column]);
}

/** SQLite orders text by bytes, as this does for the ASCII keys of our tables. */
function compareKeys(table: TableDefinition, a: Row, b: Row): number {
  for (const column of table.key) {
    const [x, y] = [String(a[column]), String(b[column])];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function keyOf(table: TableDefinition, row: Row): string {
  return table.key.map((column) => String(row[column])).join(' ');
}
