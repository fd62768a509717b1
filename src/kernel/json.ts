/** A value that JSON can carry. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; absent keys and `undefined` mean the same. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** True for a plain JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How deep JSON from outside may be nested: whatever walks a value by recursion is safe below this. */
export const maxJsonDepth = 100;

/** True when a value is nested deeper than `levels`. */
export function isTooDeep(value: unknown, levels = maxJsonDepth): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isTooDeep(inner, levels - 1));
}

/** Whether a value has less than about so many characters as JSON text; it looks at no more of it than it has to. */
export function isShorterThan(value: unknown, chars: number): boolean {
  return charsLeft(value, chars) > 0;
}

function charsLeft(value: unknown, left: number): number {
  if (typeof value === 'string') return left - value.length - 2;
  if (typeof value !== 'object' || value === null) return left - 8;
  let rest = left - 2;
  for (const [key, inner] of Object.entries(value)) {
    if (rest <= 0) break;
    rest = charsLeft(inner, rest - key.length - 3);
  }
  return rest;
}

/** JSON text that is the same for equal values: without `undefined`, and with the keys of every object in one order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (isJsonObject(inner) ? sorted(inner) : inner));
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
