import type { Problem } from '../kernel/errors.ts';
import { isJsonObject, isTooDeep, type JsonObject, type JsonValue } from '../kernel/json.ts';
import { checkValue, isOfType } from './parameters.ts';
import type { ParameterSpec, SkillMetadata } from './skill.ts';

/** Skill names: also folder names, and part of addresses. */
export const skillNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const semver = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
const difficulties = ['beginner', 'intermediate', 'advanced', 'expert'];
const parameterTypes = ['string', 'number', 'integer', 'boolean', 'array', 'object'];
const maxTimeoutMs = 900_000;

type Check = (value: JsonValue) => string | null;

const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' ? null : 'must be a text that is not empty';
const positive = (max: number): Check => {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= max
      ? null
      : `must be a whole number from 1 to ${String(max)}`;
};
const number: Check = (value) => (typeof value === 'number' && Number.isFinite(value) ? null : 'must be a number');
const length: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? null : 'must be a whole number of 0 or more';
const texts: Check = (value) =>
  Array.isArray(value) && value.every((v) => typeof v === 'string') ? null : 'must be a list of texts';
const flag: Check = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
const list: Check = (value) => (Array.isArray(value) && value.length > 0 ? null : 'must be a list that is not empty');
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

const required: Readonly<Record<string, Check>> = {
  name: (value) =>
    typeof value === 'string' && skillNamePattern.test(value) ? null : `must match ${skillNamePattern.source}`,
  version: (value) =>
    typeof value === 'string' && semver.test(value) ? null : 'must be a semantic version such as 1.0.0',
  description: text,
  category: text,
  difficulty: oneOf(difficulties),
  author: text,
  parameters: (value) => (isJsonObject(value) ? null : 'must be an object: parameter name to its description'),
};

const optional: Readonly<Record<string, Check>> = {
  tags: texts,
  timeoutMs: positive(maxTimeoutMs),
  concurrency: positive(10_000),
  priority: (value) =>
    Number.isSafeInteger(value) && Math.abs(Number(value)) <= 100 ? null : 'must be a whole number from -100 to 100',
  queueTtlMs: positive(2_592_000_000),
  retry: (value) => (isJsonObject(value) ? null : 'must be an object'),
};

const retryChecks: Readonly<Record<string, Check>> = {
  maxAttempts: positive(100),
  initialDelayMs: positive(86_400_000),
  factor: (value) => (typeof value === 'number' && value >= 1 && value <= 10 ? null : 'must be a number from 1 to 10'),
  maxDelayMs: positive(86_400_000),
};

const parameterChecks: Readonly<Record<string, Check>> = {
  type: oneOf(parameterTypes),
  required: flag,
  default: () => null,
  description: text,
  aliases: texts,
  enum: list,
  minimum: number,
  maximum: number,
  minLength: length,
  maxLength: length,
  pattern: regularExpression,
  items: oneOf(parameterTypes),
  secret: flag,
};

/** The metadata, or every problem in it. `folderName` is what the skill's name must be. */
export function checkMetadata(
  value: unknown,
  folderName: string,
):
  | { readonly metadata: SkillMetadata; readonly problems: readonly [] }
  | { readonly metadata: null; readonly problems: readonly Problem[] } {
  if (!isJsonObject(value)) return { metadata: null, problems: [{ path: '/metadata', message: 'must be an object' }] };
  if (isTooDeep(value)) return { metadata: null, problems: [{ path: '/metadata', message: 'is nested too deep' }] };
  const problems = [
    ...checkKeys(value, required, '/metadata', Object.keys(required), Object.keys(optional)),
    ...checkKeys(value, optional, '/metadata', [], Object.keys(required)),
  ];
  if (typeof value.name === 'string' && value.name !== folderName) {
    problems.push({ path: '/metadata/name', message: `must be the folder's name, ${folderName}` });
  }
  if (isJsonObject(value.retry)) problems.push(...checkRetry(value.retry, '/metadata/retry'));
  if (isJsonObject(value.parameters)) problems.push(...checkParameterSpecs(value.parameters, '/metadata/parameters'));
  if (problems.length > 0) return { metadata: null, problems };
  return { metadata: value as unknown as SkillMetadata, problems: [] };
}

function checkKeys(
  value: JsonObject,
  checks: Readonly<Record<string, Check>>,
  path: string,
  needed: readonly string[],
  alsoKnown: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  for (const key of needed)
    if (value[key] === undefined) problems.push({ path: `${path}/${key}`, message: 'is missing' });
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    const message = check?.(item) ?? null;
    if (check === undefined && needed.length > 0 && !alsoKnown.includes(key))
      problems.push({ path: `${path}/${key}`, message: 'is not known' });
    else if (message !== null) problems.push({ path: `${path}/${key}`, message });
  }
  return problems;
}

/** Everything that is wrong with how failed attempts are to be repeated. */
export function checkRetry(retry: JsonObject, path: string): readonly Problem[] {
  return checkKeys(retry, retryChecks, path, ['maxAttempts'], []);
}

/** Everything that is wrong with a list of parameters. */
export function checkParameterSpecs(specs: JsonObject, at: string): readonly Problem[] {
  return Object.entries(specs).flatMap(([name, spec]) => {
    const path = `${at}/${name}`;
    if (name === '__proto__' || !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name))
      return [{ path, message: 'is not a parameter name' }];
    if (spec === undefined || !isJsonObject(spec)) return [{ path, message: 'must be an object with a type' }];
    const problems = checkKeys(spec, parameterChecks, path, ['type'], []);
    return problems.length > 0 ? problems : checkAgreement(spec as unknown as ParameterSpec, path);
  });
}

/** What no field alone can tell: a default that the parameter itself would refuse, or limits of the wrong type. */
function checkAgreement(spec: ParameterSpec, path: string): Problem[] {
  const problems: Problem[] = [];
  if (spec.default !== undefined) problems.push(...checkValue(spec, spec.default, `${path}/default`));
  if (spec.default !== undefined && spec.secret === true)
    problems.push({ path: `${path}/default`, message: 'a secret has no default' });
  if (spec.enum?.some((value) => !isOfType(spec.type, value)) === true) {
    problems.push({ path: `${path}/enum`, message: `must hold values of type ${spec.type}` });
  }
  return problems;
}
