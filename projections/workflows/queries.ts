import type { ReadModelReader } from '../../src/projecting/projection.ts';
import type { WorkflowRow, WorkflowVersionRow } from './projection.ts';

/** One workflow by id; retired ones too. */
export function workflowById(reader: ReadModelReader, id: string): WorkflowRow | null {
  return (reader.get('SELECT * FROM workflows WHERE id = ?', id) as WorkflowRow | undefined) ?? null;
}

/** A page of an owner's workflows that are not retired, oldest first, and how many there are. `owner` null: everybody's. */
export function listWorkflows(
  reader: ReadModelReader,
  owner: string | null,
  limit: number,
  offset: number,
): { readonly rows: readonly WorkflowRow[]; readonly total: number } {
  const where = `WHERE status = 'defined'${owner === null ? '' : ' AND owner = ?'}`;
  const values = owner === null ? [] : [owner];
  const total = reader.get(`SELECT count(*) AS total FROM workflows ${where}`, ...values)?.total ?? 0;
  const sql = `SELECT * FROM workflows ${where} ORDER BY position LIMIT ? OFFSET ?`;
  return { rows: reader.all(sql, ...values, limit, offset) as readonly WorkflowRow[], total: Number(total) };
}

/** One version of a workflow. */
export function workflowVersion(reader: ReadModelReader, workflow: string, version: number): WorkflowVersionRow | null {
  const sql = 'SELECT * FROM workflow_versions WHERE workflow = ? AND version = ?';
  return (reader.get(sql, workflow, version) as WorkflowVersionRow | undefined) ?? null;
}

/** All versions of a workflow, newest first. */
export function workflowVersions(reader: ReadModelReader, workflow: string): readonly WorkflowVersionRow[] {
  const sql = 'SELECT * FROM workflow_versions WHERE workflow = ? ORDER BY version DESC';
  return reader.all(sql, workflow) as readonly WorkflowVersionRow[];
}
