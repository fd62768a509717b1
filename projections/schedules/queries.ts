import type { Cell, ReadModelReader } from '../../src/projecting/projection.ts';
import type { FiringRow, ScheduleRow } from './tables.ts';

/** One schedule by id; deleted ones too. */
export function scheduleById(reader: ReadModelReader, id: string): ScheduleRow | null {
  return (reader.get('SELECT * FROM schedules WHERE id = ?', id) as ScheduleRow | undefined) ?? null;
}

/** A page of an owner's schedules, oldest first, and how many there are; deleted ones are left out. `owner` null: everybody's. */
export function listSchedules(
  reader: ReadModelReader,
  owner: string | null,
  status: string | null,
  limit: number,
  offset: number,
): { readonly rows: readonly ScheduleRow[]; readonly total: number } {
  const conditions = ["status <> 'deleted'"];
  const values: Cell[] = [];
  if (owner !== null) {
    conditions.push('owner = ?');
    values.push(owner);
  }
  if (status !== null) {
    conditions.push('status = ?');
    values.push(status);
  }
  const where = `WHERE ${conditions.join(' AND ')}`;
  const total = reader.get(`SELECT count(*) AS total FROM schedules ${where}`, ...values)?.total ?? 0;
  const sql = `SELECT * FROM schedules ${where} ORDER BY position LIMIT ? OFFSET ?`;
  return { rows: reader.all(sql, ...values, limit, offset) as readonly ScheduleRow[], total: Number(total) };
}

/** How many schedules an owner has; deleted ones are left out. */
export function countSchedules(reader: ReadModelReader, owner: string): number {
  return Number(reader.get('SELECT schedules FROM schedule_counts WHERE owner = ?', owner)?.schedules ?? 0);
}

/** Schedules after one in the order of their creation, deleted ones left out: what the scheduler looks after. */
export function schedulesAfter(reader: ReadModelReader, after: number, limit: number): readonly ScheduleRow[] {
  const sql = "SELECT * FROM schedules WHERE position > ? AND status <> 'deleted' ORDER BY position LIMIT ?";
  return reader.all(sql, after, limit) as readonly ScheduleRow[];
}

/** Firings whose run was not requested yet, or has not ended. */
export function openFirings(reader: ReadModelReader): readonly FiringRow[] {
  const sql = "SELECT * FROM schedule_firings WHERE run IN ('due', 'open') ORDER BY schedule, revision";
  return reader.all(sql) as readonly FiringRow[];
}

/** A page of what became of a schedule's times, newest first, and how many entries there are. */
export function listFirings(
  reader: ReadModelReader,
  schedule: string,
  outcome: string | null,
  limit: number,
  offset: number,
): { readonly rows: readonly FiringRow[]; readonly total: number } {
  const where = `WHERE schedule = ?${outcome === null ? '' : ' AND outcome = ?'}`;
  const values: Cell[] = outcome === null ? [schedule] : [schedule, outcome];
  const total = reader.get(`SELECT count(*) AS total FROM schedule_firings ${where}`, ...values)?.total ?? 0;
  const sql = `SELECT * FROM schedule_firings ${where} ORDER BY revision DESC LIMIT ? OFFSET ?`;
  return { rows: reader.all(sql, ...values, limit, offset) as readonly FiringRow[], total: Number(total) };
}

/** The times between two, both included, at which a schedule led to a run. */
export function firedInstants(
  reader: ReadModelReader,
  schedule: string,
  fromMs: number,
  untilMs: number,
): readonly number[] {
  const sql = `SELECT instantMs FROM schedule_firings
    WHERE schedule = ? AND outcome = 'fired' AND trigger <> 'manual' AND instantMs BETWEEN ? AND ?`;
  return reader.all(sql, schedule, fromMs, untilMs).map(({ instantMs }) => Number(instantMs));
}
