import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ScheduleSettings } from '../../../schemas/generated/events.ts';
import { decideSchedule, type ScheduleCommand, type ScheduleEvent } from '../../../src/domain/schedule/decide.ts';
import { evolveSchedule } from '../../../src/domain/schedule/evolve.ts';
import {
  decideFirings,
  type FiringContext,
  type Instants,
  misfireAfterMs,
  nextDueMs,
  unsettledBackfills,
  unsettledTimes,
} from '../../../src/domain/schedule/firings.ts';
import { initialSchedule, type LivingSchedule, type ScheduleState } from '../../../src/domain/schedule/state.ts';
import { isAppError } from '../../../src/kernel/errors.ts';

const minute = 60_000;
const settings: ScheduleSettings = {
  cronExpression: '* * * * *',
  timeZone: 'UTC',
  description: '',
  targetKind: 'skill',
  target: 'noop',
  params: {},
  sealed: null,
  overlap: 'skip',
  misfire: 'one',
  catchUpWindowMs: 86_400_000,
  jitterMs: 0,
  startAtMs: null,
  endAtMs: null,
  maxRuns: null,
  pauseAfterFailures: null,
  skippedTimes: 'shift',
  repeatedTimes: 'auto',
};

/** Every so many milliseconds. */
function every(periodMs: number): Instants {
  const between: Instants['between'] = (afterMs, untilMs, limit) => {
    const instants: number[] = [];
    for (let at = (Math.floor(afterMs / periodMs) + 1) * periodMs; at <= untilMs; at += periodMs) {
      if (instants.length === limit) return { instants, more: true };
      instants.push(at);
    }
    return { instants, more: false };
  };
  return {
    next: (afterMs) => (Math.floor(afterMs / periodMs) + 1) * periodMs,
    between,
    lastBefore: (beforeMs, afterMs) => {
      const last = (Math.ceil(beforeMs / periodMs) - 1) * periodMs;
      return last > afterMs ? last : null;
    },
  };
}

const created = (changes: Partial<ScheduleSettings> = {}): ScheduleEvent => ({
  type: 'ScheduleCreated',
  data: { owner: 'user_a', settings: { ...settings, ...changes } },
});

function after(atMs: number, ...events: readonly ScheduleEvent[]): LivingSchedule {
  const state = events.reduce<ScheduleState>(
    (before, event) => evolveSchedule(before, { ...event, atMs }),
    initialSchedule,
  );
  if (state.phase !== 'active' && state.phase !== 'paused') throw new Error(`the schedule is ${state.phase}`);
  return state;
}

const context = (nowMs: number, changes: Partial<FiringContext> = {}): FiringContext => ({
  instants: every(minute),
  spreadMs: 0,
  nowMs,
  open: [],
  executionOf: ({ instantMs }) => `exec_${String(instantMs)}`,
  alreadyFired: new Set(),
  obstacle: null,
  ...changes,
});

const told = (events: readonly ScheduleEvent[]) =>
  events.map((event) => {
    if (event.type === 'ScheduleFired') return `${event.data.trigger} ${String(event.data.instantMs / minute)}`;
    if (event.type === 'ScheduleFiringBuffered') return `buffered ${String(event.data.instantMs / minute)}`;
    if (event.type !== 'ScheduleFiringSkipped') return event.type;
    const { reason, fromMs, untilMs, count } = event.data;
    return `${reason} ${String(fromMs / minute)}..${String(untilMs / minute)} (${String(count)})`;
  });

function fireAt(nowMinutes: number, changes: Partial<ScheduleSettings>, more: Partial<FiringContext> = {}) {
  return told(decideFirings(after(0, created(changes)), context(nowMinutes * minute, more)).events);
}

describe('a schedule', () => {
  it('fires each of its times once they have come', () => {
    expect(fireAt(0.9, {})).toEqual([]);
    expect(fireAt(1, {})).toEqual(['cron 1']);
    expect(fireAt(1.9, { overlap: 'allowAll' })).toEqual(['cron 1']);
  });

  it('makes up for what it missed: for the last time, all, or none', () => {
    expect(fireAt(10.5, { overlap: 'allowAll' })).toEqual(['misfire 1..8 (8)', 'catchUp 9', 'cron 10']);
    expect(fireAt(4.5, { overlap: 'allowAll', misfire: 'all' })).toEqual([
      'catchUp 1',
      'catchUp 2',
      'catchUp 3',
      'cron 4',
    ]);
    expect(fireAt(10.5, { misfire: 'skip' })).toEqual(['misfire 1..9 (9)', 'cron 10']);
  });

  it('leaves alone what lies before its window for that', () => {
    expect(fireAt(100.5, { misfire: 'all', catchUpWindowMs: 3 * minute, overlap: 'allowAll' })).toEqual([
      'catchUpWindow 1..97 (97)',
      'catchUp 98',
      'catchUp 99',
      'cron 100',
    ]);
  });

  it.each([
    ['skip', ['overlap 1..1 (1)'], [], []],
    ['bufferOne', ['buffered 1'], [], []],
    ['bufferAll', ['buffered 1'], [], []],
    ['cancelOther', ['buffered 1'], ['exec_x'], []],
    ['terminateOther', ['cron 1'], [], ['exec_x']],
    ['allowAll', ['cron 1'], [], []],
  ] as const)(
    'does by its overlap policy %s what that says while a run is open',
    (overlap, events, cancel, terminate) => {
      const firings = decideFirings(after(0, created({ overlap })), context(minute, { open: ['exec_x'] }));
      expect(told(firings.events)).toEqual(events);
      expect(firings.cancel).toEqual(cancel);
      expect(firings.terminate).toEqual(terminate);
    },
  );

  it('lets one wait, and skips what comes while it does', () => {
    const state = after(0, created({ overlap: 'bufferOne' }), ...fireWith('bufferOne', 1));
    expect(told(decideFirings(state, context(2 * minute, { open: ['exec_x'] })).events)).toEqual([
      'bufferFull 2..2 (1)',
    ]);
    expect(told(decideFirings(state, context(1.5 * minute)).events)).toEqual(['cron 1']);
  });

  function fireWith(overlap: ScheduleSettings['overlap'], atMinute: number): readonly ScheduleEvent[] {
    return decideFirings(after(0, created({ overlap })), context(atMinute * minute, { open: ['exec_x'] })).events;
  }

  it('lets the newest alone wait when the run before is told to stop', () => {
    const state = after(0, created({ overlap: 'cancelOther' }), ...fireWith('cancelOther', 1));
    const { events, cancel } = decideFirings(state, context(2 * minute, { open: ['exec_x'] }));
    expect(told(events)).toEqual(['overlap 1..1 (1)', 'buffered 2']);
    expect(cancel).toEqual(['exec_x']);
  });

  it('is spread, but never past its next time', () => {
    expect(fireAt(1.4, {}, { spreadMs: minute / 2 })).toEqual([]);
    expect(fireAt(1.5, {}, { spreadMs: minute / 2 })).toEqual(['cron 1']);
    const state = after(0, created());
    expect(nextDueMs(state, { instants: every(minute), spreadMs: 5 * minute })).toBe(2 * minute - 1);
  });

  it('keeps to its bounds and its number of runs', () => {
    expect(fireAt(2.5, { startAtMs: 2 * minute })).toEqual(['cron 2']);
    expect(fireAt(2.5, { endAtMs: minute, misfire: 'all' })).toEqual(['catchUp 1']);
    expect(fireAt(2.5, { maxRuns: 1, misfire: 'all', overlap: 'allowAll' })).toEqual(['catchUp 1']);
    const done = after(0, created({ maxRuns: 1 }), ...decideFirings(after(0, created()), context(minute)).events);
    expect(nextDueMs(done, { instants: every(minute), spreadMs: 0 })).toBeNull();
  });

  it('records why it could not run', () => {
    const obstacle = { reason: 'targetMissing', note: 'There is no skill noop.' } as const;
    expect(fireAt(1, {}, { obstacle })).toEqual(['targetMissing 1..1 (1)']);
  });

  it('records the times of a pause, of a change and of its end as skipped', () => {
    const paused: ScheduleEvent = { type: 'SchedulePaused', data: { reason: 'user', note: '', untilMs: null } };
    const state = after(0, created(), paused);
    expect(decideFirings(state, context(5 * minute)).events).toEqual([]);
    const missed = unsettledTimes(state, every(minute), 5 * minute);
    const decided = (command: ScheduleCommand, before: ScheduleState = state) => told(decideSchedule(command, before));
    expect(decided({ kind: 'resume', note: '', missed })).toEqual(['paused 1..5 (5)', 'ScheduleResumed']);
    expect(decided({ kind: 'delete', missed, missedBackfills: [] })).toEqual(['paused 1..5 (5)', 'ScheduleDeleted']);
    expect(decided({ kind: 'revise', settings, missed })).toEqual(['paused 1..5 (5)', 'ScheduleRevised']);
    const active = after(0, created());
    expect(decided({ kind: 'revise', settings, missed }, active)).toEqual(['revised 1..5 (5)', 'ScheduleRevised']);
    const waiting = after(0, created({ overlap: 'bufferAll' }), ...fireWith('bufferAll', 1));
    expect(decided({ kind: 'delete', missed: null, missedBackfills: [] }, waiting)).toEqual([
      'deleted 1..1 (1)',
      'ScheduleDeleted',
    ]);
  });

  it('runs the times of a backfill that never led to a run, one after the other, and says when it is done', () => {
    const request = { type: 'ScheduleBackfillRequested', data: { backfill: 'b', fromMs: minute, untilMs: 3 * minute } };
    let state = after(10 * minute, created(), request as ScheduleEvent);
    const alreadyFired = new Set([2 * minute]);
    const seen: string[] = [];
    for (let round = 0; round < 4 && state.backfills.size > 0; round++) {
      const { events } = decideFirings(state, context(10 * minute, { alreadyFired }));
      seen.push(...told(events));
      for (const event of events) state = evolveSchedule(state, { ...event, atMs: 10 * minute }) as LivingSchedule;
    }
    expect(seen).toEqual(['backfill 1', 'alreadyFired 2..2 (1)', 'backfill 3', 'ScheduleBackfillEnded']);
    const busy = after(10 * minute, created(), request as ScheduleEvent);
    const missedBackfills = unsettledBackfills(busy, every(minute));
    expect(told(decideSchedule({ kind: 'delete', missed: null, missedBackfills }, busy))).toEqual([
      'deleted 1..3 (3)',
      'ScheduleDeleted',
    ]);
    expect(decideFirings(busy, context(10 * minute, { open: ['exec_x'] })).events).toEqual([]);
  });

  it.each([
    ['create', 'MOVE_NOT_ALLOWED', [created()]],
    ['delete', 'SCHEDULE_NOT_FOUND', []],
    ['delete', 'SCHEDULE_NOT_FOUND', [created(), { type: 'ScheduleDeleted', data: {} }]],
  ] as const)('refuses %s with %s where it makes no sense', (kind, code, events) => {
    const state = events.reduce<ScheduleState>(
      (before, event) => evolveSchedule(before, { ...event, atMs: 0 }),
      initialSchedule,
    );
    const command =
      kind === 'create' ? { kind, owner: 'user_a', settings } : ({ kind, missed: null, missedBackfills: [] } as const);
    try {
      decideSchedule(command, state);
      expect.unreachable();
    } catch (error) {
      expect(isAppError(error) && error.code).toBe(code);
    }
  });

  it('INV-10: settles each of its times once, whatever the clock does, whenever runs end and whoever starts it anew', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('clock' as const), byMs: fc.integer({ min: -5 * minute, max: 10 * minute }) }),
      fc.record({ kind: fc.constant('jump' as const), byMs: fc.integer({ min: 0, max: 500 * minute }) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constant('pause' as const), forMs: fc.integer({ min: 0, max: 20 * minute }) }),
      fc.record({ kind: fc.constant('look' as const) }),
    );
    const policies = fc.record({
      overlap: fc.constantFrom<ScheduleSettings['overlap']>(
        'skip',
        'bufferOne',
        'bufferAll',
        'cancelOther',
        'terminateOther',
        'allowAll',
      ),
      misfire: fc.constantFrom<ScheduleSettings['misfire']>('skip', 'one', 'all'),
      catchUpWindowMs: fc.integer({ min: 0, max: 100 * minute }),
    });
    fc.assert(
      fc.property(policies, fc.nat(3 * minute), fc.array(step, { maxLength: 40 }), (changes, spreadMs, steps) => {
        let nowMs = 0;
        let state = after(0, created(changes));
        const open: string[] = [];
        const log: ScheduleEvent[] = [];
        const append = (events: readonly ScheduleEvent[]): void => {
          for (const event of events) {
            log.push(event);
            state = evolveSchedule(state, { ...event, atMs: nowMs }) as LivingSchedule;
            if (event.type === 'ScheduleFired' && event.data.execution !== null) open.push(event.data.execution);
          }
        };
        const look = (): void => {
          for (let round = 0; round < 100; round++) {
            const { events, cancel, terminate } = decideFirings(state, context(nowMs, { spreadMs, open: [...open] }));
            for (const gone of [...cancel, ...terminate]) open.splice(open.indexOf(gone), 1);
            append(events);
            if (events.length === 0) break;
          }
        };
        for (const what of steps) {
          if (what.kind === 'clock' || what.kind === 'jump') nowMs = Math.max(0, nowMs + what.byMs);
          else if (what.kind === 'end') open.splice(what.which, 1);
          else if (what.kind === 'pause') {
            append([{ type: 'SchedulePaused', data: { reason: 'user', note: '', untilMs: null } }]);
            nowMs += what.forMs;
            const missed = unsettledTimes(state, every(minute), nowMs);
            append(decideSchedule({ kind: 'resume', note: '', missed }, state));
          }
          look();
        }
        // Everything ends, and all that was due is past.
        open.length = 0;
        nowMs = Math.max(nowMs, state.settledMs) + 10 * minute + misfireAfterMs + spreadMs;
        for (let i = 0; i < 2000 && (i < 3 || state.buffered.length > 0); i++) {
          look();
          open.length = 0;
        }
        const settled = new Map<number, number>();
        const count = (atMs: number): void => {
          settled.set(atMs, (settled.get(atMs) ?? 0) + 1);
        };
        for (const event of log) {
          if (event.type === 'ScheduleFired') count(event.data.instantMs);
          if (event.type === 'ScheduleFiringSkipped')
            for (let at = event.data.fromMs; at <= event.data.untilMs; at += minute) count(at);
        }
        const times = Array.from({ length: Math.floor((nowMs - spreadMs) / minute) }, (_, i) => (i + 1) * minute);
        expect(times.filter((at) => settled.get(at) !== 1)).toEqual([]);
        expect([...settled.values()].every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
