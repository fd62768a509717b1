import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json.ts';

/** A value that is taken from somewhere when the step begins. */
export interface Reference {
  /** JSON pointer (RFC 6901) into `{ input, steps: { <id>: { status, result, error } }, item, index }`. */
  readonly pointer: string;
  /** What to take where nothing is; undefined: that is an error. */
  readonly fallback: JsonValue | undefined;
  /** What else was said, of which nothing is known. */
  readonly beside: JsonObject;
}

/** The reference that a value is; null when it is a plain value. */
export function referenceIn(value: JsonValue): Reference | null {
  if (!isJsonObject(value) || typeof value.$from !== 'string') return null;
  const { $from: pointer, $default: fallback, ...beside } = value;
  return { pointer, fallback, beside };
}

/** Every reference in a value, with its place. */
export function referencesIn(
  value: JsonValue,
  path: string,
): readonly { readonly path: string; readonly reference: Reference }[] {
  const reference = referenceIn(value);
  if (reference !== null) return [{ path, reference }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : referencesIn(inner, `${path}/${escapeToken(key)}`),
  );
}

/** The parts of a pointer; null when it is none. */
export function tokensOf(pointer: string): readonly string[] | null {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return null;
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What a pointer leads to; undefined when nothing is there. */
export function valueAt(root: JsonValue | undefined, tokens: readonly string[]): JsonValue | undefined {
  let value = root;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(token)) return undefined;
    value = Object.hasOwn(value, token) ? (value as Readonly<Record<string, JsonValue>>)[token] : undefined;
  }
  return value;
}

/** A value with every reference replaced, or the first that leads nowhere. */
export function resolved(
  value: JsonValue,
  lookUp: (tokens: readonly string[]) => JsonValue | undefined,
): { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly pointer: string } {
  const reference = referenceIn(value);
  if (reference !== null) {
    const there = lookUp(tokensOf(reference.pointer) ?? []);
    // Null is a value: it is there.
    const found = there === undefined ? reference.fallback : there;
    return found === undefined ? { ok: false, pointer: reference.pointer } : { ok: true, value: found };
  }
  if (typeof value !== 'object' || value === null) return { ok: true, value };
  const entries: [string, JsonValue][] = [];
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const each = resolved(inner, lookUp);
    if (!each.ok) return each;
    entries.push([key, each.value]);
  }
  return { ok: true, value: Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries) };
}
