import type { ReadModelReader } from '../../src/projecting/projection.ts';
import type { TodoRow } from './projection.ts';

/** The runner's to-do list after a position, oldest request first. */
export function todoAfter(reader: ReadModelReader, after: number, limit: number): readonly TodoRow[] {
  const rows = reader.all('SELECT * FROM runner_todo WHERE position > ? ORDER BY position LIMIT ?', after, limit);
  return rows as readonly TodoRow[];
}
