import type { ScheduleRow } from '../../projections/schedules/tables.ts';
import { isEnding } from '../commands/endings.ts';
import { evolveSchedule } from '../domain/schedule/evolve.ts';
import { initialSchedule, type LivingSchedule, type ScheduleState } from '../domain/schedule/state.ts';
import type { EventLog, RecordedEvent } from '../event-log/event-log.ts';
import type { Queries } from '../store/query-client.ts';
import { neverFires, type ScheduleTimes, stateIn, timesOf } from './schedule-times.ts';

/** A schedule as the log has it, kept current by the log's own events. */
export interface TrackedSchedule {
  readonly id: string;
  state: LivingSchedule;
  revision: number;
  times: ScheduleTimes;
  /** Its runs that have not ended, oldest first. */
  readonly open: Set<string>;
  failuresInRow: number;
  fired: number;
  lastFiredAtMs: number | null;
  /** Looked after at this moment; `again` when there is more to look at. */
  busy: boolean;
  again: boolean;
  queued: boolean;
}

interface Listener {
  /** There may be something to do at another time than before. */
  readonly onChange: (schedule: TrackedSchedule) => void;
  /** A run of it has ended. */
  readonly onEnding: (schedule: TrackedSchedule) => void;
  readonly onOwnerErased: (schedule: TrackedSchedule) => void;
  /** Told about what should never happen. */
  readonly onError: (error: unknown, about: string) => void;
}

const pageRows = 5000;

/** Every schedule that is not deleted, with the runs of it that have not ended: read once, and kept current by the log. */
export class TrackedSchedules {
  readonly #queries: Pick<Queries, 'schedulesAfter' | 'openFirings'>;
  readonly #listener: Listener;
  readonly #schedules = new Map<string, TrackedSchedule>();
  readonly #byExecution = new Map<string, TrackedSchedule>();
  readonly #unsubscribe: () => void;
  /** What the log told while the list was being read. */
  #news: RecordedEvent[] | null = [];

  constructor(
    log: Pick<EventLog, 'subscribe'>,
    queries: Pick<Queries, 'schedulesAfter' | 'openFirings'>,
    listener: Listener,
  ) {
    this.#queries = queries;
    this.#listener = listener;
    this.#unsubscribe = log.subscribe((events) => {
      for (const event of events) this.#hear(event);
    });
  }

  /** Reads the schedules as the log has them. */
  async load(): Promise<void> {
    let after = 0;
    for (;;) {
      const rows = await this.#queries.schedulesAfter(after, pageRows);
      for (const row of rows) this.#track(this.of(row));
      after = rows.at(-1)?.position ?? after;
      if (rows.length < pageRows) break;
    }
    for (const firing of await this.#queries.openFirings()) {
      const schedule = this.#schedules.get(firing.schedule);
      if (schedule !== undefined && firing.execution !== null) this.#opened(schedule, firing.execution);
    }
    const news = this.#news ?? [];
    this.#news = null;
    for (const event of news) this.#hear(event);
  }

  close(): void {
    this.#unsubscribe();
  }

  get(id: string): TrackedSchedule | undefined {
    return this.#schedules.get(id);
  }

  values(): Iterable<TrackedSchedule> {
    return this.#schedules.values();
  }

  /** A schedule as its row has it, also one that is deleted; it is not followed. */
  of(row: ScheduleRow): TrackedSchedule {
    const { id, revision, failuresInRow, fired, lastFiredAtMs } = row;
    return this.#made(id, stateIn(row), { revision, failuresInRow, fired, lastFiredAtMs });
  }

  #made(
    id: string,
    state: LivingSchedule,
    rest: Pick<TrackedSchedule, 'revision' | 'failuresInRow' | 'fired' | 'lastFiredAtMs'>,
  ): TrackedSchedule {
    const idle = { open: new Set<string>(), busy: false, again: false, queued: false };
    return { id, state, times: this.#times(id, state), ...idle, ...rest };
  }

  #track(schedule: TrackedSchedule): TrackedSchedule {
    this.#schedules.set(schedule.id, schedule);
    return schedule;
  }

  /** An expression that was good when it was taken can be unreadable to another version of the time zone data. */
  #times(id: string, { settings }: LivingSchedule): ScheduleTimes {
    try {
      return timesOf(id, settings);
    } catch (error) {
      this.#listener.onError(error, id);
      return neverFires;
    }
  }

  #opened(schedule: TrackedSchedule, execution: string): void {
    schedule.open.add(execution);
    this.#byExecution.set(execution, schedule);
  }

  #closed(schedule: TrackedSchedule, execution: string | null): void {
    if (execution === null) return;
    schedule.open.delete(execution);
    this.#byExecution.delete(execution);
  }

  #hear(event: RecordedEvent): void {
    const isOfSchedule = event.type.startsWith('Schedule');
    if (this.#news !== null) {
      if (isOfSchedule || isEnding(event) || event.type === 'UserErased') this.#news.push(event);
    } else if (isOfSchedule) this.#hearSchedule(event);
    else if (isEnding(event)) this.#hearEnding(event);
    else if (event.type === 'UserErased')
      for (const schedule of this.#schedules.values())
        if (schedule.state.owner === event.stream) this.#listener.onOwnerErased(schedule);
  }

  #hearSchedule(event: RecordedEvent): void {
    const known = this.#schedules.get(event.stream);
    if (known !== undefined && event.revision <= known.revision) return;
    const state: ScheduleState = evolveSchedule(known?.state ?? initialSchedule, event);
    if (state.phase === 'absent') return;
    if (state.phase === 'deleted') {
      this.#schedules.delete(event.stream);
      return;
    }
    const { revision } = event;
    const nothingYet = { revision, failuresInRow: 0, fired: 0, lastFiredAtMs: null };
    const schedule = known ?? this.#track(this.#made(event.stream, state, nothingYet));
    Object.assign(schedule, { state, revision });
    if (event.type === 'ScheduleRevised') schedule.times = this.#times(schedule.id, state);
    if (event.type === 'ScheduleResumed') schedule.failuresInRow = 0;
    if (event.type === 'ScheduleFired') {
      schedule.fired++;
      schedule.lastFiredAtMs = event.atMs;
      if (event.data.execution !== null) this.#opened(schedule, event.data.execution);
    }
    if (event.type === 'ScheduleFiringSkipped' && isGivenUp(event)) this.#closed(schedule, event.data.execution);
    this.#listener.onChange(schedule);
  }

  #hearEnding(event: RecordedEvent): void {
    const schedule = this.#byExecution.get(event.stream);
    if (schedule === undefined) return;
    this.#closed(schedule, event.stream);
    if (event.type === 'ExecutionCompleted') schedule.failuresInRow = 0;
    else if (event.type !== 'ExecutionCancelled') schedule.failuresInRow++;
    this.#listener.onEnding(schedule);
  }
}

/** A firing whose run could not be asked for: nothing of it is open. */
function isGivenUp({ data }: RecordedEvent<'ScheduleFiringSkipped'>): boolean {
  return data.reason === 'targetMissing' || data.reason === 'paramsInvalid';
}
