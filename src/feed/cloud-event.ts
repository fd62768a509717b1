import { toCursor } from '../event-log/cursor.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';

/**
 * An event in the CloudEvents 1.0 JSON format. `id` is unique within `source`; `sequence` is the cursor to resume from,
 * `streamrevision` the place in the stream.
 */
export function cloudEventOf(event: RecordedEvent) {
  return {
    specversion: '1.0',
    id: event.id,
    source: '/ihuman',
    type: `ihuman.${event.type}.v1`,
    subject: event.stream,
    time: new Date(event.atMs).toISOString(),
    datacontenttype: 'application/json',
    sequence: toCursor(event.position),
    streamrevision: event.revision,
    actor: event.actor,
    ...(event.causationId !== null && { causationid: event.causationId }),
    ...(event.correlationId !== null && { correlationid: event.correlationId }),
    data: event.data,
  };
}
