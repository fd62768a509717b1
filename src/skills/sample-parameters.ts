import type { JsonObject, JsonValue } from '../kernel/json.ts';
import { checkValue } from './parameters.ts';
import type { ParameterSpec } from './skill.ts';

/** Texts that are likely to fit a pattern. */
const texts = [
  'example',
  'my-app',
  'Example',
  'a',
  '1',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
  'user@example.com',
  'https://example.com/',
  'example.com',
  '127.0.0.1',
  'file.txt',
  '/tmp',
  '1.0.0',
  '#ffffff',
  '00000000-0000-4000-8000-000000000000',
];

/** A value that a parameter takes; undefined when none is found, as for a rare pattern. */
export function sampleValue(spec: ParameterSpec): JsonValue | undefined {
  const fits = (value: JsonValue): boolean => checkValue(spec, value, '').length === 0;
  return candidates(spec).find(fits);
}

/** Values for all parameters that a skill does not run without, and the names of those for which none is found. */
export function sampleParameters(
  specs: Readonly<Record<string, ParameterSpec>>,
  given: JsonObject,
): { readonly params: JsonObject; readonly unknown: readonly string[] } {
  const params: Record<string, JsonValue | undefined> = { ...given };
  const unknown: string[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const isGiven = [name, ...(spec.aliases ?? [])].some((key) => Object.hasOwn(given, key));
    if (isGiven || spec.required !== true || spec.default !== undefined) continue;
    const value = sampleValue(spec);
    if (value === undefined) unknown.push(name);
    else params[name] = value;
  }
  return { params, unknown };
}

function candidates(spec: ParameterSpec): readonly JsonValue[] {
  if (spec.enum !== undefined) return spec.enum;
  const { minimum = 0, maximum = minimum, minLength = 1 } = spec;
  switch (spec.type) {
    case 'string':
      return [...texts, ...texts.map((text) => text.repeat(minLength).slice(0, Math.max(minLength, 1))), ''];
    case 'number':
    case 'integer':
      return [Math.max(1, minimum), minimum, Math.ceil(minimum), maximum, Math.floor(maximum), 0];
    case 'boolean':
      return [true, false];
    case 'array':
      return [Array.from({ length: minLength }, () => itemOf(spec)), []];
    case 'object':
      return [{}];
  }
}

function itemOf({ items = 'string' }: ParameterSpec): JsonValue {
  return candidates({ type: items })[0] ?? null;
}
