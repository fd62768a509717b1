import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';

import { toCursor } from '../event-log/cursor.ts';
import { EventCodec } from '../event-log/codec.ts';
import { beginning, type EventLog, type RecordedEvent } from '../event-log/event-log.ts';
import { chainHash, genesisHash, toRecordedEvents } from '../event-log/record.ts';
import { AppError } from '../kernel/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../kernel/json.ts';
import { cloudEventOf } from './cloud-event.ts';

/**
 * A log as a file that proves itself: JSON lines, the first one a head, then one for each append, then a foot.
 *
 * | line   | fields                                                                                                     |
 * | ------ | ---------------------------------------------------------------------------------------------------------- |
 * | head   | `format` (`ihuman-log`), `version` (1), `epoch`, `exportedAt`, `head` (cursor)                              |
 * | append | `position` (cursor), `stream`, `revision` of its first event, `hash` (hex), `record` (base64), `events`     |
 * | foot   | `appends`, `events`, `headHash`                                                                            |
 *
 * `hash` is the SHA-256 of the hash before, the stream, the revision and the record (see `chainHash`); `events` says for people
 * what `record` says in Avro, and has to agree with it. Who keeps the `headHash` of one export elsewhere can prove later that
 * nothing before it was changed: every longer export passes through the same hash.
 */
const format = 'ihuman-log';
const version = 1;
const pageEvents = 500;

/** The lines of an export of everything up to the log's present head. */
export async function* exportLog(log: EventLog, nowMs: number): AsyncGenerator<string> {
  const head = log.head();
  const exportedAt = new Date(nowMs).toISOString();
  yield lineOf({ format, version, epoch: log.epoch, exportedAt, head: toCursor(head) });
  let position = beginning;
  let appends = 0;
  let events = 0;
  let headHash = hex(genesisHash);
  while (position < head) {
    const page = await log.readAppends({ after: position, limit: pageEvents });
    if (page.length === 0) break;
    let lines = '';
    for (const append of page) {
      if (append.position > head) break;
      position = append.position;
      headHash = hex(append.hash);
      appends++;
      events += append.events.length;
      lines += lineOf({
        position: toCursor(append.position),
        stream: append.stream,
        revision: append.firstRevision,
        hash: headHash,
        record: Buffer.from(append.record).toString('base64'),
        events: append.events.map(readable),
      });
    }
    yield lines;
  }
  yield lineOf({ appends, events, headHash });
}

/** What checking an export found: whole, or the first line that does not fit. */
export type ExportCheck =
  | { readonly intact: true; readonly appends: number; readonly events: number; readonly headHash: string }
  | { readonly intact: false; readonly line: number; readonly reason: string };

/**
 * Checks an export with nothing but the file: every hash, dense revisions, readable events that agree with their records, and a
 * foot. With `knownHash`, the hash of an append that was noted earlier, it must be among those passed through.
 */
export async function checkExport(path: string, knownHash: string | null): Promise<ExportCheck> {
  const checker = new ExportChecker(knownHash);
  let line = 0;
  const input = createReadStream(path);
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      line++;
      const reason = checker.take(parseLine(text));
      if (reason !== null) return { intact: false, line, reason };
    }
  } catch (error) {
    throw new AppError('VALIDATION_FAILED', { message: `The file ${path} cannot be read.`, cause: error });
  } finally {
    input.destroy();
  }
  const reason = checker.missing();
  return reason === null ? { intact: true, ...checker.sums() } : { intact: false, line: line + 1, reason };
}

class ExportChecker {
  readonly #codec = new EventCodec();
  readonly #revisions = new Map<string, number>();
  readonly #knownHash: string | null;
  #hash: Uint8Array = genesisHash;
  #seen: 'nothing' | 'head' | 'foot' = 'nothing';
  #appends = 0;
  #events = 0;
  #passedKnown: boolean;

  constructor(knownHash: string | null) {
    this.#knownHash = knownHash;
    this.#passedKnown = knownHash === null;
  }

  /** Takes the next line; returns what is wrong with it, or null. */
  take(line: JsonValue | undefined): string | null {
    if (!isJsonObject(line)) return 'this line is not a JSON object';
    if (this.#seen === 'foot') return 'something follows the foot';
    if (this.#seen === 'nothing') {
      this.#seen = 'head';
      return line.format === format && line.version === version ? null : 'this is no export of an ihuman log';
    }
    return 'headHash' in line ? this.#takeFoot(line) : this.#takeAppend(line);
  }

  missing(): string | null {
    if (this.#seen !== 'foot') return 'the file is cut short: its foot is missing';
    return this.#passedKnown
      ? null
      : 'the known hash is not the hash of any append: this is another log, or a changed one';
  }

  sums(): { readonly appends: number; readonly events: number; readonly headHash: string } {
    return { appends: this.#appends, events: this.#events, headHash: hex(this.#hash) };
  }

  #takeAppend({ stream, revision, hash, record, events }: JsonObject): string | null {
    if (typeof stream !== 'string' || typeof revision !== 'number' || typeof record !== 'string')
      return 'stream, revision or record is missing';
    const due = this.#revisions.get(stream) ?? 0;
    if (revision !== due) return `revision ${String(revision)} of ${stream} where ${String(due)} was due`;
    const bytes = Buffer.from(record, 'base64');
    this.#hash = chainHash(this.#hash, stream, revision, bytes);
    if (hex(this.#hash) !== hash) return 'the chain hash does not fit';
    const decoded = this.#decode(stream, revision, bytes);
    if (decoded === null) return 'the record cannot be decoded';
    if (!isDeepStrictEqual(events, JSON.parse(JSON.stringify(decoded.map(readable))))) {
      return 'the readable events are not those of the record';
    }
    this.#revisions.set(stream, revision + decoded.length);
    this.#appends++;
    this.#events += decoded.length;
    if (hash === this.#knownHash) this.#passedKnown = true;
    return null;
  }

  #takeFoot({ appends, events, headHash }: JsonObject): string | null {
    this.#seen = 'foot';
    const sums = this.sums();
    return appends === sums.appends && events === sums.events && headHash === sums.headHash
      ? null
      : 'the foot does not fit the lines before it';
  }

  #decode(stream: string, firstRevision: number, record: Buffer): readonly RecordedEvent[] | null {
    try {
      const events = toRecordedEvents({ position: 0, stream, firstRevision, record }, this.#codec);
      for (const event of events) this.#codec.learn(event);
      return events;
    } catch {
      return null;
    }
  }
}

/** An event as the feed shows it, without its place: that stands beside it. */
function readable(event: RecordedEvent): JsonObject {
  const { sequence: _, ...rest } = cloudEventOf(event);
  return rest as unknown as JsonObject;
}

function lineOf(value: JsonObject): string {
  return `${JSON.stringify(value)}\n`;
}

function parseLine(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
