import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Value } from 'typebox/value';

/**
 * Checks requests with the routes' TypeBox schemas. Bodies are taken as they are: nothing is coerced and unknown fields are
 * refused; a missing body is null. Queries hold nothing but text, so numbers in them are converted first.
 * A schema is compiled at its first use: compiling all of them would slow every start.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  let compiled: Validator | undefined;
  return (value: unknown) => {
    compiled ??= Compile(schema);
    const converted = httpPart === 'querystring' ? Value.Convert(schema, value) : (value ?? null);
    if (compiled.Check(converted)) return { value: converted };
    return { error: compiled.Errors(converted) as never };
  };
};
