import { readFileSync } from 'node:fs';

import { closest } from '../../kernel/closest.ts';
import type { Problem } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../kernel/json.ts';
import { isOfType } from '../../skills/parameters.ts';
import type { ParameterSpec, ParameterType } from '../../skills/skill.ts';
import { CliError } from '../exit-codes.ts';

/** Parameters as the command line gives them. */
export interface GivenParameters {
  /** `name=value`, the value read as the parameter's type wants it. */
  readonly param?: readonly string[];
  /** `name=file`: the parameter is the text of the file. */
  readonly paramFile?: readonly string[];
  /** All of them as a JSON file; `-`: standard input. Single ones win over it. */
  readonly params?: string | undefined;
}

type Specs = Readonly<Record<string, ParameterSpec>>;

/**
 * The parameters that were given, each of the type that the list of parameters says; what it does not know is refused.
 * Null: there is no list, and a value is JSON where it can be, else text. Throws a usage error with all that is wrong.
 */
export function parametersFrom(
  specs: Specs | null,
  { param = [], paramFile = [], params }: GivenParameters,
): JsonObject {
  const problems: Problem[] = [];
  const given = new Map<string, JsonValue>();
  const take = (pair: string, valueOf: (spec: ParameterSpec | undefined, text: string) => JsonValue): void => {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    const problem =
      at < 1 ? 'needs a value: name=value' : given.has(name) ? 'is given twice' : unknownName(specs, name);
    if (problem !== null) {
      problems.push({ path: name, message: problem });
      return;
    }
    try {
      given.set(name, valueOf(specOf(specs, name), pair.slice(at + 1)));
    } catch (error) {
      problems.push({ path: name, message: error instanceof Error ? error.message : String(error) });
    }
  };
  for (const pair of param) take(pair, valueFrom);
  for (const pair of paramFile) take(pair, (_, path) => readFileSync(path, 'utf8'));
  if (problems.length > 0) throw new CliError('usage', 'The parameters do not fit.', problems);
  return { ...(params === undefined ? {} : objectIn(params)), ...Object.fromEntries(given) };
}

/** Every `--param` is read by itself, so what does not fit is told by its name before anything is asked of the server. */
function valueFrom(spec: ParameterSpec | undefined, text: string): JsonValue {
  const value = parse(text);
  if (spec === undefined) return value === undefined ? text : value;
  if (spec.type === 'string') return text;
  if (value !== undefined && isOfType(spec.type, value)) return value;
  throw new CliError('usage', `is ${JSON.stringify(text)}, but must be ${wanted[spec.type]}`);
}

const wanted: Readonly<Record<ParameterType, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: `a list in JSON, such as '["a","b"]'`,
  object: `an object in JSON, such as '{"a":1}'`,
};

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function specOf(specs: Specs | null, name: string): ParameterSpec | undefined {
  if (specs === null) return undefined;
  return Object.hasOwn(specs, name) ? specs[name] : Object.values(specs).find(({ aliases }) => aliases?.includes(name));
}

function unknownName(specs: Specs | null, name: string): string | null {
  if (specs === null || specOf(specs, name) !== undefined) return null;
  const known = Object.keys(specs);
  if (known.length === 0) return 'is not a parameter: there are none';
  const near = closest(name, known);
  return near === undefined
    ? `is not a parameter; there are: ${known.join(', ')}`
    : `is not a parameter; did you mean ${near}?`;
}

function objectIn(path: string): JsonObject {
  const from = path === '-' ? 'Standard input' : path;
  const refused = (why: string): CliError => new CliError('usage', `${from} ${why}`);
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw refused(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const value = parse(text);
  if (value === undefined) throw refused('is not JSON.');
  if (!isJsonObject(value)) throw refused('must hold an object in JSON: {"name": "value"}');
  return value;
}
