import type { ReadModelReader } from '../../src/projecting/projection.ts';

/** How many events of each type there are. */
export function countsByType(reader: ReadModelReader): Readonly<Record<string, number>> {
  const rows = reader.all('SELECT type, events FROM event_counts ORDER BY type');
  return Object.fromEntries(rows.map((row) => [String(row.type), Number(row.events)]));
}
