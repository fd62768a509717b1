import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Cron, type CronSpec, parseCron } from '../../../../src/scheduler/cron/cron.ts';
import { instantsBetween, lastInstantBefore, spreadMs } from '../../../../src/scheduler/cron/instants.ts';

const usual = { timeZone: 'UTC', skippedTimes: 'shift', repeatedTimes: 'auto' } as const;

function cronFor(expression: string, spec: Partial<CronSpec> = {}): Cron {
  const result = parseCron({ ...usual, expression, ...spec });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
  return result.cron;
}

function messagesFor(expression: string, timeZone = 'UTC'): readonly string[] {
  const result = parseCron({ ...usual, expression, timeZone });
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path} ${message}`);
}

/** Local times with their offsets, as people write them. */
function firings(cron: Cron, timeZone: string, from: string, count: number): readonly string[] {
  const shown: string[] = [];
  let atMs: number | null = Date.parse(from) - 1;
  for (let i = 0; i < count; i++) {
    atMs = cron.next(atMs);
    if (atMs === null) break;
    const at = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
    shown.push(at.toString({ timeZoneName: 'never', smallestUnit: 'minute' }));
  }
  return shown;
}

/** The times of an expression by the definition: cron-parser on a clock without zones, and each of its times as Temporal maps it. */
function byDefinition(spec: CronSpec, fromMs: number, untilMs: number): readonly number[] {
  const { expression, timeZone, skippedTimes, repeatedTimes } = spec;
  const marginMs = 3 * 86_400_000;
  const found = new Set<number>();
  const hours = expression.split(' ').at(-4) ?? '';
  const both = repeatedTimes === 'both' || (repeatedTimes === 'auto' && hours.startsWith('*'));
  const steps = CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: new Date(fromMs - marginMs) });
  for (let wall = steps.next().getTime(); wall < untilMs + marginMs; wall = steps.next().getTime()) {
    const plain = Temporal.PlainDateTime.from(new Date(wall).toISOString().replace('Z', ''));
    const instantOf = (disambiguation: 'earlier' | 'later' | 'compatible'): Temporal.ZonedDateTime =>
      plain.toZonedDateTime(timeZone, { disambiguation });
    const compatible = instantOf('compatible');
    if (!compatible.toPlainDateTime().equals(plain)) {
      if (skippedTimes === 'shift') found.add(compatible.epochMilliseconds);
      continue;
    }
    if (both || repeatedTimes !== 'last') found.add(instantOf('earlier').epochMilliseconds);
    if (both || repeatedTimes === 'last') found.add(instantOf('later').epochMilliseconds);
  }
  return [...found].filter((atMs) => atMs > fromMs && atMs <= untilMs).sort((a, b) => a - b);
}

const transitions = [
  { zone: 'Europe/Berlin', at: '2026-03-29T01:00Z', what: '02:00 to 03:00' },
  { zone: 'Europe/Berlin', at: '2026-10-25T01:00Z', what: '03:00 back to 02:00' },
  { zone: 'America/New_York', at: '2026-03-08T07:00Z', what: '02:00 to 03:00' },
  { zone: 'America/New_York', at: '2026-11-01T06:00Z', what: '02:00 back to 01:00' },
  { zone: 'Australia/Lord_Howe', at: '2026-10-03T15:30Z', what: 'half an hour forward' },
  { zone: 'Australia/Lord_Howe', at: '2026-04-04T15:00Z', what: 'half an hour back' },
  { zone: 'Africa/Cairo', at: '2026-04-23T22:00Z', what: 'midnight to one' },
  { zone: 'Asia/Tehran', at: '2022-03-21T20:30Z', what: 'midnight to one' },
  { zone: 'Asia/Tehran', at: '2022-09-21T19:30Z', what: 'midnight back to eleven' },
  { zone: 'Pacific/Apia', at: '2011-12-30T10:00Z', what: 'a whole day left out' },
  { zone: 'America/St_Johns', at: '2011-03-13T03:31Z', what: '00:01 to 01:01' },
  { zone: 'Africa/Casablanca', at: '2026-02-15T02:00Z', what: 'back for Ramadan' },
  { zone: 'Africa/Casablanca', at: '2026-03-22T02:00Z', what: 'forward after Ramadan' },
  { zone: 'Antarctica/Troll', at: '2026-03-29T01:00Z', what: 'two hours forward' },
  { zone: 'Antarctica/Troll', at: '2026-10-25T01:00Z', what: 'two hours back' },
  { zone: 'Asia/Kathmandu', at: '2026-03-29T01:00Z', what: 'no change' },
  { zone: 'America/Sao_Paulo', at: '2018-11-04T03:00Z', what: 'midnight to one' },
] as const;

const expressions = fc.constantFrom(
  '* * * * *',
  '*/7 * * * *',
  '0 * * * *',
  '30 */2 * * *',
  '15 2 * * *',
  '30 0,1,2,3,23 * * *',
  '0 0 * * *',
  '45 1-3 * * 0',
  '*/20 1,2 * * *',
  '59 23 L * *',
  '10,40 30 2 * * *',
  '0 0 1 * 1#1',
);

describe('when the clocks change', () => {
  it('a job at a time that is left out runs later by what was left out, or not at all', () => {
    const berlin = { timeZone: 'Europe/Berlin' };
    expect(firings(cronFor('30 2 * * *', berlin), 'Europe/Berlin', '2026-03-28T00:00Z', 3)).toEqual([
      '2026-03-28T02:30+01:00',
      '2026-03-29T03:30+02:00',
      '2026-03-30T02:30+02:00',
    ]);
    const skipping = cronFor('30 2 * * *', { ...berlin, skippedTimes: 'skip' });
    expect(firings(skipping, 'Europe/Berlin', '2026-03-28T00:00Z', 2)).toEqual([
      '2026-03-28T02:30+01:00',
      '2026-03-30T02:30+02:00',
    ]);
  });

  it('a job at a time that comes twice runs the first time, the last, or both', () => {
    const shown = (repeatedTimes: CronSpec['repeatedTimes']) =>
      firings(
        cronFor('30 1 * * *', { timeZone: 'America/New_York', repeatedTimes }),
        'America/New_York',
        '2026-11-01T04:00Z',
        3,
      ).filter((at) => at.startsWith('2026-11-01'));
    expect(shown('first')).toEqual(['2026-11-01T01:30-04:00']);
    expect(shown('auto')).toEqual(['2026-11-01T01:30-04:00']);
    expect(shown('last')).toEqual(['2026-11-01T01:30-05:00']);
    expect(shown('both')).toEqual(['2026-11-01T01:30-04:00', '2026-11-01T01:30-05:00']);
  });

  it('a job of every hour or every few minutes goes on evenly', () => {
    const hourly = cronFor('0 * * * *', { timeZone: 'Europe/Berlin' });
    const { instants } = instantsBetween(hourly, Date.parse('2026-10-24T20:30Z'), Date.parse('2026-10-25T06:00Z'), 100);
    expect(new Set(instants.slice(1).map((atMs, i) => atMs - (instants[i] ?? 0)))).toEqual(new Set([3_600_000]));
  });

  it('a day that does not exist at all has its jobs a day later, once', () => {
    const shown = firings(
      cronFor('0 9 * * *', { timeZone: 'Pacific/Apia' }),
      'Pacific/Apia',
      '2011-12-29T00:00-10:00',
      3,
    );
    expect(shown).toEqual(['2011-12-29T09:00-10:00', '2011-12-31T09:00+14:00', '2012-01-01T09:00+14:00']);
  });

  it.each(transitions)('in $zone ($what) every policy gives the times of its definition', ({ zone, at }) => {
    const policy = fc.record({
      expression: expressions,
      timeZone: fc.constant(zone),
      skippedTimes: fc.constantFrom('shift' as const, 'skip' as const),
      repeatedTimes: fc.constantFrom('auto' as const, 'first' as const, 'last' as const, 'both' as const),
    });
    const changeMs = Date.parse(at);
    fc.assert(
      fc.property(policy, fc.integer({ min: -600, max: 600 }), (spec, minutes) => {
        const fromMs = changeMs - 30 * 3_600_000 + minutes * 60_000;
        const untilMs = fromMs + 60 * 3_600_000;
        const cron = cronFor(spec.expression, spec);
        const { instants } = instantsBetween(cron, fromMs, untilMs, 10_000);
        expect(instants).toEqual(byDefinition(spec, fromMs, untilMs));
        const backwards: number[] = [];
        let atMs = cron.previous(untilMs + 1);
        for (; atMs !== null && atMs > fromMs; atMs = cron.previous(atMs)) backwards.unshift(atMs);
        expect(backwards).toEqual(instants);
      }),
      { numRuns: 25 },
    );
  });
});

describe('an expression', () => {
  it('gives the times that cron-parser gives, from any moment on', () => {
    const list = (low: number, high: number) =>
      fc
        .uniqueArray(fc.integer({ min: low, max: high }), { minLength: 1, maxLength: 4 })
        .map((values) => values.join(','));
    const field = (low: number, high: number) =>
      fc.oneof(
        fc.constant('*'),
        list(low, high),
        fc.integer({ min: 1, max: 20 }).map((step) => `*/${String(step)}`),
      );
    const line = fc
      .tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
      .map((fields) => fields.join(' '));
    fc.assert(
      fc.property(
        line,
        fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (expression, from) => {
          const cron = cronFor(expression);
          const theirs = CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: from });
          let atMs: number | null = from.getTime();
          for (let i = 0; i < 5; i++) {
            atMs = cron.next(atMs ?? 0);
            expect(atMs).toBe(theirs.next().getTime());
          }
          const before = CronExpressionParser.parse(expression, { tz: 'UTC', currentDate: from });
          expect(cron.previous(from.getTime())).toBe(before.prev().getTime());
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['@daily', ['2026-11-24T00:00+00:00', '2026-11-25T00:00+00:00']],
    ['0 9 * * MON-FRI', ['2026-11-24T09:00+00:00', '2026-11-25T09:00+00:00']],
    ['0 0 29 2 *', ['2028-02-29T00:00+00:00', '2032-02-29T00:00+00:00']],
    ['0 0 L * *', ['2026-11-30T00:00+00:00', '2026-12-31T00:00+00:00']],
    ['0 12 * * 5L', ['2026-11-27T12:00+00:00', '2026-12-25T12:00+00:00']],
    ['0 12 * * 2#1', ['2026-12-01T12:00+00:00', '2027-01-05T12:00+00:00']],
    ['0 0 1 jan *', ['2027-01-01T00:00+00:00', '2028-01-01T00:00+00:00']],
    ['  */15   *  * * *  ', ['2026-11-23T12:15+00:00', '2026-11-23T12:30+00:00']],
  ])('%s is read', (expression, expected) => {
    expect(firings(cronFor(expression), 'UTC', '2026-11-23T12:00:01Z', 2)).toEqual(expected);
  });

  it.each([
    ['0 25 * * *', 'the hour field is "25"; it takes 0 to 23'],
    ['60 * * * *', 'the minute field is "60"; it takes 0 to 59'],
    ['* * * foo *', 'the month field is "foo"; it takes 1 to 12, or JAN to DEC'],
    ['* * * * 8', 'the day of the week field is "8"'],
    ['* * 0 * *', 'the day of the month field is "0"'],
    ['5-1 * * * *', 'the minute field is "5-1"'],
    ['H * * * *', 'the minute field is "H"'],
    ['* * *', 'has 3 fields; it takes 5'],
    ['', 'has 0 fields'],
    ['1 2 3 4 5 6 7', 'has 7 fields'],
    ['0 0 30 2 *', 'never comes'],
    ['0 0 31 4,6 *', 'never comes'],
    ['@reboot', '"@reboot" is not known; there are @yearly'],
    ['* '.repeat(200), 'is longer than 200 characters'],
  ])('%s is refused with what is wrong', (expression, message) => {
    expect(messagesFor(expression)).toEqual([expect.stringContaining(`/cronExpression ${message}`)]);
  });

  it.each([
    ['*/5,*/7 * * * *', '0,5,7,10,14,15,20,21,25,28,30,35,40,42,45,49,50,55,56 * * * *'],
    ['1-5,3-7 0,0 * * *', '1-7 0 * * *'],
    ['0 0 1,1,L FEB,feb *', '0 0 1,L 2 *'],
    ['0 0 * * SUN,0,7,mon', '0 0 * * 0,1'],
  ])('may name a value twice: %s is %s', (expression, once) => {
    const [twice, plain] = [cronFor(expression), cronFor(once)];
    let atMs = 0;
    for (let i = 0; i < 100; i++) {
      expect(twice.next(atMs)).toBe(plain.next(atMs));
      atMs = plain.next(atMs) ?? atMs;
    }
    expect(messagesFor(expression.replace(',', ',,'))).toHaveLength(1);
  });

  it('made of garbage is refused or read, and never breaks anything', () => {
    const pieces = fc.constantFrom(
      '*',
      '/',
      ',',
      '-',
      '#',
      'L',
      '?',
      ' ',
      '0',
      '5',
      '31',
      '99999999999',
      'MON',
      '@',
      'H',
      'W',
      '\n',
      '\0',
      '_',
    );
    const line = fc.oneof(
      fc.string({ maxLength: 40, unit: 'binary' }),
      fc.array(pieces, { maxLength: 20 }).map((some) => some.join('')),
    );
    const nearly = fc.array(
      fc.array(pieces, { minLength: 1, maxLength: 4 }).map((some) => some.join('')),
      { minLength: 5, maxLength: 6 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          line,
          nearly.map((fields) => fields.join(' ')),
        ),
        (expression) => {
          const result = parseCron({ ...usual, expression });
          if (!result.ok) expect(result.problems.map(({ path }) => path)).toEqual(['/cronExpression']);
          else {
            const atMs = result.cron.next(0);
            expect(atMs === null || result.cron.previous(atMs + 1) === atMs).toBe(true);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a time zone', () => {
  it.each([
    ['Europe/Berln', 'did you mean Europe/Berlin?'],
    ['', 'use a name such as'],
    ['Mars/Olympus_Mons_And_Beyond', 'use a name such as'],
    ['2026-01-01T00:00Z', 'is no time zone'],
    ['2026-01-01T00:00+01:00[Europe/Berlin]', 'is no time zone'],
    ['__proto__', 'is no time zone'],
  ])('%j is refused with what would do', (timeZone, message) => {
    expect(messagesFor('* * * * *', timeZone)).toEqual([expect.stringContaining(message)]);
  });

  it('and an expression that are both wrong are told of at once', () => {
    expect(messagesFor('x', 'y')).toHaveLength(2);
  });

  it('may be a fixed distance from UTC', () => {
    expect(firings(cronFor('0 9 * * *', { timeZone: '+05:30' }), '+05:30', '2026-11-23T00:00Z', 1)).toEqual([
      '2026-11-23T09:00+05:30',
    ]);
  });
});

describe('instants', () => {
  const minutely = cronFor('* * * * *');

  it('between two times are those after the first up to the second, and more are told of', () => {
    expect(instantsBetween(minutely, 0, 180_000, 10)).toEqual({ instants: [60_000, 120_000, 180_000], more: false });
    expect(instantsBetween(minutely, 0, 180_000, 2)).toEqual({ instants: [60_000, 120_000], more: true });
  });

  it('before a time are found however far away, and not before a bound', () => {
    expect(lastInstantBefore(cronFor('0 0 1 1 *'), Date.parse('2026-11-23'), 0)).toBe(Date.parse('2026-01-01'));
    expect(lastInstantBefore(cronFor('0 0 1 1 *'), Date.parse('2026-11-23'), Date.parse('2026-02-01'))).toBeNull();
  });

  it('end with the year 9999', () => {
    expect(cronFor('0 5 1 1 *', { timeZone: 'Europe/Berlin' }).next(Date.parse('9999-06-01'))).toBeNull();
    expect(minutely.next(Number.MAX_SAFE_INTEGER)).toBeNull();
  });

  it('are spread over the whole jitter, always alike for an id', () => {
    const spreads = Array.from({ length: 1000 }, (_, i) => spreadMs(`sched_${String(i)}`, 60_000));
    expect(Math.min(...spreads)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...spreads)).toBeLessThan(60_000);
    const quarters = [0, 1, 2, 3].map((i) => spreads.filter((ms) => Math.floor(ms / 15_000) === i).length);
    for (const count of quarters) expect(count).toBeGreaterThan(150);
    expect(spreadMs('sched_1', 60_000)).toBe(spreads[1]);
  });
});
