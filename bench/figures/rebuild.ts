import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { projections } from '../../projections/index.ts';
import { EventCodec } from '../../src/event-log/codec.ts';
import type { NewEvent } from '../../src/event-log/event-log.ts';
import { encodeRecord, toRecordedEvents } from '../../src/event-log/record.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import { foldLog } from '../../src/store/fold-log.ts';
import { LogFile, type ProposedAppend } from '../../src/store/log-file.ts';
import { type Figure, median } from '../figure.ts';
import { withPlace } from '../place.ts';
import { startServer } from '../program.ts';

/** Rebuilding the read models, and starting, on a log of a million events. */
export async function bigLogFigures(scale: number): Promise<Figure[]> {
  const events = Math.round(1_000_000 * scale);
  return withPlace(async (dir) => {
    const { program } = await startServer(dir, ['--runner=inline']);
    await program.stop();
    fillLog(join(dir, 'log.db'), events);
    const log = new LogFile(join(dir, 'log.db'), { readOnly: true });
    const rebuildMs = timeOf(() => {
      foldLog({ log, path: join(dir, 'rebuilt.db'), projections, until: log.head, onProgress: () => undefined });
    });
    const rawMs = timeOf(() => {
      rawFold(log, join(dir, 'raw.db'));
    });
    log.close();
    const parameters = `${events.toLocaleString('en')} events: executions of five events, from 1,000 owners`;
    const rebuild: Figure = {
      name: 'projection rebuild',
      ours: (events / rebuildMs) * 1000,
      limit: (events / rawMs) * 1000,
      unit: 'events/s',
      against: 'raw read-decode-upsert loop into one table',
      wanted: { atLeast: 0.4 },
      parameters,
    };
    // The first start after the log was written from outside folds what is new; the figure is the one after it.
    const first = await startServer(dir, ['--runner=inline']);
    await untilReady(first.url);
    await first.program.stop();
    const start = await startMs(dir);
    return [
      rebuild,
      {
        name: 'start to ready, big log',
        ours: start,
        limit: null,
        unit: 'ms',
        against: 'process start to the first line',
        wanted: { atMost: 1200 },
        parameters,
      },
    ];
  });
}

async function untilReady(url: string): Promise<void> {
  while ((await fetch(`${url}/health/ready`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Median start of an empty data directory and of one that is there already. */
export async function startFigure(): Promise<Figure> {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) times.push(await withPlace((dir) => startMs(dir, 1)));
  return {
    name: 'start to ready, empty log',
    ours: median(times),
    limit: null,
    unit: 'ms',
    against: 'process start to the first line',
    wanted: { atMost: 600 },
    parameters: 'fresh data directory, median of 5',
  };
}

async function startMs(dir: string, rounds = 3): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = performance.now();
    const { program, url } = await startServer(dir, ['--runner=inline']);
    times.push(performance.now() - before);
    await untilReady(url);
    await program.stop();
  }
  return median(times);
}

const retry = { maxAttempts: 1, initialDelayMs: 1000, factor: 2, maxDelayMs: 60_000, maxLostAttempts: 3 };

function fillLog(path: string, events: number): void {
  const log = new LogFile(path);
  for (const batch of storiesOf(events)) log.appendAll(batch);
  log.close();
}

/** So many events as batches of appends: executions of five events each, of 1,000 owners. */
export function* storiesOf(events: number): Generator<ProposedAppend[]> {
  const codec = new EventCodec();
  const owners = Array.from({ length: 1000 }, () => newId('user', systemClock));
  const batch = 2000;
  for (let done = 0; done < events; done += batch * 5) {
    const proposals: ProposedAppend[] = [];
    for (let i = 0; i < batch; i++) proposals.push(...executionOf(codec, owners[(done + i) % owners.length] ?? ''));
    yield proposals;
  }
}

function executionOf(codec: EventCodec, owner: string): ProposedAppend[] {
  const stream = newId('exec', systemClock);
  const request: NewEvent = {
    type: 'ExecutionRequested',
    data: {
      owner,
      skill: 'noop',
      skillVersion: '1.0.0',
      skillDigest: 'ab'.repeat(32),
      params: {},
      secretParams: [],
      cause: 'api',
      causeId: null,
      priority: 0,
      dueAtMs: null,
      expiresAtMs: null,
      timeoutMs: 30_000,
      retry,
    },
  };
  const story: NewEvent[] = [
    request,
    { type: 'ExecutionStarted', data: { attempt: 1, node: 'node_a', mode: 'inline', limits: null, skillDigest: null } },
    { type: 'ExecutionProgressed', data: { attempt: 1, progress: 50, status: 'half' } },
    {
      type: 'ExecutionLogged',
      data: { attempt: 1, level: 'info', message: 'half of it', loggedAtMs: 1_790_000_000_000 },
    },
    { type: 'ExecutionCompleted', data: { attempt: 1, result: null, durationMs: 3, artifacts: [] } },
  ];
  return story.map((event, revision) => ({
    stream,
    expected: revision - 1,
    eventCount: 1,
    appendId: null,
    record: encodeRecord({
      appendId: '',
      atMs: 1_790_000_000_000,
      actor: owner,
      causationId: null,
      correlationId: null,
      events: [codec.encode(event)],
    }),
  }));
}

/** The limit: every record read and decoded, and one row written for each event. */
function rawFold(log: LogFile, path: string): void {
  const codec = new EventCodec();
  const db = new DatabaseSync(path);
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE seen (id TEXT PRIMARY KEY, type TEXT, revision INTEGER, at INTEGER) WITHOUT ROWID',
  );
  const upsert = db.prepare(
    'INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET type = excluded.type, revision = excluded.revision, at = excluded.at',
  );
  for (let after = 0; after < log.head;) {
    const records = log.readAll(after, 4000);
    db.exec('BEGIN');
    for (const record of records)
      for (const event of toRecordedEvents(record, codec))
        upsert.run(event.stream, event.type, event.revision, event.atMs);
    db.exec('COMMIT');
    after = records.at(-1)?.position ?? log.head;
  }
  db.close();
}

function timeOf(work: () => void): number {
  const before = performance.now();
  work();
  return performance.now() - before;
}
