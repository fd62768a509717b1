import type { ScheduleFired, ScheduleSettings } from '../../schemas/generated/events.ts';
import type { RecordedEvent } from '../../src/event-log/event-log.ts';
import type { Projection, ReadModelWriter } from '../../src/projecting/projection.ts';
import { executionsTable } from '../executions/projection.ts';
import {
  firingsTable,
  scheduleCountsTable,
  type ScheduledRunRow,
  scheduledRunsTable,
  type ScheduleRow,
  schedulesTable,
} from './tables.ts';

const endings: ReadonlyMap<string, 'good' | 'bad' | 'neither'> = new Map([
  ['ExecutionCompleted', 'good'],
  ['ExecutionFailed', 'bad'],
  ['ExecutionTimedOut', 'bad'],
  ['ExecutionExpired', 'bad'],
  ['ExecutionCancelled', 'neither'],
]);

/** Schedules, what became of each of their times, and which of their runs are open. */
export const schedulesProjection: Projection = {
  name: 'schedules',
  version: 1,
  tables: [schedulesTable, firingsTable, scheduledRunsTable, scheduleCountsTable],
  apply(event, write) {
    if (event.type === 'ScheduleCreated') create(event, write);
    else if (event.type.startsWith('Schedule')) {
      const row = write.get(schedulesTable, event.stream);
      if (row === undefined || row.status === 'deleted') return;
      write.update(schedulesTable, row, { ...changesBy(event, row), revision: event.revision });
      addFiring(event, write);
      if (event.type === 'ScheduleDeleted') count(row.owner, -1, write);
    } else if (event.type === 'ExecutionRequested') {
      if (event.data.cause === 'schedule' && event.revision === 0) requested(event.stream, write);
    } else if (endings.has(event.type)) ended(event, write);
  },
};

function create(event: RecordedEvent<'ScheduleCreated'>, write: ReadModelWriter): void {
  if (event.revision > 0) return;
  const { owner, settings } = event.data;
  write.insert(schedulesTable, {
    id: event.stream,
    owner,
    status: 'active',
    settingsJson: JSON.stringify(settings),
    ...{ pauseReason: null, pauseNote: null, pausedUntilMs: null },
    settledMs: firstSettled(settings, event.atMs),
    ...{
      runs: 0,
      bufferedJson: '[]',
      backfillsJson: '{}',
      failuresInRow: 0,
      fired: 0,
      skipped: 0,
      lastFiredAtMs: null,
    },
    createdAtMs: event.atMs,
    revision: event.revision,
    position: event.position,
  });
  count(owner, 1, write);
}

function count(owner: string, by: number, write: ReadModelWriter): void {
  const row = write.get(scheduleCountsTable, owner);
  if (row === undefined) write.insert(scheduleCountsTable, { owner, schedules: by });
  else write.update(scheduleCountsTable, row, { schedules: row.schedules + by });
}

function firstSettled({ startAtMs }: ScheduleSettings, atMs: number): number {
  return startAtMs !== null && startAtMs > atMs ? startAtMs - 1 : atMs;
}

interface Waiting {
  readonly instantMs: number;
  readonly trigger: string;
  readonly backfill: string | null;
}

type Backfills = Readonly<Record<string, { readonly settledMs: number; readonly fired: number }>>;

function changesBy(event: RecordedEvent, row: ScheduleRow): Partial<ScheduleRow> {
  switch (event.type) {
    case 'ScheduleRevised': {
      const { settings } = event.data;
      const settledMs = Math.max(row.settledMs, firstSettled(settings, event.atMs));
      return { settingsJson: JSON.stringify(settings), settledMs };
    }
    case 'SchedulePaused': {
      const { reason: pauseReason, note: pauseNote, untilMs: pausedUntilMs } = event.data;
      return { status: 'paused', pauseReason, pauseNote, pausedUntilMs };
    }
    case 'ScheduleResumed': {
      const none = { pauseReason: null, pauseNote: null, pausedUntilMs: null };
      return { status: 'active', ...none, failuresInRow: 0, settledMs: Math.max(row.settledMs, event.atMs) };
    }
    case 'ScheduleDeleted':
      return { status: 'deleted' };
    case 'ScheduleFired':
      return firedBy(event.data, row, event.atMs);
    case 'ScheduleFiringBuffered': {
      const bufferedJson = JSON.stringify([...waitingIn(row), event.data]);
      return { ...settledBy(event.data, row, 0), bufferedJson };
    }
    case 'ScheduleFiringSkipped': {
      const { fromMs, untilMs, count, backfill } = event.data;
      const trigger = backfill === null ? 'cron' : 'backfill';
      const left = waitingIn(row).filter(
        (waiting) => waiting.instantMs < fromMs || waiting.instantMs > untilMs || waiting.backfill !== backfill,
      );
      const skipped = row.skipped + (count ?? 1);
      return {
        ...settledBy({ instantMs: untilMs, trigger, backfill }, row, 0),
        bufferedJson: JSON.stringify(left),
        skipped,
      };
    }
    case 'ScheduleBackfillRequested': {
      const { backfill, fromMs, untilMs } = event.data;
      const begun = { fromMs, untilMs, settledMs: fromMs - 1, fired: 0 };
      return { backfillsJson: JSON.stringify({ ...backfillsIn(row), [backfill]: begun }) };
    }
    case 'ScheduleBackfillEnded': {
      const { [event.data.backfill]: _, ...others } = backfillsIn(row);
      return { backfillsJson: JSON.stringify(others) };
    }
    default:
      return {};
  }
}

function firedBy(data: ScheduleFired, row: ScheduleRow, atMs: number): Partial<ScheduleRow> {
  const isOwn = data.trigger === 'cron' || data.trigger === 'catchUp';
  const left = waitingIn(row).filter(
    ({ instantMs, trigger }) => instantMs !== data.instantMs || trigger !== data.trigger,
  );
  return {
    ...settledBy(data, row, 1),
    bufferedJson: JSON.stringify(left),
    runs: row.runs + (isOwn ? 1 : 0),
    fired: row.fired + 1,
    lastFiredAtMs: atMs,
  };
}

function settledBy({ instantMs, trigger, backfill }: Waiting, row: ScheduleRow, fired: 0 | 1): Partial<ScheduleRow> {
  if (trigger === 'manual') return {};
  if (backfill === null) return { settledMs: Math.max(row.settledMs, instantMs) };
  const backfills = backfillsIn(row);
  const known = backfills[backfill];
  if (known === undefined) return {};
  const changed = { ...known, settledMs: Math.max(known.settledMs, instantMs), fired: known.fired + fired };
  return { backfillsJson: JSON.stringify({ ...backfills, [backfill]: changed }) };
}

function waitingIn({ bufferedJson }: ScheduleRow): readonly Waiting[] {
  return bufferedJson === '[]' ? [] : (JSON.parse(bufferedJson) as readonly Waiting[]);
}

function backfillsIn({ backfillsJson }: ScheduleRow): Backfills {
  return backfillsJson === '{}' ? {} : (JSON.parse(backfillsJson) as Backfills);
}

function addFiring(event: RecordedEvent, write: ReadModelWriter): void {
  const { stream: schedule, revision, atMs, actor } = event;
  const about = { schedule, revision, atMs, actor };
  if (event.type === 'ScheduleFired') {
    const { instantMs, effectiveAtMs, trigger, execution, backfill } = event.data;
    write.put(firingsTable, {
      ...about,
      outcome: 'fired',
      ...{ instantMs, untilMs: instantMs, count: 1, effectiveAtMs, trigger, backfill, reason: null, note: null },
      execution,
      run: execution === null ? null : 'due',
    });
    if (execution !== null) write.put(scheduledRunsTable, { execution, schedule, revision });
    return;
  }
  if (event.type !== 'ScheduleFiringSkipped') return;
  const { fromMs: instantMs, untilMs, count, reason, note, execution, backfill } = event.data;
  if (reason === 'targetMissing' || reason === 'paramsInvalid') close(execution, write);
  write.put(firingsTable, {
    ...about,
    outcome: 'skipped',
    ...{ instantMs, untilMs, count, effectiveAtMs: null, trigger: null, backfill, reason, note, execution, run: null },
  });
}

function requested(execution: string, write: ReadModelWriter): void {
  const known = write.get(scheduledRunsTable, execution);
  if (known === undefined) return;
  const firing = write.get(firingsTable, known.schedule, known.revision);
  if (firing?.run === 'due') write.update(firingsTable, firing, { run: 'open' });
}

function ended(event: RecordedEvent, write: ReadModelWriter): void {
  // Its row is at hand, and says for nearly all of them that there is nothing to look up.
  if (write.get(executionsTable, event.stream)?.cause !== 'schedule') return;
  const known = close(event.stream, write);
  if (known === null) return;
  const schedule = write.get(schedulesTable, known.schedule);
  if (schedule === undefined) return;
  const how = endings.get(event.type);
  if (how === 'good' && schedule.failuresInRow > 0) write.update(schedulesTable, schedule, { failuresInRow: 0 });
  else if (how === 'bad') write.update(schedulesTable, schedule, { failuresInRow: schedule.failuresInRow + 1 });
}

/** Nothing of a firing's run is open any more. */
function close(execution: string | null, write: ReadModelWriter): ScheduledRunRow | null {
  const known = execution === null ? undefined : write.get(scheduledRunsTable, execution);
  if (known === undefined) return null;
  write.remove(scheduledRunsTable, known.execution);
  const firing = write.get(firingsTable, known.schedule, known.revision);
  if (firing !== undefined) write.update(firingsTable, firing, { run: null });
  return known;
}
