import { defineTable, type Projection, type ReadModelRow } from '../../src/projecting/projection.ts';

type EventCountRow = ReadModelRow & { readonly type: string; readonly events: number };

export const eventCountsTable = defineTable<EventCountRow>({
  name: 'event_counts',
  key: ['type'],
  columns: { type: 'text', events: 'integer' },
  indexes: [],
});

/** How many events of each type the log holds: the system's statistics. */
export const eventCountsProjection: Projection = {
  name: 'event-counts',
  version: 1,
  tables: [eventCountsTable],
  apply(event, write) {
    const events = (write.get(eventCountsTable, event.type)?.events ?? 0) + 1;
    write.put(eventCountsTable, { type: event.type, events });
  },
};
