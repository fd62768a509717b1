import { inspect } from 'node:util';

import { externalName, reportLimits } from './commands/report-execution.ts';
import { AppError } from './kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './kernel/json.ts';
import type { LogLevel } from '../schemas/generated/events.ts';

// What a program in this process hands over, whatever its types say. Each gives the value as an event may hold it, or
// throws VALIDATION_FAILED.

const levels: readonly string[] = ['debug', 'info', 'warn', 'error'] satisfies readonly LogLevel[];

/** An id that an execution can have. */
export function executionId(value: unknown): string {
  // The prefix keeps it apart from the streams of users and skills.
  if (typeof value === 'string' && /^exec_[A-Za-z0-9_-]{1,75}$/.test(value)) return value;
  throw refused('executionId', 'must be exec_ and 1 to 75 letters, digits, underscores or dashes');
}

/** What an external execution can be called. */
export function name(value: unknown): string {
  if (typeof value === 'string' && externalName.test(value)) return value;
  throw refused('name', `must match ${externalName.source}`);
}

/** 0 to 100. */
export function percent(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 100) return value;
  throw refused('progress', 'must be a number from 0 to 100');
}

/** Whole milliseconds: clocks that measure durations give fractions. */
export function duration(value: unknown): number {
  const { durationMs: max } = reportLimits;
  if (typeof value === 'number' && value >= 0 && value <= max) return Math.round(value);
  throw refused('durationMs', `must be a number from 0 to ${String(max)}`);
}

/** One of the four levels. */
export function logLevel(value: unknown): LogLevel {
  if (typeof value === 'string' && levels.includes(value)) return value as LogLevel;
  throw refused('level', `must be one of ${levels.join(', ')}`);
}

/** A text no longer than an event holds. */
export function text(value: unknown, field: 'message' | 'status' | 'reason'): string {
  const max = reportLimits[field];
  if (typeof value === 'string' && value.length <= max) return value;
  throw refused(field, `must be a string of at most ${String(max)} characters`);
}

/** A text that is checked further elsewhere. */
export function anyText(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw refused(field, 'must be a string');
}

/** A text no longer than an event holds, or nothing. */
export function optionalText(value: unknown, field: 'status' | 'reason'): string | null {
  return value === undefined || value === null ? null : text(value, field);
}

/** What was thrown, cut to what an event holds. */
export function thrown(value: unknown): { readonly error: string; readonly stack: string | null } {
  const isError = value instanceof Error;
  const message = isError ? value.message || value.name : typeof value === 'string' ? value : inspect(value);
  const stack = isError && typeof value.stack === 'string' ? value.stack.slice(0, reportLimits.stack) : null;
  return { error: message.slice(0, reportLimits.error), stack };
}

/** A copy as JSON has it, so that the caller may go on changing the original. `undefined` becomes null. */
export function json(value: unknown, field: string): JsonValue {
  let copy: JsonValue;
  try {
    // `stringify` gives undefined for what JSON cannot say: undefined itself, functions, symbols.
    copy = JSON.parse(JSON.stringify(value) ?? 'null') as JsonValue;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'it cannot be written';
    throw refused(field, `must be JSON: ${String(reason)}`);
  }
  return copy;
}

/** The same, of an object. */
export function jsonObject(value: unknown, field: string): JsonObject {
  const copy = json(value, field);
  if (isJsonObject(copy)) return copy;
  throw refused(field, 'must be an object');
}

function refused(field: string, message: string): AppError {
  return new AppError('VALIDATION_FAILED', {
    message: `${field} ${message}.`,
    problems: [{ path: `/${field}`, message }],
  });
}
