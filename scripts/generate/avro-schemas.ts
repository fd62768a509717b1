import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseSchema } from '../../src/event-log/avro.ts';
import { fingerprintOf } from '../../src/event-log/fingerprint.ts';
import { definitely } from '../../src/kernel/assert.ts';

/** A schema as the `.avsc` files write it. */
export type Schema = string | readonly Schema[] | ComplexSchema;

/** The part of Avro's schema language that the events use. */
export interface ComplexSchema {
  readonly type: string;
  readonly logicalType?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields?: readonly Field[];
  readonly items?: Schema;
  readonly symbols?: readonly string[];
}

export interface Field {
  readonly name: string;
  readonly type: Schema;
  readonly doc?: string;
  readonly default?: unknown;
}

/** A named record together with a self-contained schema (shared records written out at first use) and its fingerprint. */
export interface LoadedSchema {
  readonly name: string;
  readonly schema: ComplexSchema;
  readonly complete: ComplexSchema;
  readonly fingerprint: string;
}

export interface LoadedSchemas {
  readonly shared: readonly ComplexSchema[];
  readonly events: readonly LoadedSchema[];
  readonly record: ComplexSchema;
}

/** Reads every schema of the repository. */
export function loadSchemas(root: string): LoadedSchemas {
  const shared = readFolder(join(root, 'schemas/shared'));
  const sharedByName = new Map(shared.map((schema) => [nameOf(schema), schema]));
  const events = readFolder(join(root, 'schemas/events')).map((schema) => {
    const complete = inline(schema, sharedByName, new Set()) as ComplexSchema;
    const canonical = JSON.stringify(parseSchema(JSON.parse(JSON.stringify(complete)) as never).schema());
    return { name: nameOf(schema), schema, complete, fingerprint: fingerprintOf(canonical) };
  });
  return { shared, events, record: readSchema(join(root, 'schemas/record.avsc')) };
}

function readFolder(folder: string): ComplexSchema[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.avsc'))
    .sort()
    .map((file) => readSchema(join(folder, file)));
}

function readSchema(path: string): ComplexSchema {
  return JSON.parse(readFileSync(path, 'utf8')) as ComplexSchema;
}

/** The name of a named schema. */
export function nameOf(schema: ComplexSchema): string {
  return definitely(schema.name, 'a named schema');
}

function inline(schema: Schema, shared: ReadonlyMap<string, ComplexSchema>, seen: Set<string>): Schema {
  if (typeof schema === 'string') {
    const known = shared.get(schema);
    if (known === undefined || seen.has(schema)) return schema;
    seen.add(schema);
    return inline(known, shared, seen);
  }
  if ('type' in schema) {
    const fields = schema.fields?.map((field) => ({ ...field, type: inline(field.type, shared, seen) }));
    const items = schema.items === undefined ? undefined : inline(schema.items, shared, seen);
    return { ...schema, ...(fields && { fields }), ...(items !== undefined && { items }) };
  }
  return schema.map((branch) => inline(branch, shared, seen));
}
