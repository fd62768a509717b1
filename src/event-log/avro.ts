import avro from 'avsc';

import { BugError } from '../kernel/assert.ts';
import { AppError } from '../kernel/errors.ts';
import { isTooDeep, type JsonValue, maxJsonDepth } from '../kernel/json.ts';

/** A JSON value inside an Avro string. */
class JsonLogicalType extends avro.types.LogicalType {
  override _fromValue(text: string): JsonValue {
    return JSON.parse(text) as JsonValue;
  }

  override _toValue(value: JsonValue): string {
    // Here, where a value becomes part of an event for ever: whatever reads the log later walks it by recursion.
    if (isTooDeep(value)) {
      const message = `A value may be nested ${String(maxJsonDepth)} levels deep.`;
      throw new AppError('VALIDATION_FAILED', { message });
    }
    return JSON.stringify(value);
  }
}

/** Bytes that the program holds as lower-case hex. */
class HexLogicalType extends avro.types.LogicalType {
  override _fromValue(bytes: Buffer): string {
    return bytes.toString('hex');
  }

  /** Undefined for what is no text: so a union asks its branches, and an error for each null would cost more than all the rest. */
  override _toValue(hex: unknown): Buffer | undefined {
    return typeof hex === 'string' ? Buffer.from(hex, 'hex') : undefined;
  }
}

/** An Avro schema as JSON. */
export type AvroSchema = JsonValue;

/**
 * Parses a schema with our logical types. Unions are never wrapped, and a union that would need it is refused, so that the
 * shape of a value cannot flip when somebody adds a branch.
 */
export function parseSchema(schema: AvroSchema): avro.Type {
  const type = avro.Type.forSchema(schema as avro.Schema, {
    logicalTypes: { json: JsonLogicalType, hex: HexLogicalType },
    wrapUnions: 'never',
  });
  if (type.typeName !== 'record') throw new BugError('an event schema is a record');
  return type;
}
