import { eventSchemas } from '../../../schemas/generated/schemas.ts';
import type { EventCodec } from '../../event-log/codec.ts';
import type { RecordedEvent } from '../../event-log/event-log.ts';
import { cloudEventOf } from '../cloud-event.ts';

/** An event as a record of the topic: its stream is the key, so a stream stays in order within one partition. */
export interface FeedRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** Ids of the schemas in a registry, by event type; null without one. */
export type RegistryIds = ((type: string) => Promise<number>) | null;

const singleObjectHeadBytes = 10;
const confluentHeadBytes = 5;
const fingerprints = new Map<string, string>(eventSchemas.map(({ name, fingerprint }) => [name, fingerprint]));

/**
 * An event in the binary mode of the CloudEvents binding for Kafka 1.0: attributes as `ce_…` headers, the Avro body as the value.
 * Without a registry the body is in single-object encoding (`C3 01` and the schema's fingerprint in front); with one it has the
 * frame of Confluent's serializers, a zero byte and the schema's id in four bytes, big-endian.
 */
export async function feedRecordOf(
  event: RecordedEvent,
  {
    codec,
    epoch,
    registryIds,
  }: { readonly codec: EventCodec; readonly epoch: string; readonly registryIds: RegistryIds },
): Promise<FeedRecord> {
  const { specversion, id, source, type, subject, time, sequence, streamrevision, actor, ...rest } =
    cloudEventOf(event);
  const fingerprint = fingerprints.get(event.type);
  return {
    key: event.stream,
    headers: {
      'content-type': 'application/avro',
      ce_specversion: specversion,
      ce_id: id,
      ce_source: source,
      ce_type: type,
      ce_subject: subject,
      ce_time: time,
      ce_sequence: sequence,
      ce_streamrevision: String(streamrevision),
      ce_actor: actor,
      ce_epoch: epoch,
      ...(fingerprint !== undefined && { ce_dataschema: `urn:ihuman:schema:${fingerprint}` }),
      ...(rest.causationid !== undefined && { ce_causationid: rest.causationid }),
      ...(rest.correlationid !== undefined && { ce_correlationid: rest.correlationid }),
    },
    value: await bodyOf(event, codec, registryIds),
  };
}

async function bodyOf(event: RecordedEvent, codec: EventCodec, registryIds: RegistryIds): Promise<Buffer> {
  // What no schema here can read goes out as it lies in the log.
  if (event.type === 'Undecodable') return Buffer.from(event.data.base64, 'base64');
  const encoded = codec.encode(event);
  if (registryIds === null) return encoded;
  const framed = Buffer.alloc(encoded.length - singleObjectHeadBytes + confluentHeadBytes);
  framed.writeUInt32BE(await registryIds(event.type), 1);
  encoded.copy(framed, confluentHeadBytes, singleObjectHeadBytes);
  return framed;
}
