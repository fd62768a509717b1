import { counted } from '../kernel/counted.ts';
import type { Problem } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../kernel/json.ts';
import type { ParameterSpec, ParameterType } from './skill.ts';

/** Parameters with defaults applied and aliases resolved, or everything that is wrong with them. */
export type CheckedParameters =
  { readonly ok: true; readonly params: JsonObject } | { readonly ok: false; readonly problems: readonly Problem[] };

type Specs = Readonly<Record<string, ParameterSpec>>;

/** Checks parameters against a skill's list, without any coercion. Pure; used by the server, the runner and the CLI. */
export function checkParameters(specs: Specs, given: JsonValue | undefined): CheckedParameters {
  if (given !== undefined && !isJsonObject(given)) {
    return { ok: false, problems: [{ path: '/params', message: 'must be an object' }] };
  }
  const problems: Problem[] = [];
  const params: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === undefined) continue;
    const known = Object.hasOwn(specs, name) ? name : nameOfAlias(specs, name);
    if (known === null) problems.push({ path: `/params/${name}`, message: unknownMessage(specs, name) });
    else if (known in params)
      problems.push({ path: `/params/${name}`, message: `is given twice: it is another name of ${known}` });
    else params[known] = value;
  }
  for (const [name, spec] of Object.entries(specs)) {
    const value = params[name];
    if (value !== undefined) problems.push(...checkValue(spec, value, `/params/${name}`));
    else if (spec.default !== undefined) params[name] = spec.default;
    else if (spec.required === true) problems.push({ path: `/params/${name}`, message: 'is required' });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, params: { ...params } };
}

/** Everything that is wrong with one value. */
export function checkValue(spec: ParameterSpec, value: JsonValue, path: string): readonly Problem[] {
  if (!isOfType(spec.type, value)) return [{ path, message: `must be of type ${spec.type}` }];
  const messages: string[] = [];
  if (spec.enum !== undefined && !spec.enum.some((allowed) => sameJson(allowed, value))) {
    messages.push(`must be one of ${JSON.stringify(spec.enum)}`);
  }
  if (typeof value === 'number') messages.push(...checkNumber(spec, value));
  if (typeof value === 'string') messages.push(...checkString(spec, value));
  if (Array.isArray(value)) messages.push(...checkArray(spec, value as readonly JsonValue[]));
  return messages.map((message) => ({ path, message }));
}

function checkNumber({ minimum, maximum }: ParameterSpec, value: number): string[] {
  const messages: string[] = [];
  if (minimum !== undefined && value < minimum) messages.push(`must be at least ${String(minimum)}`);
  if (maximum !== undefined && value > maximum) messages.push(`must be at most ${String(maximum)}`);
  return messages;
}

function checkString({ minLength, maxLength, pattern }: ParameterSpec, value: string): string[] {
  const messages: string[] = [];
  if (minLength !== undefined && value.length < minLength)
    messages.push(`must have at least ${counted(minLength, 'character')}`);
  if (maxLength !== undefined && value.length > maxLength)
    messages.push(`must have at most ${counted(maxLength, 'character')}`);
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) messages.push(`must match ${pattern}`);
  return messages;
}

function checkArray({ minLength, maxLength, items }: ParameterSpec, value: readonly JsonValue[]): string[] {
  const messages: string[] = [];
  if (minLength !== undefined && value.length < minLength)
    messages.push(`must have at least ${counted(minLength, 'item')}`);
  if (maxLength !== undefined && value.length > maxLength)
    messages.push(`must have at most ${counted(maxLength, 'item')}`);
  const wrong = items === undefined ? -1 : value.findIndex((item) => !isOfType(items, item));
  if (wrong >= 0) messages.push(`item ${String(wrong)} must be of type ${String(items)}`);
  return messages;
}

/** True when a JSON value is of a parameter type. */
export function isOfType(type: ParameterType, value: JsonValue): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
  }
}

function nameOfAlias(specs: Specs, alias: string): string | null {
  for (const [name, spec] of Object.entries(specs)) if (spec.aliases?.includes(alias) === true) return name;
  return null;
}

function unknownMessage(specs: Specs, name: string): string {
  const known = Object.keys(specs);
  const near = known.find((candidate) => candidate.toLowerCase() === name.toLowerCase());
  if (near !== undefined) return `is not a parameter; did you mean ${near}?`;
  return known.length === 0
    ? 'is not a parameter: this skill takes none'
    : `is not a parameter; there are: ${known.join(', ')}`;
}

function sameJson(a: JsonValue, b: JsonValue): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
