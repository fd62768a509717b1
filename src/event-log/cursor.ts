import { AppError } from '../kernel/errors.ts';
import type { Position } from './event-log.ts';

const width = 16;
const shape = /^\d{1,16}$/;

/** A position as callers see it: text that sorts like the log, and about which nothing else may be assumed. */
export function toCursor(position: Position): string {
  return String(position).padStart(width, '0');
}

/** True for text that may be a cursor of a log with this head. */
export function isCursor(text: string, head: Position): boolean {
  return shape.test(text) && Number(text) <= head;
}

/** The position of a cursor. Throws CURSOR_INVALID for text that no cursor of ours looks like, or one beyond `head`. */
export function parseCursor(text: string, head: Position): Position {
  if (!shape.test(text)) throw new AppError('CURSOR_INVALID');
  if (!isCursor(text, head)) {
    throw new AppError('CURSOR_INVALID', {
      message: 'The cursor lies beyond the end of this log; it belongs to another one.',
    });
  }
  return Number(text);
}
