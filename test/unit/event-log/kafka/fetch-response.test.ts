import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeFetchResponse } from '../../../../src/event-log/kafka/fetch-response.ts';

/** kafkajs writes what is decoded here: its encoder for the producer's batches, and its primitives. */
const require = createRequire(import.meta.url);
interface Encoder {
  readonly buffer: Buffer;
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: number): Encoder;
  writeString(value: string): Encoder;
  writeEncoder(value: Encoder): Encoder;
  writeBytes(value: Buffer): Encoder;
}
const EncoderClass = require('kafkajs/src/protocol/encoder.js') as new () => Encoder;
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/index.js') as (record: object) => Encoder;
const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0/index.js') as {
  RecordBatch: (batch: object) => Promise<Encoder>;
};

interface Written {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly value: Uint8Array;
}

async function batchOf(written: readonly Written[], baseOffset: number): Promise<Buffer> {
  const records = written.map(({ key, headers, value }, i) =>
    encodeRecord({
      offsetDelta: i,
      timestampDelta: i,
      key,
      value: value.length === 0 ? null : Buffer.from(value),
      headers,
    }),
  );
  const { buffer } = await encodeBatch({
    records,
    firstTimestamp: 1_790_000_000_000,
    lastOffsetDelta: written.length - 1,
  });
  const batch = Buffer.from(buffer);
  batch.writeBigInt64BE(BigInt(baseOffset));
  return batch;
}

function responseOf(batches: Buffer, { end = 7, errorCode = 0 } = {}): Buffer {
  const partition = new EncoderClass()
    .writeInt32(0)
    .writeInt16(errorCode)
    .writeInt64(end)
    .writeInt64(end)
    .writeInt64(0);
  partition.writeInt32(-1).writeInt32(-1).writeBytes(batches);
  const head = new EncoderClass()
    .writeInt32(0)
    .writeInt16(0)
    .writeInt32(0)
    .writeInt32(1)
    .writeString('topic')
    .writeInt32(1);
  return head.writeEncoder(partition).buffer;
}

const ascii = (maxLength: number) => fc.string({ unit: 'binary-ascii', minLength: 1, maxLength });
const written = fc.record<Written>({
  key: ascii(300),
  headers: fc.dictionary(ascii(20), ascii(200), { maxKeys: 4 }),
  value: fc.uint8Array({ maxLength: 1000 }),
});

describe('a response to a fetch', () => {
  it('has what kafkajs would have written', async () => {
    const batch = fc.array(written, { minLength: 1, maxLength: 20 });
    const run = async (batches: readonly (readonly Written[])[], first: number): Promise<void> => {
      const expected: object[] = [];
      const encoded: Buffer[] = [];
      let offset = first;
      for (const records of batches) {
        encoded.push(await batchOf(records, offset));
        for (const { key, headers, value } of records)
          expected.push({ offset: offset++, key, headers: { ...headers }, value: Buffer.from(value) });
      }
      const { records, end, errorCode } = decodeFetchResponse(responseOf(Buffer.concat(encoded), { end: offset }));
      expect([errorCode, end]).toEqual([0, offset]);
      expect(records.map((record) => ({ ...record, value: Buffer.from(record.value) }))).toEqual(expected);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), fc.nat(Number.MAX_SAFE_INTEGER - 1000), run),
      { numRuns: 200 },
    );
  });

  it('keeps a header whose name means something to JavaScript', async () => {
    const named: Written = { key: 'a', headers: { ['__proto__']: '1', constructor: '2' }, value: Buffer.from('1') };
    const [record] = decodeFetchResponse(responseOf(await batchOf([named], 0))).records;
    expect(Object.entries(record?.headers ?? {})).toEqual(Object.entries(named.headers));
  });

  it('leaves out a batch that the broker has cut off', async () => {
    const one: Written = { key: 'a', headers: {}, value: Buffer.from('1') };
    const [first, second] = [await batchOf([one, one], 0), await batchOf([one], 2)];
    for (let cut = 1; cut < second.length; cut++) {
      const bytes = Buffer.concat([first, second.subarray(0, second.length - cut)]);
      expect(decodeFetchResponse(responseOf(bytes)).records.map(({ offset }) => offset)).toEqual([0, 1]);
    }
  });

  it('passes over the marks of transactions, and says which error there was', async () => {
    const batch = await batchOf([{ key: 'a', headers: {}, value: Buffer.from('1') }], 3);
    batch.writeInt16BE(0x20, 21);
    expect(decodeFetchResponse(responseOf(batch)).records).toEqual([]);
    expect(decodeFetchResponse(responseOf(Buffer.alloc(0), { errorCode: 1 }))).toMatchObject({ errorCode: 1 });
  });

  it('unpacks what a broker compresses, or names what it cannot', async () => {
    const plain = await batchOf([{ key: 'a', headers: { h: 'x' }, value: Buffer.from('1') }], 3);
    const packed = (codec: number, body: Buffer): Buffer => {
      const batch = Buffer.concat([plain.subarray(0, 61), body]);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt16BE(codec, 21);
      return responseOf(batch);
    };
    const { records } = decodeFetchResponse(packed(1, gzipSync(plain.subarray(61))));
    expect(records).toMatchObject([{ offset: 3, key: 'a', headers: { h: 'x' } }]);
    expect(() => decodeFetchResponse(packed(3, plain.subarray(61)))).toThrow('lz4');
  });
});
