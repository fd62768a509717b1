import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { newId } from '../../src/kernel/ids.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { EmbeddedLog } from '../../src/event-log/embedded/embedded-log.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import type { Figure } from '../figure.ts';
import { withPlace } from '../place.ts';

const callers = 100;

/** Durable appends a second, and the raw insert loop with the very rows that they left. */
export async function appendFigure(scale: number): Promise<Figure> {
  const each = Math.round(1500 * scale);
  return withPlace(async (dir) => {
    const ours = await appendRate(join(dir, 'ours'), each);
    const limit = rawRate(join(dir, 'ours', 'log.db'), join(dir, 'raw.db'));
    return {
      name: 'durable appends',
      ours,
      limit,
      unit: '/s',
      against: 'raw node:sqlite loop, same rows, batch 100, FULL',
      wanted: { atLeast: 0.5 },
      parameters: `${String(callers)} callers, ${String(each)} appends each, read models folded along`,
    };
  });
}

async function appendRate(dataDir: string, each: number): Promise<number> {
  const store = await StoreClient.start({ dataDir });
  const log = await EmbeddedLog.open(store);
  const run = async (appends: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: callers }, async () => {
        const stream = newId('exec', systemClock);
        for (let i = 0; i < appends; i++) {
          const data = { attempt: 1, progress: (i / appends) * 100, status: 'working' };
          const expected = i === 0 ? 'none' : i - 1;
          await log.append({
            stream,
            expected,
            actor: 'node_bench',
            atMs: Date.now(),
            events: [{ type: 'ExecutionProgressed', data }],
          });
        }
      }),
    );
  };
  await run(100);
  const before = performance.now();
  await run(each);
  const rate = ((callers * each) / (performance.now() - before)) * 1000;
  await log.close();
  await store.close();
  return rate;
}

function rawRate(source: string, target: string): number {
  const from = new DatabaseSync(source, { readOnly: true });
  const streams = from.prepare('SELECT * FROM streams').all();
  const rows = from
    .prepare('SELECT * FROM records ORDER BY position')
    .all()
    .map((row) => Object.values(row));
  const ddl = from
    .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name LIKE 'records%' OR name = 'streams'")
    .all();
  const db = new DatabaseSync(target);
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8192',
  );
  for (const { sql } of ddl) db.exec(String(sql));
  const addStream = db.prepare('INSERT INTO streams VALUES (?, ?)');
  const add = db.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)');
  const [begin, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')];
  for (const stream of streams) addStream.run(...Object.values(stream));
  const before = performance.now();
  for (let at = 0; at < rows.length; at += 100) {
    begin.run();
    for (const row of rows.slice(at, at + 100)) add.run(...row);
    commit.run();
  }
  const rate = (rows.length / (performance.now() - before)) * 1000;
  db.close();
  from.close();
  return rate;
}

/** Size of a log file with everything in its journal counted. */
export function logBytes(dataDir: string): number {
  const db = new DatabaseSync(join(dataDir, 'log.db'));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return statSync(join(dataDir, 'log.db')).size;
}
