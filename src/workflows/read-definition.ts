import { type Document, isScalar, LineCounter, parseDocument, type Range, visit } from 'yaml';

import { AppError } from '../kernel/errors.ts';
import { isTooDeep, type JsonValue, maxJsonDepth } from '../kernel/json.ts';

/** YAML that names one thing very often can grow without bounds when it is read. */
const maxAliases = 100;
/** The longest YAML that is read: several hundred lines for each of two hundred steps would fit. */
export const maxYamlBytes = 262_144;

/** The value of a YAML document (JSON is YAML too). Throws VALIDATION_FAILED with the line of what cannot be read, or is not JSON. */
export function readYaml(text: string): JsonValue {
  const lines = new LineCounter();
  // The library compares each key with all others, and counts lines anew for each error: both take minutes for a long text.
  const options = { prettyErrors: false, uniqueKeys: false, merge: false, lineCounter: lines } as const;
  const document = parseDocument(text, options);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw invalid(problem.message, lines, problem.pos[0]);
  const twice = repeatedKey(document);
  if (twice !== null) throw invalid('Map keys must be unique', lines, twice[0]);
  const value = valueOf(document);
  if (isTooDeep(value)) throw invalid(`it is nested deeper than ${String(maxJsonDepth)} levels`);
  if (!isJson(value)) throw invalid('it holds something that JSON does not have, such as .inf, .nan or binary data');
  return value;
}

function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases }) as unknown;
  } catch (failure) {
    throw invalid(failure instanceof Error ? failure.message : String(failure));
  }
}

/** Where a key stands that its map has already; null when there is none. */
function repeatedKey(document: Document): Range | null {
  let found: Range | null = null;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? String(key.value) : null;
        if (name !== null && seen.has(name)) {
          found = (isScalar(key) ? key.range : null) ?? [0, 0, 0];
          return visit.BREAK;
        }
        seen.add(name ?? key);
      }
      return undefined;
    },
  });
  return found;
}

function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return isPlainObject(value) && Object.values(value).every(isJson);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function invalid(what: string, lines?: LineCounter, at = 0): AppError {
  const { line, col } = lines?.linePos(at) ?? { line: 0, col: 0 };
  const place = lines === undefined ? '' : ` at line ${String(line)}, column ${String(col)}`;
  return new AppError('VALIDATION_FAILED', { message: `The YAML cannot be read: ${what}${place}.` });
}
