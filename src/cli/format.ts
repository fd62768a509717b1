import { InvalidArgumentError } from 'commander';

import { printable, type Terminal } from './terminal.ts';

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** A duration for people, in at most two units: `1 h 5 m`, `12.3 s`, `40 ms`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 60_000) return `${String(Math.round(ms / 100) / 10)} s`;
  let left = Math.round(ms / 1000) * 1000;
  const parts: string[] = [];
  for (const [unit, size] of units.slice(0, 4)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${String(count)} ${unit}`);
  }
  return parts.slice(0, 2).join(' ');
}

/** A duration as it is typed: `500ms`, `5s`, `2m`, `1h`, `7d`, or milliseconds without a unit. For commander. */
export function durationMs(text: string): number {
  const [, count, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  const size = units.find(([name]) => name === unit)?.[1];
  if (count === undefined || size === undefined)
    throw new InvalidArgumentError('It takes a duration such as 500ms, 5s, 2m, 1h or 7d.');
  return Math.round(Number(count) * size);
}

/** A whole number from `minimum` on. For commander. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && Number.isSafeInteger(value)) return value;
    throw new InvalidArgumentError(`It takes a whole number from ${String(minimum)} on.`);
  };
}

/** Any number. For commander. */
export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It takes a number.');
}

/** A time as RFC 3339 wants it, from what is typed; without a zone it is that of this machine. For commander. */
export function timeOf(text: string): string {
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) throw new InvalidArgumentError('It takes a time such as 2026-02-05T12:00:00Z.');
  return new Date(atMs).toISOString();
}

/** One of some words. For commander. */
export function oneOf<T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => {
    const found = values.find((value) => value === text);
    if (found === undefined) throw new InvalidArgumentError(`It takes one of ${values.join(', ')}.`);
    return found;
  };
}

/** Every use of an option adds to the ones before. For commander. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** The same, where one use may have several, separated by commas. For commander. */
export function collectList(text: string, before: readonly string[] | undefined): readonly string[] {
  const some = text.split(',').map((each) => each.trim());
  return [...(before ?? []), ...some.filter((each) => each !== '')];
}

/** A time of the server as this machine's people read it; a dash for none. */
export function timeText(time: unknown): string {
  if (typeof time !== 'string' || time === '') return '-';
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

/** A value on one line: text as it is, anything else as JSON, a dash for nothing. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The name of an event in the log: `ExecutionCompleted` of `ihuman.ExecutionCompleted.v1`. */
export function eventName(type: string): string {
  return type.replace(/^ihuman\./, '').replace(/\.v\d+$/, '');
}

/** Shows names and values below each other; what is undefined is left out. */
export function details(terminal: Terminal, rows: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(rows).filter(([, value]) => value !== undefined);
  const width = Math.max(...given.map(([name]) => name.length));
  const lines = given.map(([name, value]) => `${terminal.paint('bold', name.padEnd(width))}  ${valueText(value)}`);
  terminal.result(lines.join('\n'));
}

/** Says on stderr that a list goes on, and how to get the rest. */
export function noteOfMore(terminal: Terminal, shown: number, total: number, how: string): void {
  if (shown < total) terminal.note(`${String(shown)} of ${String(total)}; more with ${how}`);
}
