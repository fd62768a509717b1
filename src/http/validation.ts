import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

import { isJsonObject } from '../kernel/json.ts';

/**
 * Checks requests with the routes' TypeBox schemas. Bodies are taken as they are: nothing is coerced and unknown fields are
 * refused; a missing body is null. Queries and paths hold nothing but text, so what is written like a number becomes one first.
 * A schema is compiled at its first use: compiling all of them would slow every start.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined;
  return (value: unknown) => {
    compiled ??= Compile(schema);
    const converted =
      httpPart === 'querystring' || httpPart === 'params' ? withNumbers(schema, value) : (value ?? null);
    if (compiled.Check(converted)) return { value: converted };
    return { error: compiled.Errors(converted) as never };
  };
};

/** The texts with numbers where the schema wants them; ' ', 'true' and '0x1' stay text and are refused. */
function withNumbers(schema: TSchema, texts: unknown): unknown {
  const { properties } = schema as { readonly properties?: Readonly<Record<string, { readonly type?: string }>> };
  if (!isJsonObject(texts) || properties === undefined) return texts;
  const entries = Object.entries(texts).map(([name, text]) => {
    const { type } = Object.hasOwn(properties, name) ? (properties[name] ?? {}) : {};
    const numeric = (type === 'integer' || type === 'number') && typeof text === 'string' && decimal.test(text);
    return [name, numeric ? Number(text) : text];
  });
  return Object.fromEntries(entries) as unknown;
}

const decimal = /^-?\d+(\.\d+)?$/;
