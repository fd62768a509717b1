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
  let [a, b] = [nextOf(live), nextOf(fresh)];
  for (let order = orderOf(table, a, b); order !== null; order = orderOf(table, a, b)) {
    const what = differenceOf(table, order, a, b);
    if (what !== null) yield { table: table.name, key: keyOf(table, (order > 0 ? b : a) ?? {}), what };
    if (order <= 0) a = nextOf(live);
    if (order >= 0) b = nextOf(fresh);
  }
}

/** Which of the two rows comes first; null when both tables are at their end. */
function orderOf(table: TableDefinition, a: Row | null, b: Row | null): number | null {
  if (a === null) return b === null ? null : 1;
  return b === null ? -1 : compareKeys(table, a, b);
}

function differenceOf(table: TableDefinition, order: number, a: Row | null, b: Row | null): string | null {
  if (order !== 0) return order < 0 ? 'surplus' : 'missing';
  const columns = Object.keys(table.columns).filter((column) => a?.[column] !== b?.[column]);
  return columns.length === 0 ? null : columns.join(', ');
}

function nextOf(rows: Iterator<Row>): Row | null {
  const next = rows.next();
  return next.done === true ? null : next.value;
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
