import { describe, expect, it } from 'vitest';

import { EventCodec } from '../../../src/event-log/codec.ts';
import { feedRecordOf } from '../../../src/feed/topic/feed-record.ts';
import type { NewEvent, RecordedEvent } from '../../../src/event-log/event-log.ts';
import { recorded } from '../../support/recorded.ts';

const codec = new EventCodec();
const recordedAs = (event: NewEvent): RecordedEvent => recorded(['exec_a', event])[0] as RecordedEvent;
const event = recordedAs({
  type: 'ExecutionLogged',
  data: { attempt: 1, level: 'info', message: 'hello', loggedAtMs: 5 },
});

describe('an event as a record of the topic', () => {
  it('has the attributes of a CloudEvent in binary mode, and its stream as the key', async () => {
    const { key, headers } = await feedRecordOf(event, { codec, epoch: 'the-epoch', registryIds: null });
    expect(key).toBe(event.stream);
    expect(headers).toMatchObject({
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_type: 'ihuman.ExecutionLogged.v1',
      ce_subject: event.stream,
      ce_streamrevision: String(event.revision),
      ce_epoch: 'the-epoch',
    });
    expect(headers.ce_sequence).toMatch(/./);
  });

  it('is in single-object encoding without a registry', async () => {
    const { value } = await feedRecordOf(event, { codec, epoch: 'e', registryIds: null });
    expect([...value.subarray(0, 2)]).toEqual([0xc3, 0x01]);
    expect(codec.decode(value)).toEqual({ type: event.type, data: event.data });
  });

  it('has the frame of the registry with one, around the same body', async () => {
    const plain = await feedRecordOf(event, { codec, epoch: 'e', registryIds: null });
    const framed = await feedRecordOf(event, { codec, epoch: 'e', registryIds: () => Promise.resolve(258) });
    expect([...framed.value.subarray(0, 5)]).toEqual([0, 0, 0, 1, 2]);
    expect(framed.value.subarray(5)).toEqual(plain.value.subarray(10));
  });

  it('is the bytes of the log when no schema can read them', async () => {
    const base64 = Buffer.from('whatever').toString('base64');
    const unknown = recordedAs({ type: 'Undecodable', data: { fingerprint: 'ab', base64, reason: 'unknown' } });
    const { value } = await feedRecordOf(unknown, { codec, epoch: 'e', registryIds: () => Promise.resolve(1) });
    expect(value.toString()).toBe('whatever');
  });
});
