import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

import { toAppError } from './problem.ts';

const compiled = new WeakMap<TSchema, Validator>();

/** Throws VALIDATION_FAILED with everything in which a value is not as a schema has it, as for the body of a request. */
export function checkShape(schema: TSchema, value: unknown): void {
  const validator = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, validator);
  if (validator.Check(value)) return;
  const validation = validator.Errors(value) as never;
  throw toAppError(Object.assign(new Error('The value is not valid.'), { validation, validationContext: 'options' }));
}
