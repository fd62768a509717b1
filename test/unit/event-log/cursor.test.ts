import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseCursor, toCursor } from '../../../src/event-log/cursor.ts';

const position = fc.maxSafeInteger().map(Math.abs);

/** The code of the refusal, or the position. */
function parsed(text: string, head: number): unknown {
  try {
    return parseCursor(text, head);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('a cursor', () => {
  it('leads back to its position as long as the log reaches that far', () => {
    fc.assert(
      fc.property(position, fc.nat(), (at, more) => {
        const head = Math.min(at + more, Number.MAX_SAFE_INTEGER);
        expect(parseCursor(toCursor(at), head)).toBe(at);
      }),
    );
  });

  it('sorts as text like its position in the log', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(position, fc.nat(2000))), (positions) => {
        const byNumber = positions.toSorted((a, b) => a - b).map(toCursor);
        expect(positions.map(toCursor).toSorted()).toEqual(byNumber);
      }),
    );
  });

  it('beyond the head belongs to another log and is refused', () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 1 }), (head, beyond) => {
        fc.pre(head + beyond <= Number.MAX_SAFE_INTEGER);
        expect(parsed(toCursor(head + beyond), head)).toBe('CURSOR_INVALID');
      }),
    );
  });

  it('may be the number without its zeros, or the beginning', () => {
    expect(parsed('17', 20)).toBe(17);
    expect(parsed('0', 0)).toBe(0);
    expect(parsed(toCursor(20), 20)).toBe(20);
  });

  it.each(['', ' 1', '1 ', '-1', '+1', '1.0', '1e3', '0x10', '１', 'abc', '1\n', '0'.repeat(17)])(
    'is not the text %j',
    (text) => {
      expect(parsed(text, Number.MAX_SAFE_INTEGER)).toBe('CURSOR_INVALID');
    },
  );

  it('is no text that does not look like one, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\d{1,16}$/.test(text) || text.endsWith('\n'));
        expect(parsed(text, Number.MAX_SAFE_INTEGER)).toBe('CURSOR_INVALID');
      }),
    );
  });
});
