import { AppError } from '../kernel/errors.ts';
import { beginning, type Position } from './event-log.ts';

const width = 16;

/** A position as callers see it: text that sorts like the log, and about which nothing else may be assumed. */
export function toCursor(position: Position): string {
  return String(position).padStart(width, '0');
}

/** The position of a cursor. Throws CURSOR_INVALID for text that no cursor of ours looks like, or one beyond `head`. */
export function parseCursor(text: string, head: Position): Position {
  if (!/^\d{1,16}$/.test(text)) throw new AppError('CURSOR_INVALID');
  const position = Number(text);
  if (position < beginning || position > head) {
    throw new AppError('CURSOR_INVALID', {
      message: 'The cursor lies beyond the end of this log; it belongs to another one.',
    });
  }
  return position;
}
