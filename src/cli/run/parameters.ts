import type { Command } from 'commander';

import { closest } from '../../kernel/closest.ts';
import type { Problem } from '../../kernel/errors.ts';
import type { JsonObject, JsonValue } from '../../kernel/json.ts';
import { isOfType } from '../../skills/parameters.ts';
import type { ParameterSpec, ParameterType } from '../../skills/skill.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { objectOf, textIn } from '../files.ts';
import { collect } from '../format.ts';

/** Parameters as the command line gives them. */
export interface GivenParameters {
  /** `name=value`, the value read as the parameter's type wants it. */
  readonly param?: readonly string[];
  /** `name=file`: the parameter is the text of the file. */
  readonly paramFile?: readonly string[];
  /** Several as JSON, or as the file that has it; `-`: standard input. Single ones win over it. */
  readonly params?: string | undefined;
}

/** What `--params` takes, in every verb that has it. */
export const paramsFlag = '--params <json|file>';
/** The same in words. */
export const paramsForms = 'JSON that begins with \'{\', or a file of it; "-" is standard input';

/** The options that give parameters. */
export function withParameters(command: Command): Command {
  return command
    .option('-p, --param <name=value>', 'a parameter; as often as needed', collect)
    .option('--param-file <name=file>', 'a parameter that is the text of a file', collect)
    .option(paramsFlag, `all parameters at once: ${paramsForms}`);
}

type Specs = Readonly<Record<string, ParameterSpec>>;

/**
 * The parameters that were given, each of the type that the list of parameters says; what it does not know is refused.
 * Null: there is no list, and a value is JSON where it can be, else text. Throws a usage error with all that is wrong.
 */
export async function parametersFrom(
  context: CliContext,
  specs: Specs | null,
  { param = [], paramFile = [], params }: GivenParameters,
): Promise<JsonObject> {
  const problems: Problem[] = [];
  const given = new Map<string, JsonValue>();
  const take = async (pair: string, valueOf: (name: string, text: string) => unknown): Promise<void> => {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    try {
      if (at < 1) throw new CliError('usage', 'needs a value: name=value');
      if (given.has(name)) throw new CliError('usage', 'is given twice');
      checkName(specs, name);
      given.set(name, (await valueOf(name, pair.slice(at + 1))) as JsonValue);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      problems.push({ path: name, message: error.message });
    }
  };
  for (const pair of param) await take(pair, (name, text) => valueFrom(specOf(specs, name), text));
  for (const pair of paramFile) await take(pair, (_, path) => textIn(context, path));
  if (problems.length > 0) throw new CliError('usage', 'The parameters do not fit.', problems);
  return { ...(params === undefined ? {} : await objectOf(context, '--params', params)), ...Object.fromEntries(given) };
}

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

function checkName(specs: Specs | null, name: string): void {
  if (specs === null || specOf(specs, name) !== undefined) return;
  const known = Object.keys(specs);
  const near = closest(name, known);
  if (near !== undefined) throw new CliError('usage', `is not a parameter; did you mean ${near}?`);
  throw new CliError(
    'usage',
    `is not a parameter; there ${known.length === 0 ? 'are none' : `are: ${known.join(', ')}`}`,
  );
}
