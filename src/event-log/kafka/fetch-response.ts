import { gunzipSync, zstdDecompressSync } from 'node:zlib';

import { AppError } from '../../kernel/errors.ts';
import type { PlacedRecord } from './transport.ts';

/** What a broker answered to a fetch of one partition. */
export interface FetchResponse {
  /** Kafka's error code; 0 when all is well. */
  readonly errorCode: number;
  /** The offset behind the newest record that readers may see. */
  readonly end: number;
  readonly records: readonly PlacedRecord[];
}

/** Reads Kafka's primitive types one after another. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  skip(count: number): void {
    this.#at += count;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#at++);
  }

  int16(): number {
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }

  /** Offsets stay far below 2^53: a thousand million records a second for a hundred days would not reach it. */
  int64(): number {
    const high = this.int32();
    const low = this.int32() >>> 0;
    return high * 4_294_967_296 + low;
  }

  slice(count: number): Buffer {
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  text(count: number): string {
    this.#at += count;
    return this.#bytes.toString('latin1', this.#at - count, this.#at);
  }

  /** A zigzag varint, up to 35 bits: lengths, counts and differences of offsets. */
  varint(): number {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    return (value >>> 1) ^ -(value & 1);
  }

  skipVarint(): void {
    while ((this.#bytes[this.#at++] ?? 0) >= 0x80);
  }
}

const batchHeadBytes = 12;
const compressionMask = 0x07;
const controlMask = 0x20;
const unpackers = new Map<number, (bytes: Buffer) => Buffer>([
  [0, (bytes) => bytes],
  [1, (bytes) => gunzipSync(bytes)],
  [4, (bytes) => zstdDecompressSync(bytes)],
]);

/**
 * Decodes a response to version 11 of Kafka's Fetch for one partition, with record batches of version 2 (Kafka protocol guide,
 * kafka.apache.org/protocol). kafkajs makes five objects for each number of a record; a node that takes in a log does little
 * else than this.
 */
export function decodeFetchResponse(raw: Buffer): FetchResponse {
  const reader = new Reader(raw);
  reader.skip(4);
  const errorCode = reader.int16();
  reader.skip(4);
  const topics = reader.int32();
  if (errorCode !== 0 || topics === 0) return { errorCode, end: 0, records: [] };
  reader.skip(reader.int16());
  reader.skip(8);
  const partitionError = reader.int16();
  const end = reader.int64();
  reader.skip(16);
  reader.skip(Math.max(0, reader.int32()) * 16);
  reader.skip(4);
  const records: PlacedRecord[] = [];
  if (partitionError === 0) decodeBatches(new Reader(reader.slice(Math.max(0, reader.int32()))), records);
  return { errorCode: partitionError, end, records };
}

function decodeBatches(reader: Reader, records: PlacedRecord[]): void {
  while (reader.left > batchHeadBytes) {
    const baseOffset = reader.int64();
    const length = reader.int32();
    // A broker cuts off at the number of bytes that it was asked for.
    if (reader.left < length) return;
    const batch = new Reader(reader.slice(length));
    batch.skip(9);
    const attributes = batch.int16();
    batch.skip(34);
    const count = batch.int32();
    // Marks of transactions are no records; nothing here is written in one.
    if ((attributes & controlMask) !== 0) continue;
    const unpacked = new Reader(unpack(batch.slice(batch.left), attributes & compressionMask));
    for (let i = 0; i < count; i++) records.push(decodeRecord(unpacked, baseOffset));
  }
}

function unpack(bytes: Buffer, codec: number): Buffer {
  const unpacker = unpackers.get(codec);
  if (unpacker !== undefined) return unpacker(bytes);
  throw new AppError('CONFIG_INVALID', {
    message: `The topic holds records that were compressed with ${codec === 2 ? 'snappy' : 'lz4'}, which this program does not read. ihuman never compresses: let compression.type of the topic be producer.`,
  });
}

function decodeRecord(reader: Reader, baseOffset: number): PlacedRecord {
  reader.skipVarint();
  reader.skip(1);
  reader.skipVarint();
  const offset = baseOffset + reader.varint();
  const keyBytes = reader.varint();
  const key = keyBytes < 0 ? '' : reader.text(keyBytes);
  const valueBytes = reader.varint();
  const value = reader.slice(Math.max(0, valueBytes));
  const headers: [string, string][] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.text(reader.varint());
    headers.push([name, reader.text(Math.max(0, reader.varint()))]);
  }
  return { offset, key, headers: Object.fromEntries(headers), value };
}
