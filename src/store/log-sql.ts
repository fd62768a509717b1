import type { DatabaseSync, StatementSync } from 'node:sqlite';

import { definitely } from '../kernel/assert.ts';

// Streams are interned: a name stands once in the file however many records the stream has, which keeps a no-op
// execution (three records) under 500 bytes on disk.
/** The tables of a log file. */
export const logDdl = `
  CREATE TABLE IF NOT EXISTS streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE IF NOT EXISTS records (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    events INTEGER NOT NULL,
    hash BLOB NOT NULL,
    record BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS records_by_stream ON records (stream, revision);
  CREATE TABLE IF NOT EXISTS outcomes (
    stream TEXT NOT NULL,
    append_id TEXT NOT NULL,
    position INTEGER,
    revision INTEGER NOT NULL,
    PRIMARY KEY (stream, append_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS properties (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/** A row as SQLite gives it. */
export type Row = Record<string, unknown>;

/** The log file's statements by what they are for. */
export type LogStatements = Record<StatementName, StatementSync>;
type StatementName = keyof typeof statements;

const statements = {
  last: 'SELECT position, hash FROM records ORDER BY position DESC LIMIT 1',
  lastStream: 'SELECT id FROM streams ORDER BY id DESC LIMIT 1',
  streamId: 'SELECT id FROM streams WHERE name = ?',
  lastOfStream: 'SELECT revision, events FROM records WHERE stream = ? ORDER BY revision DESC LIMIT 1',
  recordHolding: 'SELECT revision FROM records WHERE stream = ? AND revision <= ? ORDER BY revision DESC LIMIT 1',
  recordFrom: 'SELECT position, record FROM records WHERE stream = ? AND revision = ?',
  streamRecords:
    'SELECT position, revision, events, record FROM records WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?',
  allRecords:
    'SELECT position, name, revision, events, record FROM records JOIN streams ON streams.id = records.stream WHERE position > ? ORDER BY position LIMIT ?',
  recordAtOrBefore: 'SELECT position, record FROM records WHERE position <= ? ORDER BY position DESC LIMIT 1',
  recordWithHash: 'SELECT position FROM records WHERE hash = ?',
  hashAt: 'SELECT hash FROM records WHERE position = ?',
  chain:
    'SELECT position, name, revision, events, hash, record FROM records JOIN streams ON streams.id = records.stream WHERE position > ? ORDER BY position',
  outcome: 'SELECT position, revision FROM outcomes WHERE stream = ? AND append_id = ?',
  addOutcome: 'INSERT INTO outcomes (stream, append_id, position, revision) VALUES (?, ?, ?, ?)',
  addStream: 'INSERT INTO streams (id, name) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
  addRecord: 'INSERT INTO records (position, stream, revision, events, hash, record) VALUES (?, ?, ?, ?, ?, ?)',
  property: 'SELECT value FROM properties WHERE name = ?',
  setProperty: 'INSERT OR REPLACE INTO properties (name, value) VALUES (?, ?)',
} as const;

/** Prepares all of them. */
export function prepareLogStatements(db: DatabaseSync): LogStatements {
  const prepared = Object.entries(statements).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared) as LogStatements;
}

/** The bytes of a blob column. */
export function bytesOf(value: unknown): Uint8Array {
  return definitely(value instanceof Uint8Array ? value : null, 'a blob column holds bytes');
}
