import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { CliContext } from './context.ts';
import { CliError } from './exit-codes.ts';
import { standardInput } from './standard-input.ts';

/** The text of a file; `-` is standard input. */
export async function textIn(context: CliContext, path: string): Promise<string> {
  if (path === '-') return standardInput(context);
  try {
    return readFileSync(resolve(context.cwd, path), 'utf8');
  } catch (error) {
    throw new CliError('usage', `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The JSON object that the value of a flag is, when it begins as JSON does; else that of the file that it names, `-`: standard input. */
export async function objectOf(context: CliContext, flag: string, text: string): Promise<JsonObject> {
  return /^\s*[{["]/.test(text) ? objectFrom(text, flag) : objectIn(context, text);
}

/** The JSON object that a file holds; `-` is standard input. */
export async function objectIn(context: CliContext, path: string): Promise<JsonObject> {
  return objectFrom(await textIn(context, path), path === '-' ? 'Standard input' : path);
}

function objectFrom(text: string, from: string): JsonObject {
  const value = parse(text, from);
  if (isJsonObject(value)) return value;
  throw new CliError('usage', `${from} must hold an object in JSON: {"name": "value"}`);
}

function parse(text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError('usage', `${from} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A secret of one line: the line break behind it is no part of it. */
export async function secretIn(context: CliContext, path: string): Promise<string> {
  const secret = (await textIn(context, path)).replace(/\r?\n$/, '');
  if (secret !== '') return secret;
  throw new CliError('usage', `${path === '-' ? 'Standard input' : path} holds no secret.`);
}
