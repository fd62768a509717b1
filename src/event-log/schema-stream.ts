import { eventSchemas } from '../../schemas/generated/schemas.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { EventCodec } from './codec.ts';
import type { EventLog } from './event-log.ts';

/** The stream in which a log keeps the schemas that its events were written with. */
export const schemaStream = 'system_schemas';

/** Reads the log's writer schemas into the codec and appends those of this program that the log does not have yet. */
export async function learnSchemas(log: EventLog, codec: EventCodec): Promise<void> {
  const known = new Set<string>();
  let revision = -1;
  for (;;) {
    const events = await log.readStream(schemaStream, { fromRevision: revision + 1 });
    if (events.length === 0) break;
    for (const event of events) {
      revision = event.revision;
      if (event.type === 'SchemaRegistered') known.add(event.data.fingerprint);
      codec.learn(event);
    }
  }
  const missing = eventSchemas.filter((schema) => !known.has(schema.fingerprint));
  if (missing.length === 0) return;
  const result = await log.append({
    stream: schemaStream,
    expected: revision < 0 ? 'none' : revision,
    actor: 'system',
    atMs: Date.now(),
    events: missing.map(({ name, fingerprint, json }) => {
      return { type: 'SchemaRegistered', data: { name, fingerprint, schema: JSON.parse(json) as JsonValue } };
    }),
  });
  // Another node wrote them first: read what it wrote.
  if (result.outcome === 'conflict') await learnSchemas(log, codec);
}
