import { bytesOf, type Row } from './log-sql.ts';

/** One append as it stands in the log file. */
export interface StoredRecord {
  readonly position: number;
  readonly stream: string;
  readonly firstRevision: number;
  readonly eventCount: number;
  readonly record: Uint8Array;
}

/** Rows read at once. */
export const chunkRows = 200;
/** What a page holds at most, and the record that goes over it. */
const maxPageBytes = 16 * 1024 * 1024;

/**
 * Reads in chunks until it has enough. Each chunk is read to its end: a statement that is left half-way keeps its snapshot,
 * and everything read on the connection afterwards would be as old as that.
 */
export function gather(
  nextRows: (last: Row | undefined) => Row[],
  limit: number,
  nameOf: (row: Row) => string,
  fromRevision = 0,
): StoredRecord[] {
  const records: StoredRecord[] = [];
  let last: Row | undefined;
  let events = 0;
  let bytes = 0;
  for (;;) {
    const rows = nextRows(last);
    for (const row of rows) {
      const record = {
        position: Number(row.position),
        stream: nameOf(row),
        firstRevision: Number(row.revision),
        eventCount: Number(row.events),
        record: bytesOf(row.record),
      };
      records.push(record);
      // Of the record that a page begins inside of, only the events that were asked for count.
      events += record.eventCount - Math.max(0, fromRevision - record.firstRevision);
      bytes += record.record.length;
      if (events >= limit || bytes >= maxPageBytes) return records;
    }
    last = rows.at(-1);
    if (rows.length < chunkRows) return records;
  }
}
