import { CronExpressionParser } from 'cron-parser';

import { closest } from '../../kernel/closest.ts';
import { counted } from '../../kernel/counted.ts';
import { type WallTimes, wallTimesOf } from './wall-times.ts';
import { type Zone, zoneOf, type ZoneSegment } from './zone.ts';

/** Local times that a change of the clocks leaves out: fired later by what was left out, or not at all. */
export type SkippedTimes = 'shift' | 'skip';

/**
 * Local times that a change of the clocks brings twice: fired the first time, the last time, or both times. `auto`, as in Vixie cron: both
 * times when the expression says nothing of the hour (it then fires in even intervals), else the first time.
 */
export type RepeatedTimes = 'auto' | 'first' | 'last' | 'both';

export interface CronSpec {
  /** Five fields, six with seconds first, or a name such as `@daily`. */
  readonly expression: string;
  readonly timeZone: string;
  readonly skippedTimes: SkippedTimes;
  readonly repeatedTimes: RepeatedTimes;
}

/** The instants of an expression in a time zone: strictly increasing, and the same wherever one begins to ask. */
export interface Cron {
  /** The first instant after a time; null when there is none any more. */
  next(afterMs: number): number | null;
  /** The last instant before a time; null when there is none. */
  previous(beforeMs: number): number | null;
}

interface CronProblem {
  readonly path: '/cronExpression' | '/timeZone';
  readonly message: string;
}

export type ParsedCron =
  { readonly ok: true; readonly cron: Cron } | { readonly ok: false; readonly problems: readonly CronProblem[] };

const maxLength = 200;
const maxCached = 10_000;
/** The last moment of the year 9999, to which four digits reach. */
const lastMs = 253_402_300_799_999;
const firstMs = -lastMs;

const names = [
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@weekdays',
  '@weekends',
  '@daily',
  '@hourly',
  '@minutely',
  '@secondly',
];

const fieldsOf6 = [
  { name: 'second', takes: '0 to 59' },
  { name: 'minute', takes: '0 to 59' },
  { name: 'hour', takes: '0 to 23' },
  { name: 'day of the month', takes: '1 to 31, or L for the last day' },
  { name: 'month', takes: '1 to 12, or JAN to DEC' },
  {
    name: 'day of the week',
    takes: '0 to 7 (0 and 7 are Sunday), SUN to SAT, 5L for the last Friday, 1#2 for the second Monday',
  },
];

const parsed = new Map<string, WallTimes | string>();

/** Reads an expression and its zone. Never throws; every problem says which field is wrong and what it takes. */
export function parseCron({ expression, timeZone, skippedTimes, repeatedTimes }: CronSpec): ParsedCron {
  const walls = cachedWallTimes(expression);
  const zone = zoneOf(timeZone);
  if (typeof walls !== 'string' && zone !== null) {
    const repeated = repeatedTimes === 'auto' ? (walls.everyHour ? 'both' : 'first') : repeatedTimes;
    return { ok: true, cron: cronOf(walls, zone, skippedTimes, repeated) };
  }
  const problems: CronProblem[] = [];
  if (typeof walls === 'string') problems.push({ path: '/cronExpression', message: walls });
  if (zone === null) problems.push({ path: '/timeZone', message: zoneProblem(timeZone) });
  return { ok: false, problems };
}

function zoneProblem(timeZone: string): string {
  const shown = timeZone.slice(0, 64);
  const near = closest(shown, Intl.supportedValuesOf('timeZone'));
  const advice = near === undefined ? 'use a name such as Europe/Berlin or UTC' : `did you mean ${near}?`;
  return `"${shown}" is no time zone: ${advice}`;
}

/** The wall times of an expression, or what is wrong with it. */
function cachedWallTimes(expression: string): WallTimes | string {
  if (expression.length > maxLength) return `is longer than ${String(maxLength)} characters`;
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  const walls = readExpression(expression.trim().split(/\s+/));
  if (parsed.size >= maxCached) parsed.clear();
  parsed.set(expression, walls);
  return walls;
}

function readExpression(fields: readonly string[]): WallTimes | string {
  const [first = ''] = fields;
  if (first.startsWith('@') && fields.length === 1)
    return names.includes(first) ? read(first, first) : `"${first}" is not known; there are ${names.join(', ')}`;
  if (fields.length !== 5 && fields.length !== 6) {
    const count = first === '' ? 0 : fields.length;
    return `has ${counted(count, 'field')}; it takes 5 (minute, hour, day of the month, month, day of the week), or 6 with the second first`;
  }
  const all = (fields.length === 5 ? ['0', ...fields] : fields).map(withoutRepetitions);
  const wrong = all.findIndex((field, i) => !canRead(anything.with(i, field)));
  const about = fieldsOf6[wrong];
  if (about !== undefined)
    return `the ${about.name} field is "${String(all[wrong])}"; it takes ${about.takes}, and lists (,), ranges (-) and steps (/) of these`;
  return read(all.join(' '), all[2] ?? '');
}

const anything = ['*', '*', '*', '*', '*', '*'];
const fieldNames = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

/** cron-parser takes no list that names a value twice, as `0,0` does: it gets the values instead. */
function withoutRepetitions(field: string, i: number): string {
  const items = field.split(',');
  if (items.length === 1 || canRead(anything.with(i, field))) return field;
  const values = new Set<number | string>();
  for (const item of items) {
    const alone = anything.with(i, item);
    if (item === '' || !canRead(alone)) return field;
    const name = fieldNames[i] ?? 'second';
    const { [name]: read, dayOfWeek } = CronExpressionParser.parse(alone.join(' '), { tz: 'UTC' }).fields;
    if (dayOfWeek.nthDay > 0) return field;
    for (const value of read.values) values.add(name === 'dayOfWeek' && value === 7 ? 0 : value);
  }
  return [...values].join(',');
}

/** `H` stands for a value by chance, another one with every reading. */
function canRead(fields: readonly string[]): boolean {
  if (fields.some((field) => /(^|,)h/iu.test(field))) return false;
  try {
    CronExpressionParser.parse(fields.join(' '), { tz: 'UTC' });
    return true;
  } catch {
    return false;
  }
}

const never = 'never comes: no such day is in any of these months';

function read(expression: string, hour: string): WallTimes | string {
  try {
    const { fields } = CronExpressionParser.parse(expression, { tz: 'UTC' });
    const everyHour = fields.hour.isWildcard || /^\*\/\d+$/u.test(hour);
    const walls = wallTimesOf(fields, everyHour);
    return walls.next(0) === null ? never : walls;
  } catch {
    return never;
  }
}

function cronOf(
  walls: WallTimes,
  zone: Zone,
  skippedTimes: SkippedTimes,
  repeatedTimes: Exclude<RepeatedTimes, 'auto'>,
): Cron {
  const firstWall = ({ fromMs, offsetMs, beforeMs }: ZoneSegment): number =>
    fromMs + (repeatedTimes === 'first' ? Math.max(offsetMs, beforeMs) : offsetMs);
  const endWall = ({ untilMs, offsetMs, afterMs }: ZoneSegment): number =>
    untilMs + (repeatedTimes === 'last' ? Math.min(offsetMs, afterMs) : offsetMs);
  const isShifted = ({ offsetMs, beforeMs }: ZoneSegment): boolean => skippedTimes === 'shift' && offsetMs > beforeMs;

  function nextIn(segment: ZoneSegment, afterMs: number): number | null {
    const { fromMs, untilMs, offsetMs, beforeMs } = segment;
    const own = walls.next(Math.max(afterMs + offsetMs, firstWall(segment) - 1));
    const ownMs = own !== null && own < endWall(segment) ? own - offsetMs : Infinity;
    const shifted = isShifted(segment) ? walls.next(Math.max(afterMs, fromMs - 1) + beforeMs) : null;
    const shiftedMs = shifted !== null && shifted < fromMs + offsetMs ? shifted - beforeMs : Infinity;
    const atMs = Math.min(ownMs, shiftedMs);
    return atMs < untilMs ? atMs : null;
  }

  function previousIn(segment: ZoneSegment, beforeAtMs: number): number | null {
    const { fromMs, untilMs, offsetMs, beforeMs } = segment;
    const own = walls.previous(Math.min(beforeAtMs + offsetMs, endWall(segment)));
    const ownMs = own !== null && own >= firstWall(segment) ? own - offsetMs : -Infinity;
    const gapEnd = Math.min(beforeAtMs, untilMs) + beforeMs;
    const shifted = isShifted(segment) ? walls.previous(Math.min(gapEnd, fromMs + offsetMs)) : null;
    const shiftedMs = shifted !== null && shifted >= fromMs + beforeMs ? shifted - beforeMs : -Infinity;
    const atMs = Math.max(ownMs, shiftedMs);
    return atMs >= fromMs && atMs !== -Infinity ? atMs : null;
  }

  return {
    next(afterMs) {
      let fromMs = Math.max(afterMs, firstMs);
      while (fromMs < lastMs) {
        const segment = zone.segmentAt(fromMs + 1);
        const atMs = nextIn(segment, fromMs);
        if (atMs !== null) return atMs <= lastMs ? atMs : null;
        fromMs = segment.untilMs - 1;
      }
      return null;
    },
    previous(beforeMs) {
      let toMs = Math.min(beforeMs, lastMs);
      while (toMs > firstMs) {
        const segment = zone.segmentAt(toMs - 1);
        const atMs = previousIn(segment, toMs);
        if (atMs !== null) return atMs >= firstMs ? atMs : null;
        toMs = segment.fromMs;
      }
      return null;
    },
  };
}
