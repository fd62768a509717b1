import { Type } from 'typebox';

import type { LoadedSchemas } from './avro-schemas.ts';
import { clientMessages, serverMessages } from './web-socket-shapes.ts';

const feedHeaders = Type.Object({
  'content-type': Type.Literal('application/avro'),
  ce_specversion: Type.Literal('1.0'),
  ce_id: Type.String({ description: 'Names the event within its source; the same when it is published again.' }),
  ce_source: Type.String(),
  ce_type: Type.String(),
  ce_subject: Type.String({ description: 'The stream: an execution, a user or a skill. The key of the record too.' }),
  ce_time: Type.String({ format: 'date-time' }),
  ce_sequence: Type.String({ description: 'The position in the log, as HTTP answers it.' }),
  ce_streamrevision: Type.String({
    description: 'Place in the stream, from 0: what is not above the last is a repetition.',
  }),
  ce_epoch: Type.String({ description: 'The log that the position belongs to.' }),
  ce_actor: Type.String(),
  ce_dataschema: Type.Optional(Type.String({ description: 'urn:ihuman:schema: and the CRC-64-AVRO fingerprint.' })),
  ce_causationid: Type.Optional(Type.String()),
  ce_correlationid: Type.Optional(Type.String()),
});

interface Named {
  readonly properties: { readonly type: { readonly const: string } };
}
const nameOf = (shape: object): string => (shape as Named).properties.type.const;
const refs = (channel: string, names: readonly string[]): readonly object[] =>
  names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));

/** The AsyncAPI 3.0 document of the topic for outside consumers and of the WebSocket. */
export function asyncApiDocument({ events }: LoadedSchemas): string {
  const published = events.filter(({ name }) => name !== 'SchemaRegistered' && name !== 'FeedPublished');
  const feedMessages = published.map(({ name, complete }) => [
    name,
    {
      name: `ihuman.${name}.v1`,
      summary: complete.doc,
      contentType: 'application/avro',
      headers: feedHeaders,
      payload: { schemaFormat: 'application/vnd.apache.avro+json;version=1.9.0', schema: complete },
    },
  ]);
  const socketMessages = [...serverMessages, ...clientMessages].map((shape) => [nameOf(shape), { payload: shape }]);
  const names = (shapes: readonly object[]): readonly string[] => shapes.map(nameOf);
  return JSON.stringify({
    asyncapi: '3.0.0',
    info: {
      title: 'ihuman',
      version: '0.1.0',
      description:
        'What ihuman says by itself: events for outside consumers on a Kafka topic (IHUMAN_FEED_TOPIC), and the progress of executions over WebSocket. Written by `npm run generate`.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    channels: {
      feed: {
        address: '{topic}',
        title: 'The log for outside consumers',
        description:
          'At least once; each stream in order within its partition. Values are Avro in single-object encoding, or in the frame of the schema registry where there is one (IHUMAN_SCHEMA_REGISTRY).',
        parameters: { topic: { description: 'IHUMAN_FEED_TOPIC' } },
        messages: Object.fromEntries(feedMessages) as object,
      },
      webSocket: {
        address: '/ws',
        title: 'Executions, live',
        description: 'One JSON object in each text frame. docs/reference/websocket.md says the rest.',
        messages: Object.fromEntries(socketMessages) as object,
      },
    },
    operations: {
      publishEvents: {
        action: 'send',
        channel: { $ref: '#/channels/feed' },
        messages: refs(
          'feed',
          published.map(({ name }) => name),
        ),
      },
      tellOfExecutions: {
        action: 'send',
        channel: { $ref: '#/channels/webSocket' },
        messages: refs('webSocket', names(serverMessages)),
      },
      takeWishes: {
        action: 'receive',
        channel: { $ref: '#/channels/webSocket' },
        messages: refs('webSocket', names(clientMessages)),
      },
    },
  });
}
