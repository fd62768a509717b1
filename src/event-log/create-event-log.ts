import type { StoreClient } from '../store/store-client.ts';
import { EmbeddedLog } from './embedded/embedded-log.ts';
import type { EventLog } from './event-log.ts';

/** The backends that a log can stand on. */
export type LogBackend = 'embedded';

/** Opens the event log on the chosen backend: the one place that knows which there are. */
export function createEventLog(backend: LogBackend, store: StoreClient): Promise<EventLog> {
  switch (backend) {
    case 'embedded':
      return EmbeddedLog.open(store);
  }
}
