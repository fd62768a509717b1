import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { IhumanEvent } from '../../../schemas/generated/events.ts';
import { eventSchemas } from '../../../schemas/generated/schemas.ts';
import { parseSchema } from '../../../src/event-log/avro.ts';
import { EventCodec } from '../../../src/event-log/codec.ts';
import { fingerprintOf } from '../../../src/event-log/fingerprint.ts';
import { anyEvent } from '../../support/event-arbitrary.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/events');

interface Golden {
  readonly fingerprint: string;
  readonly writerSchema: never;
  readonly bytes: string;
  readonly event: IhumanEvent;
}

/** The golden file of a schema: written when the schema is new, and never again. */
function goldenOf(name: string, fingerprint: string): Golden {
  const path = join(fixtures, `${name}.${fingerprint}.json`);
  if (!existsSync(path)) {
    const schema = eventSchemas.find((candidate) => candidate.name === name)!;
    const [event] = fc.sample(anyEvent(schema), { numRuns: 1, seed: 42 });
    const bytes = new EventCodec().encode(event!).toString('hex');
    mkdirSync(fixtures, { recursive: true });
    writeFileSync(
      path,
      `${JSON.stringify({ fingerprint, writerSchema: JSON.parse(schema.json), bytes, event }, null, 2)}\n`,
    );
    if (process.env.CI === 'true')
      throw new Error(`the golden file of ${name} is not in the repository; run the tests once and commit it`);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as Golden;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(eventSchemas.map((schema) => [schema.name, schema] as const))('%s', (name, schema) => {
  it('comes back from its bytes as it went in', () => {
    const codec = new EventCodec();
    fc.assert(
      fc.property(anyEvent(schema), (event) => {
        expect(plain(codec.decode(codec.encode(event)))).toEqual(plain(event));
      }),
      { numRuns: 60 },
    );
  });

  it('has the fingerprint that was computed when it was generated', () => {
    expect(fingerprintOf(JSON.stringify(parseSchema(JSON.parse(schema.json) as never).schema()))).toBe(
      schema.fingerprint,
    );
  });

  it('is still read from the bytes that were once written', () => {
    const golden = goldenOf(name, schema.fingerprint);
    const codec = new EventCodec();
    codec.registerWriterSchema(golden.writerSchema);
    expect(plain(codec.decode(Buffer.from(golden.bytes, 'hex')))).toEqual(golden.event);
    expect(golden.bytes.slice(0, 4)).toBe('c301');
  });
});

describe('schemas that change', () => {
  const progressed = JSON.parse(eventSchemas.find((schema) => schema.name === 'ExecutionProgressed')!.json) as {
    fields: { name: string; type: unknown }[];
  };
  const read = (writer: object, value: object): IhumanEvent => {
    const codec = new EventCodec();
    codec.registerWriterSchema(writer as never);
    const type = parseSchema(writer as never);
    const head = Buffer.concat([
      Buffer.from([0xc3, 1]),
      Buffer.from(fingerprintOf(JSON.stringify(type.schema())), 'hex').reverse(),
    ]);
    return codec.decode(Buffer.concat([head, type.toBuffer(value)]));
  };

  it('an older writer without a field gives its default', () => {
    const older = { ...progressed, fields: progressed.fields.filter((field) => field.name !== 'status') };
    expect(plain(read(older, { attempt: 2, progress: 5 }))).toEqual({
      type: 'ExecutionProgressed',
      data: { attempt: 2, progress: 5, status: null },
    });
  });

  it('a newer writer with a field that is unknown here is read without it', () => {
    const newer = { ...progressed, fields: [...progressed.fields, { name: 'mood', type: 'string', default: '' }] };
    expect(plain(read(newer, { attempt: 2, progress: 5, status: 'x', mood: 'good' }))).toEqual({
      type: 'ExecutionProgressed',
      data: { attempt: 2, progress: 5, status: 'x' },
    });
  });

  it('a narrower number is widened', () => {
    const narrower = {
      ...progressed,
      fields: progressed.fields.map((field) => (field.name === 'progress' ? { name: 'progress', type: 'int' } : field)),
    };
    expect(plain(read(narrower, { attempt: 2, progress: 5, status: null }))).toMatchObject({ data: { progress: 5 } });
  });

  it('bytes that nothing here can read become an event that says so, never an error', () => {
    const codec = new EventCodec();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(codec.decode(Buffer.from(bytes)).type).toBe('Undecodable');
      }),
    );
    const [event] = fc.sample(anyEvent(eventSchemas[0]!), 1);
    const good = codec.encode(event!);
    expect(codec.decode(good.subarray(0, good.length - 1)).type).toMatch(/Undecodable|ApiKeyIssued/);
  });
});

it('CRC-64-AVRO gives the value of the specification', () => {
  expect(fingerprintOf('"int"')).toBe('7275d51a3f395c8f');
});
