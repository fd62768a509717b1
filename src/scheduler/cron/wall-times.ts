import type { CronFieldCollection } from 'cron-parser';

/** The times of an expression on a clock without time zones, in milliseconds as if that clock showed UTC. */
export interface WallTimes {
  /** The first one after a time; null when there is none within a century. */
  next(afterMs: number): number | null;
  /** The last one before a time; null when there is none within a century. */
  previous(beforeMs: number): number | null;
  /** It says nothing of the hour, or only a step. */
  readonly everyHour: boolean;
}

const dayMs = 86_400_000;
/** The longest wait of the Gregorian calendar is forty years: the 29th of February on one day of the week, over 2100. */
const maxMonths = 1200;

/** Steps over the fields that cron-parser has read: its own iterator costs a hundred times as much. */
export function wallTimesOf(fields: CronFieldCollection, everyHour: boolean): WallTimes {
  const dayMatches = dayTest(fields);
  const hasMonth = masked(fields.month.values, 13);
  const seconds = sorted(fields.second.values);
  const minutes = sorted(fields.minute.values);
  const hours = sorted(fields.hour.values);
  const firstOfDay = timeOf(hours[0], minutes[0], seconds[0]);
  const lastOfDay = timeOf(hours.at(-1), minutes.at(-1), seconds.at(-1));

  /** The day of the month that matches, beginning with one and going on in a direction; null when none does. */
  function dayIn(year: number, month: number, from: number, step: 1 | -1): number | null {
    const last = daysIn(year, month);
    const firstWeekday = new Date(Date.UTC(year, month, 1)).getUTCDay();
    for (let day = step === 1 ? from : Math.min(from, last); day >= 1 && day <= last; day += step)
      if (dayMatches(day, (firstWeekday + day - 1) % 7, last)) return day;
    return null;
  }

  /** The start of the first day that matches, from the day of a time on. */
  function dayFrom(ms: number, step: 1 | -1): number | null {
    const date = new Date(ms);
    let year = date.getUTCFullYear();
    let month = date.getUTCMonth();
    let from = date.getUTCDate();
    for (let i = 0; i < maxMonths; i++) {
      const day = hasMonth[month + 1] === true ? dayIn(year, month, from, step) : null;
      if (day !== null) return Date.UTC(year, month, day);
      month += step;
      if (month < 0 || month > 11) {
        month = step === 1 ? 0 : 11;
        year += step;
      }
      from = step === 1 ? 1 : 31;
    }
    return null;
  }

  return {
    everyHour,
    next(afterMs) {
      const atMs = (Math.floor(afterMs / 1000) + 1) * 1000;
      const todayMs = Math.floor(atMs / dayMs) * dayMs;
      const day = dayFrom(todayMs, 1);
      if (day === null) return null;
      if (day > todayMs) return day + firstOfDay;
      const time = timeFrom(hours, minutes, seconds, (atMs - todayMs) / 1000);
      if (time !== null) return todayMs + time;
      const later = dayFrom(todayMs + dayMs, 1);
      return later === null ? null : later + firstOfDay;
    },
    previous(beforeMs) {
      const atMs = (Math.ceil(beforeMs / 1000) - 1) * 1000;
      const todayMs = Math.floor(atMs / dayMs) * dayMs;
      const day = dayFrom(todayMs, -1);
      if (day === null) return null;
      if (day < todayMs) return day + lastOfDay;
      const time = timeUpTo(hours, minutes, seconds, (atMs - todayMs) / 1000);
      if (time !== null) return todayMs + time;
      const earlier = dayFrom(todayMs - dayMs, -1);
      return earlier === null ? null : earlier + lastOfDay;
    },
  };
}

/** Whether a day matches: as everywhere since Vixie cron, either day field is enough where both say something. */
function dayTest({
  dayOfMonth,
  dayOfWeek,
}: CronFieldCollection): (day: number, weekday: number, lastDay: number) => boolean {
  const days = masked(numbersOf(dayOfMonth.values), 32);
  const weekdays = masked(
    numbersOf(dayOfWeek.values).map((weekday) => weekday % 7),
    7,
  );
  const lastWeekdays = masked(
    dayOfWeek.values
      .filter((value) => typeof value === 'string')
      .map((value) => Number.parseInt(value, 10) % 7)
      .filter((weekday) => weekday >= 0),
    7,
  );
  const { nthDay } = dayOfWeek;
  const isDay = (day: number, lastDay: number): boolean =>
    days[day] === true || (dayOfMonth.hasLastChar && day === lastDay);
  const isWeekday = (day: number, weekday: number, lastDay: number): boolean =>
    (weekdays[weekday] === true && (nthDay <= 0 || Math.ceil(day / 7) === nthDay)) ||
    (dayOfWeek.hasLastChar && day > lastDay - 7 && lastWeekdays[weekday] === true);
  if (dayOfWeek.isWildcard) return (day, _weekday, lastDay) => isDay(day, lastDay);
  if (dayOfMonth.isWildcard) return isWeekday;
  return (day, weekday, lastDay) => isDay(day, lastDay) || isWeekday(day, weekday, lastDay);
}

/** The first time of a day from a second on, in milliseconds. */
function timeFrom(
  hours: readonly number[],
  minutes: readonly number[],
  seconds: readonly number[],
  fromSecond: number,
): number | null {
  const [hour, minute, second] = partsOf(fromSecond);
  const sameHour = hours.includes(hour);
  if (sameHour) {
    const sameMinute = minutes.includes(minute) ? seconds.find((value) => value >= second) : undefined;
    if (sameMinute !== undefined) return timeOf(hour, minute, sameMinute);
    const laterMinute = minutes.find((value) => value > minute);
    if (laterMinute !== undefined) return timeOf(hour, laterMinute, seconds[0]);
  }
  const laterHour = hours.find((value) => value > hour);
  return laterHour === undefined ? null : timeOf(laterHour, minutes[0], seconds[0]);
}

/** The last time of a day up to a second, in milliseconds. */
function timeUpTo(
  hours: readonly number[],
  minutes: readonly number[],
  seconds: readonly number[],
  toSecond: number,
): number | null {
  const [hour, minute, second] = partsOf(toSecond);
  if (hours.includes(hour)) {
    const sameMinute = minutes.includes(minute) ? seconds.findLast((value) => value <= second) : undefined;
    if (sameMinute !== undefined) return timeOf(hour, minute, sameMinute);
    const earlierMinute = minutes.findLast((value) => value < minute);
    if (earlierMinute !== undefined) return timeOf(hour, earlierMinute, seconds.at(-1));
  }
  const earlierHour = hours.findLast((value) => value < hour);
  return earlierHour === undefined ? null : timeOf(earlierHour, minutes.at(-1), seconds.at(-1));
}

function partsOf(second: number): readonly [hour: number, minute: number, second: number] {
  return [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
}

function timeOf(hour = 0, minute = 0, second = 0): number {
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}

function numbersOf(values: readonly (number | string)[]): readonly number[] {
  return values.filter((value) => typeof value === 'number');
}

function sorted(values: readonly (number | string)[]): readonly number[] {
  return [...numbersOf(values)].sort((a, b) => a - b);
}

function masked(values: readonly number[], length: number): readonly boolean[] {
  return Array.from({ length }, (_, value) => values.includes(value));
}
