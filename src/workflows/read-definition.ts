import { parseDocument } from 'yaml';

import { AppError } from '../kernel/errors.ts';
import type { JsonValue } from '../kernel/json.ts';

/** YAML that names one thing very often can grow without bounds when it is read. */
const maxAliases = 100;

/** The value of a YAML document (JSON is YAML too). Throws VALIDATION_FAILED with the line of what cannot be read. */
export function readYaml(text: string): JsonValue {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true, merge: false });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(error.message.split('\n')[0] ?? error.message);
  try {
    const value = document.toJS({ maxAliasCount: maxAliases }) as unknown;
    // Dates, maps with odd keys and the like are not JSON.
    return JSON.parse(JSON.stringify(value ?? null)) as JsonValue;
  } catch (failure) {
    throw invalid(failure instanceof Error ? failure.message : String(failure));
  }
}

function invalid(message: string): AppError {
  return new AppError('VALIDATION_FAILED', { message: `The YAML cannot be read: ${message}` });
}
