import type { NewEvent, RecordedEvent } from '../../src/event-log/event-log.ts';

/** A log from events and their streams: one append each, at positions and seconds 1, 2, 3 and so on. */
export function recorded(...events: readonly (readonly [stream: string, event: NewEvent])[]): RecordedEvent[] {
  const revisions = new Map<string, number>();
  return events.map(([stream, { type, data }], i) => {
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + 1);
    const envelope = { id: `${stream}@${String(revision)}`, stream, revision, position: i + 1, atMs: (i + 1) * 1000 };
    return { type, data, ...envelope, actor: 'user_a', causationId: null, correlationId: null } as RecordedEvent;
  });
}
