import { isJsonObject, type JsonObject, type JsonValue } from '../kernel/json.ts';
import { closest } from '../kernel/closest.ts';
import type { CuredProblem } from './skill-problem.ts';

/** Skill names: also folder names, and part of addresses. */
export const skillNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** What metadata may say of how hard a skill is to use. */
export const difficulties = ['beginner', 'intermediate', 'advanced', 'expert'] as const;

const semver =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*)?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/;
const parameterTypes = ['string', 'number', 'integer', 'boolean', 'array', 'object'];
const maxTimeoutMs = 900_000;
const dayMs = 86_400_000;

/** What a field must be; null when a value is that. */
type Check = (value: JsonValue) => string | null;

/** One field of an object: what it must be, and what to write when it is not. */
interface Field {
  readonly check: Check;
  readonly cure: string;
  readonly required?: true;
}

/** The fields that an object may have. */
export type Fields = Readonly<Record<string, Field>>;

const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? null : 'must be a text that is not empty';
const wholeNumber = (min: number, max: number): Check => {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? null
      : `must be a whole number from ${String(min)} to ${String(max)}`;
};
const positive = (max: number): Check => wholeNumber(1, max);
const number: Check = (value) => (typeof value === 'number' && Number.isFinite(value) ? null : 'must be a number');
const length: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? null : 'must be a whole number of 0 or more';
const texts: Check = (value) =>
  Array.isArray(value) && value.every((v) => typeof v === 'string') ? null : 'must be a list of texts';
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
const list: Check = (value) => (Array.isArray(value) && value.length > 0 ? null : 'must be a list that is not empty');
const object: Check = (value) => (isJsonObject(value) ? null : 'must be an object');
const oneOf = (allowed: readonly string[]): Check => {
  return (value) =>
    typeof value === 'string' && allowed.includes(value) ? null : `must be one of ${allowed.join(', ')}`;
};
const regularExpression: Check = (value) => {
  try {
    return typeof value === 'string' && new RegExp(value, 'u') ? null : 'must be a regular expression as text';
  } catch {
    return 'is not a regular expression';
  }
};

const choose = (allowed: readonly string[]): string => `choose one of ${allowed.join(', ')}`;
const milliseconds = 'write milliseconds as a whole number, or leave it out';

/** The fields of a skill's metadata. */
export const metadataFields: Fields = {
  name: {
    check: (value) =>
      typeof value === 'string' && skillNamePattern.test(value) ? null : `must match ${skillNamePattern.source}`,
    cure: 'use lower-case letters, digits and dashes, the same as the folder’s name',
    required: true,
  },
  version: {
    check: (value) =>
      typeof value === 'string' && semver.test(value) ? null : 'must be a semantic version such as 1.0.0',
    cure: 'write three numbers as text, such as "0.1.0"',
    required: true,
  },
  description: { check: text, cure: 'say in a sentence what the skill does', required: true },
  category: { check: text, cure: 'name a group of skills, such as "frontend"', required: true },
  difficulty: { check: oneOf(difficulties), cure: choose(difficulties), required: true },
  author: { check: text, cure: 'name who wrote it', required: true },
  parameters: {
    check: (value) => (isJsonObject(value) ? null : 'must be an object: parameter name to its description'),
    cure: 'list them as { name: { type: "string" } }, or write {} for none',
    required: true,
  },
  tags: { check: texts, cure: 'write a list such as ["react"], or leave it out' },
  timeoutMs: { check: positive(maxTimeoutMs), cure: milliseconds },
  concurrency: { check: positive(10_000), cure: 'write how many may run at once, or leave it out' },
  priority: { check: wholeNumber(-100, 100), cure: 'write a number from -100 to 100, or leave it out' },
  queueTtlMs: { check: positive(30 * dayMs), cure: milliseconds },
  retry: { check: object, cure: 'write { maxAttempts: 3 }, or leave it out' },
};

/** The fields of `retry`. */
export const retryFields: Fields = {
  maxAttempts: { check: positive(100), cure: 'write how often it is tried in all, such as 3', required: true },
  initialDelayMs: { check: positive(dayMs), cure: milliseconds },
  factor: {
    check: (value) => (typeof value === 'number' && value >= 1 && value <= 10 ? null : 'must be a number from 1 to 10'),
    cure: 'write a number from 1 to 10, or leave it out',
  },
  maxDelayMs: { check: positive(dayMs), cure: milliseconds },
};

/** The fields of one parameter. */
export const parameterFields: Fields = {
  type: { check: oneOf(parameterTypes), cure: choose(parameterTypes), required: true },
  required: { check: flag, cure: 'write true or false, or leave it out' },
  default: { check: () => null, cure: 'write a value of the parameter’s type' },
  description: { check: text, cure: 'say what it is for, or leave it out' },
  aliases: { check: texts, cure: 'write a list of other names, or leave it out' },
  enum: { check: list, cure: 'list the values that it may have, or leave it out' },
  minimum: { check: number, cure: 'write a number, or leave it out' },
  maximum: { check: number, cure: 'write a number, or leave it out' },
  minLength: { check: length, cure: 'write a whole number, or leave it out' },
  maxLength: { check: length, cure: 'write a whole number, or leave it out' },
  pattern: { check: regularExpression, cure: 'write the expression as text without slashes: "^[a-z]+$"' },
  items: { check: oneOf(parameterTypes), cure: choose(parameterTypes) },
  secret: { check: flag, cure: 'write true or false, or leave it out' },
};

/** Every field of an object that is missing, wrong or unknown. */
export function checkFields(value: JsonObject, fields: Fields, at: string): CuredProblem[] {
  const missing = Object.entries(fields)
    .filter(([key, { required }]) => required === true && value[key] === undefined)
    .map(([key, { cure }]) => ({ path: `${at}/${key}`, message: 'is missing', cure }));
  const wrong = Object.entries(value).flatMap(([key, item]): CuredProblem[] => {
    if (item === undefined) return [];
    const path = `${at}/${key}`;
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) return [{ path, message: 'is not known', cure: cureOfUnknown(key, Object.keys(fields)) }];
    const message = field.check(item);
    return message === null ? [] : [{ path, message, cure: field.cure }];
  });
  return [...missing, ...wrong];
}

function cureOfUnknown(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  return near === undefined ? 'take it out' : `did you mean ${near}? Otherwise take it out`;
}
