import type avro from 'avsc';

import type { EventType, IhumanEvent } from '../../schemas/generated/events.ts';
import { eventSchemas } from '../../schemas/generated/schemas.ts';
import { BugError, definitely } from '../kernel/assert.ts';
import { headOf } from '../kernel/bytes.ts';
import { isAppError } from '../kernel/errors.ts';
import { type AvroSchema, parseSchema } from './avro.ts';
import { fingerprintOf } from './fingerprint.ts';

const marker = Buffer.from([0xc3, 0x01]);
const headBytes = 10;

interface Writer {
  readonly type: avro.Type;
  readonly head: Buffer;
}

type Decode = (bytes: Buffer) => IhumanEvent;

/**
 * Events to bytes and back, in Avro single-object encoding: `C3 01`, the schema's fingerprint (little-endian), the body.
 * Types are built at first use: building all of them would cost every start some milliseconds.
 */
export class EventCodec {
  readonly #writers = new Map<EventType, Writer>();
  readonly #decoders = new Map<string, Decode>();
  readonly #schemas = new Map(eventSchemas.map((schema) => [schema.name as EventType, schema]));
  readonly #current = new Map(eventSchemas.map((schema) => [keyOfFingerprint(schema.fingerprint), schema.name]));
  #scratch = Buffer.allocUnsafeSlow(64 * 1024);

  /**
   * The event's bytes. Throws VALIDATION_FAILED for a value that is nested too deep. An event that does not fit its schema is
   * our own mistake: throws BugError.
   */
  encode(event: IhumanEvent): Buffer {
    const { type, head } = this.#writer(event.type);
    let end: number;
    try {
      end = type.encode(event.data, this.#scratch, headBytes);
    } catch (error) {
      if (isAppError(error)) throw error;
      throw new BugError(
        `${event.type} does not fit its schema: ${error instanceof Error ? error.message : 'unknown'}`,
      );
    }
    if (end < 0) {
      this.#scratch = Buffer.allocUnsafeSlow(headBytes - end + this.#scratch.length * 2);
      return this.encode(event);
    }
    head.copy(this.#scratch);
    return headOf(this.#scratch, end);
  }

  /** The event in the bytes, brought to today's schema; `Undecodable` when nothing here knows the schema or the bytes are damaged. */
  decode(bytes: Buffer): IhumanEvent {
    const key = bytes.toString('latin1', 2, headBytes);
    const decode = this.#decoders.get(key) ?? this.#currentDecoder(key);
    if (decode === undefined) return undecodable(bytes, 'no schema with this fingerprint is known');
    try {
      return decode(bytes);
    } catch (error) {
      return undecodable(bytes, error instanceof Error ? error.message : 'unknown');
    }
  }

  /** True when events of this schema can be decoded. */
  knows(fingerprint: string): boolean {
    const key = keyOfFingerprint(fingerprint);
    return this.#current.has(key) || this.#decoders.has(key);
  }

  /** Learns the writer schema that an event registers; other events teach nothing. */
  learn(event: IhumanEvent): void {
    if (event.type === 'SchemaRegistered' && !this.knows(event.data.fingerprint))
      this.registerWriterSchema(event.data.schema);
  }

  /** Learns a schema that another version of the program wrote with; a record name that is unknown here is ignored. */
  registerWriterSchema(schema: AvroSchema): void {
    const writer = parseSchema(schema);
    const fingerprint = fingerprintOf(JSON.stringify(writer.schema()));
    if (this.knows(fingerprint)) return;
    const name = (writer.name ?? '').split('.').at(-1) as EventType;
    if (!this.#schemas.has(name)) return;
    const reader = this.#writer(name).type;
    const resolver = reader.createResolver(writer);
    this.#decoders.set(keyOfFingerprint(fingerprint), (bytes) =>
      eventOf(name, reader.decode(bytes, headBytes, resolver)),
    );
  }

  #writer(type: EventType): Writer {
    const known = this.#writers.get(type);
    if (known !== undefined) return known;
    const schema = definitely(this.#schemas.get(type), `${type} has a schema`);
    const head = Buffer.concat([marker, Buffer.from(schema.fingerprint, 'hex').reverse()]);
    const writer = { type: parseSchema(JSON.parse(schema.json) as AvroSchema), head };
    this.#writers.set(type, writer);
    return writer;
  }

  #currentDecoder(key: string): Decode | undefined {
    const name = this.#current.get(key);
    if (name === undefined) return undefined;
    const { type } = this.#writer(name);
    const decode: Decode = (bytes) => eventOf(name, type.decode(bytes, headBytes));
    this.#decoders.set(key, decode);
    return decode;
  }
}

function eventOf(type: EventType, decoded: { readonly value: unknown; readonly offset: number }): IhumanEvent {
  if (decoded.offset < 0) throw new BugError('the event is cut short');
  return { type, data: decoded.value } as IhumanEvent;
}

function undecodable(bytes: Buffer, reason: string): IhumanEvent {
  const fingerprint = Buffer.from(bytes.subarray(2, headBytes)).reverse().toString('hex');
  return { type: 'Undecodable', data: { fingerprint, base64: bytes.toString('base64'), reason } };
}

function keyOfFingerprint(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().toString('latin1');
}
