import fc from 'fast-check';

import type { IhumanEvent } from '../../schemas/generated/events.ts';
import type { EventSchema } from '../../schemas/generated/schemas.ts';

type Schema =
  | string
  | Schema[]
  | {
      type: Schema;
      logicalType?: string;
      fields?: { name: string; type: Schema }[];
      items?: Schema;
      symbols?: string[];
    };

/** Values of any Avro schema that the events use. Named records are looked up once they were defined. */
function valueOf(schema: Schema, named: Map<string, Schema>): fc.Arbitrary<unknown> {
  if (typeof schema === 'string') {
    switch (schema) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'int':
        return fc.integer();
      case 'long':
        // avsc computes with doubles: exact within 2^52, which is far beyond any time or size.
        return fc.maxSafeInteger().map((value) => Math.trunc(value / 2));
      case 'double':
        return fc.double({ noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));
      case 'string':
        return fc.string({ unit: 'grapheme' });
      default:
        return valueOf(named.get(schema) ?? 'null', named);
    }
  }
  if (Array.isArray(schema)) return fc.oneof(...schema.map((branch) => valueOf(branch, named)));
  if (schema.logicalType === 'json')
    return fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  if (schema.logicalType === 'hex')
    return fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  if (schema.type === 'enum') return fc.constantFrom(...(schema.symbols ?? []));
  if (schema.type === 'array') return fc.array(valueOf(schema.items ?? 'null', named), { maxLength: 4 });
  if (schema.fields !== undefined) {
    const { name } = schema as unknown as { name: string };
    named.set(name, schema);
    return fc.record(Object.fromEntries(schema.fields.map((field) => [field.name, valueOf(field.type, named)])));
  }
  return valueOf(schema.type, named);
}

/** Any event of a schema. */
export function anyEvent({ name, json }: EventSchema): fc.Arbitrary<IhumanEvent> {
  return valueOf(JSON.parse(json) as Schema, new Map()).map((data) => ({ type: name, data }) as IhumanEvent);
}
