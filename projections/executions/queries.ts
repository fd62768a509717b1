import type { Cell, ReadModelReader } from '../../src/projecting/projection.ts';
import { type ExecutionRow, executionStatuses } from './projection.ts';

/** Which executions a list shows. `owner` null: everybody's (for administrators). */
export interface ExecutionFilter {
  readonly owner: string | null;
  readonly status: string | null;
  readonly skill: string | null;
}

interface Page {
  readonly limit: number;
  readonly offset: number;
  /** Only executions requested before this position: the cursor. */
  readonly before: number | null;
}

/** One execution by id. */
export function executionById(reader: ReadModelReader, id: string): ExecutionRow | null {
  return (reader.get('SELECT * FROM executions WHERE id = ?', id) as ExecutionRow | undefined) ?? null;
}

/** Executions with an id of a cause, or one that begins with it and a slash, oldest first. */
export function childrenOf(reader: ReadModelReader, cause: string, id: string, limit: number): readonly ExecutionRow[] {
  const sql = `SELECT * FROM executions
    WHERE cause = ? AND cause IN ('workflow', 'schedule', 'retry') AND causeId >= ? AND causeId < ?
    ORDER BY position LIMIT ?`;
  // No id goes on with a sign before 0 but a slash.
  return reader.all(sql, cause, id, `${id}0`, limit) as readonly ExecutionRow[];
}

/** Runs of workflows that have not ended, after a position of the log. */
export function openRunsAfter(reader: ReadModelReader, after: number, limit: number): readonly ExecutionRow[] {
  const sql = `SELECT * FROM executions
    WHERE endedAtMs IS NULL AND position > ? AND skill >= 'workflow:' AND skill < 'workflow;' ORDER BY position LIMIT ?`;
  return reader.all(sql, after, limit) as readonly ExecutionRow[];
}

/** A page of executions, newest request first, and how many there are in all. */
export function listExecutions(
  reader: ReadModelReader,
  filter: ExecutionFilter,
  page: Page,
): { readonly rows: readonly ExecutionRow[]; readonly total: number } {
  const { where, values } = conditionsOf(filter);
  const total = countOf(reader, filter);
  const before = page.before === null ? '' : `${where === '' ? 'WHERE' : 'AND'} position < ?`;
  const rows = reader.all(
    `SELECT * FROM executions ${where} ${before} ORDER BY position DESC LIMIT ? OFFSET ?`,
    ...values,
    ...(page.before === null ? [] : [page.before]),
    page.limit,
    page.offset,
  );
  return { rows: rows as readonly ExecutionRow[], total };
}

function conditionsOf({ owner, status, skill }: ExecutionFilter): { readonly where: string; readonly values: Cell[] } {
  const conditions: string[] = [];
  const values: Cell[] = [];
  if (owner !== null) {
    conditions.push('owner = ?');
    values.push(owner);
  }
  // Written out, not bound: only then can SQLite see that an index over part of the statuses serves.
  if (status !== null) conditions.push(`status = '${executionStatuses.find((known) => known === status) ?? 'none'}'`);
  if (skill !== null) {
    conditions.push('skill = ?');
    values.push(skill);
  }
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

/** What has ended was counted when it ended; what is open is little: a list must not walk a million rows to say how long it is. */
function countOf(reader: ReadModelReader, filter: ExecutionFilter): number {
  const { where, values } = conditionsOf(filter);
  const ended = reader.get(`SELECT coalesce(sum(executions), 0) AS total FROM ended_counts ${where}`, ...values);
  const open = reader.get(`SELECT count(*) AS total FROM executions ${whereOpen(where)}`, ...values);
  return Number(ended?.total ?? 0) + Number(open?.total ?? 0);
}

function whereOpen(where: string): string {
  return where === '' ? 'WHERE endedAtMs IS NULL' : `${where} AND endedAtMs IS NULL`;
}

/** How many executions there are by status: of one owner, or (null) of all. */
export function countsByStatus(reader: ReadModelReader, owner: string | null): Readonly<Record<string, number>> {
  const { where, values } = conditionsOf({ owner, status: null, skill: null });
  const rows = reader.all(
    `SELECT status, sum(executions) AS total FROM ended_counts ${where} GROUP BY status
     UNION ALL SELECT status, count(*) FROM executions ${whereOpen(where)} GROUP BY status`,
    ...values,
    ...values,
  );
  return Object.fromEntries(rows.map((row) => [String(row.status), Number(row.total)]));
}

/** What the runner has to know of an execution that has not ended. */
export type TodoRow = Pick<
  ExecutionRow,
  'id' | 'status' | 'skill' | 'owner' | 'priority' | 'dueAtMs' | 'expiresAtMs' | 'mode' | 'node' | 'position'
>;

/** The runner's to-do list after a position: executions that have not ended, oldest request first. */
export function todoAfter(reader: ReadModelReader, after: number, limit: number): readonly TodoRow[] {
  const rows = reader.all(
    `SELECT id, status, skill, owner, priority, dueAtMs, expiresAtMs, mode, node, position
     FROM executions WHERE endedAtMs IS NULL AND position > ? ORDER BY position LIMIT ?`,
    after,
    limit,
  );
  return rows as readonly TodoRow[];
}
