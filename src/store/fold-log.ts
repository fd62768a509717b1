import { EventCodec } from '../event-log/codec.ts';
import { schemaStream } from '../event-log/schema-stream.ts';
import type { RecordedEvent } from '../event-log/event-log.ts';
import { toRecordedEvents } from '../event-log/record.ts';
import type { Projection } from '../projecting/projection.ts';
import { ReadModels } from '../projecting/read-models.ts';
import type { LogFile } from './log-file.ts';
import type { StoredRecord } from './log-pages.ts';

interface FoldOptions {
  readonly log: LogFile;
  /** Where the new read-model file goes. */
  readonly path: string;
  readonly projections: readonly Projection[];
  /** The last position to fold. */
  readonly until: number;
  readonly onProgress: (position: number) => void;
}

const pageEvents = 4000;

/** System streams explain the log itself; no projection looks at them. */
export function isForProjections(stream: string): boolean {
  return !stream.startsWith('system_');
}

/** The events of records that projections look at. */
export function* eventsForProjections(records: Iterable<StoredRecord>, codec: EventCodec): Generator<RecordedEvent> {
  for (const record of records) if (isForProjections(record.stream)) yield* toRecordedEvents(record, codec);
}

/** Teaches a codec every schema that the log was written with. */
export function learnStoredSchemas(log: LogFile, codec: EventCodec): void {
  for (const record of log.readStream(schemaStream, 0, Infinity)) {
    for (const event of toRecordedEvents(record, codec)) codec.learn(event);
  }
}

/** Folds the log from its beginning into a read-model file of its own. */
export function foldLog({ log, path, projections, until, onProgress }: FoldOptions): void {
  const codec = new EventCodec();
  learnStoredSchemas(log, codec);
  const models = ReadModels.create(path, projections, log.epoch);
  try {
    while (models.position < until) {
      const records = log.readAll(models.position, pageEvents).filter((record) => record.position <= until);
      const last = records.at(-1);
      if (last === undefined) break;
      models.apply(eventsForProjections(records, codec), last.position);
      onProgress(models.position);
    }
  } finally {
    models.finish();
  }
}
