import { describe, expect, it } from 'vitest';

import {
  anyNumber,
  collectList,
  durationMs,
  durationText,
  oneOf,
  timeOf,
  wholeNumber,
} from '../../../src/cli/format.ts';
import { zonedText } from '../../../src/cli/schedules/times.ts';

describe('a duration', () => {
  it('is typed with its unit, or in milliseconds', () => {
    const typed = ['500ms', '5s', '1.5s', '2m', '1h', '7d', '250', '0'];
    expect(typed.map(durationMs)).toEqual([500, 5000, 1500, 120_000, 3_600_000, 604_800_000, 250, 0]);
  });

  it.each(['', 's', '5 weeks', '-1s', '1s2', 'soon'])('is not %j', (text) => {
    expect(() => durationMs(text)).toThrow('It takes a duration such as 500ms, 5s, 2m, 1h or 7d.');
  });

  it('is shown in at most two units', () => {
    const shown = [0, 999, 1000, 12_340, 59_960, 60_000, 3_900_000, 90_061_000].map(durationText);
    expect(shown).toEqual(['0 ms', '999 ms', '1 s', '12.3 s', '60 s', '1 m', '1 h 5 m', '1 d 1 h']);
  });
});

describe('what is typed', () => {
  it('is a number where one is wanted', () => {
    expect([wholeNumber(1)('12'), anyNumber('-0.5')]).toEqual([12, -0.5]);
    for (const text of ['0', '-1', '1.5', '1e3', '', 'x', '99999999999999999'])
      expect(() => wholeNumber(1)(text)).toThrow('It takes a whole number from 1 on.');
    for (const text of ['', 'x', 'Infinity', 'NaN']) expect(() => anyNumber(text)).toThrow('It takes a number.');
  });

  it('is a time with its zone, told in UTC', () => {
    expect(timeOf('2026-02-05T12:00:00+01:00')).toBe('2026-02-05T11:00:00.000Z');
    for (const text of ['tomorrow', '12:00', '2026', '2026-13-01T00:00:00Z'])
      expect(() => timeOf(text)).toThrow('It takes a time such as 2026-02-05T12:00:00Z.');
  });

  it('is one of the words that there are, or several of them', () => {
    expect(oneOf('a', 'b')('b')).toBe('b');
    expect(() => oneOf('a', 'b')('c')).toThrow('It takes one of a, b.');
    expect(collectList('c, d,', collectList('a,b', undefined))).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('the time of a schedule', () => {
  it('is shown as its zone reads it, on either side of a change of the clocks', () => {
    expect(zonedText('2026-10-25T00:30:00.000Z', 'Europe/Berlin')).toBe('Sun 2026-10-25 02:30:00 UTC+02:00');
    expect(zonedText('2026-10-25T01:30:00.000Z', 'Europe/Berlin')).toBe('Sun 2026-10-25 02:30:00 UTC+01:00');
    expect(zonedText('2026-02-05T00:00:00.000Z', 'UTC')).toBe('Thu 2026-02-05 00:00:00 UTC+00:00');
  });
});
