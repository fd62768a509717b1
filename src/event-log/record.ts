import { hash } from 'node:crypto';

import type avro from 'avsc';

import { recordSchemaJson } from '../../schemas/generated/schemas.ts';
import { BugError } from '../kernel/assert.ts';
import { headOf } from '../kernel/bytes.ts';
import { type AvroSchema, parseSchema } from './avro.ts';
import type { EventCodec } from './codec.ts';
import type { RecordedEvent } from './event-log.ts';

/** One append as its bytes hold it; the events are still encoded. */
export interface AppendRecord {
  readonly appendId: string;
  readonly atMs: number;
  readonly actor: string;
  readonly causationId: string | null;
  readonly correlationId: string | null;
  readonly events: readonly Buffer[];
}

let recordType: avro.Type | undefined;
let recordScratch = Buffer.allocUnsafeSlow(64 * 1024);

function typeOfRecord(): avro.Type {
  recordType ??= parseSchema(JSON.parse(recordSchemaJson) as AvroSchema);
  return recordType;
}

/** The bytes of an append: the same on every backend, and what the chain hash covers. */
export function encodeRecord(record: AppendRecord): Buffer {
  const end = typeOfRecord().encode(record, recordScratch, 0);
  if (end >= 0) return headOf(recordScratch, end);
  recordScratch = Buffer.allocUnsafeSlow(recordScratch.length * 2 - end);
  return encodeRecord(record);
}

/** The append in the bytes. Bytes that hold none are our own mistake or damage: throws BugError. */
export function decodeRecord(bytes: Uint8Array): AppendRecord {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoded = typeOfRecord().decode(buffer, 0);
  if (decoded.offset !== buffer.length) throw new BugError('the record is cut short or has bytes behind its end');
  return decoded.value as AppendRecord;
}

/** The hash before the first record of a log. */
export const genesisHash: Uint8Array = new Uint8Array(32);

const preludeBytes = 32 + 4 + 200 + 4;
let scratch = Buffer.alloc(preludeBytes + 4096);

/**
 * SHA-256 over the hash of the append before, the stream's name (length first), the revision and the record's bytes.
 * Positions are not covered: they differ between copies of the same log.
 */
export function chainHash(previous: Uint8Array, stream: string, firstRevision: number, record: Uint8Array): Uint8Array {
  if (scratch.length < preludeBytes + record.length) scratch = Buffer.alloc(preludeBytes + record.length * 2);
  scratch.set(previous, 0);
  const nameBytes = scratch.write(stream, 36, 'latin1');
  scratch.writeUInt32BE(nameBytes, 32);
  const at = scratch.writeUInt32BE(firstRevision, 36 + nameBytes);
  scratch.set(record, at);
  return hash('sha256', scratch.subarray(0, at + record.length), 'buffer');
}

/** A record in its place in the log. */
export interface PlacedRecord {
  readonly position: number;
  readonly stream: string;
  readonly firstRevision: number;
  readonly record: Uint8Array;
}

/** The events of a record with their envelopes. */
export function toRecordedEvents(placed: PlacedRecord, codec: EventCodec): RecordedEvent[] {
  const { stream, position, firstRevision } = placed;
  const { atMs, actor, causationId, correlationId, events } = decodeRecord(placed.record);
  return events.map((bytes, i) => {
    const revision = firstRevision + i;
    const { type, data } = codec.decode(bytes);
    const id = eventId(stream, revision);
    return { type, data, id, stream, revision, position, atMs, actor, causationId, correlationId } as RecordedEvent;
  });
}

/** `<stream>@<revision>`. */
export function eventId(stream: string, revision: number): string {
  return `${stream}@${String(revision)}`;
}
