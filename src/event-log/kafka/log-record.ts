import { expectedCode, type ProposedAppend } from '../../store/log-file.ts';
import { isJsonObject, type JsonValue } from '../../kernel/json.ts';
import { isWholeRecord } from '../whole-record.ts';
import type { LogRecord, PlacedRecord } from './transport.ts';

/**
 * How an append stands in a Kafka record. The arbiter reads the headers, and of the value only that it is one whole append with as
 * many events as they say: an event that a node cannot decode stops nothing, and what is no append gets nowhere.
 *
 * | part  | content                                                                                                   |
 * | ----- | --------------------------------------------------------------------------------------------------------- |
 * | key   | the stream                                                                                                |
 * | `ap`  | the expectation (`none`, `exists`, `any` or a revision), the number of events, the append id; spaces between |
 * | value | the append as every backend writes it (see `encodeRecord`)                                                |
 *
 * One header and not three: a client spends more on each header than on the record's bytes.
 *
 * The first record of a log is its manifest: key `manifest`, no headers, JSON.
 */
export const foldVersion = 1;
const formatVersion = 2;
const manifestKey = 'manifest';

/** What the first record of a log says. */
export interface Manifest {
  readonly epoch: string;
  readonly cell: string;
}

/** The record that a new log begins with. */
export function manifestRecord({ epoch, cell }: Manifest): LogRecord {
  const value = Buffer.from(JSON.stringify({ formatVersion, foldVersion, cell, epoch }));
  return { key: manifestKey, headers: {}, value };
}

/** Reads the first record of a log. Answers with a sentence when this program cannot work with it. */
export function parseManifest({ key, value }: LogRecord): Manifest | { readonly problem: string } {
  let content: JsonValue = null;
  try {
    content = JSON.parse(Buffer.from(value).toString('utf8')) as JsonValue;
  } catch {
    // Anything else than JSON is told below.
  }
  if (key !== manifestKey || !isJsonObject(content)) return { problem: 'its first record is no ihuman manifest' };
  const { epoch, cell } = content;
  if (typeof epoch !== 'string' || typeof cell !== 'string') return { problem: 'its manifest names no epoch and cell' };
  const found = JSON.stringify([content.formatVersion, content.foldVersion]);
  const known = JSON.stringify([formatVersion, foldVersion]);
  if (found !== known) return { problem: `it has format and rules ${found}; this program knows ${known}` };
  return { epoch, cell };
}

const nameOfCode = new Map<number, string>(Object.entries(expectedCode).map(([name, code]) => [code, name]));
const codeOfName = new Map<string, number>(Object.entries(expectedCode));

/** The record of an append; it must have an append id. */
export function recordOf(append: ProposedAppend & { readonly appendId: string }): LogRecord {
  const expectation = nameOfCode.get(append.expected) ?? String(append.expected);
  return {
    key: append.stream,
    headers: { ap: `${expectation} ${String(append.eventCount)} ${append.appendId}` },
    value: append.record,
  };
}

/** An append as it comes out of the partition. */
export interface PlacedAppend extends ProposedAppend {
  readonly appendId: string;
  readonly position: number;
}

/**
 * The append in a record, at its position: the offset plus 1, since 0 is before everything. Null for what is no append: the
 * manifest, or a record that somebody else wrote; the fold passes over it.
 */
export function appendIn({ key, headers, value, offset }: PlacedRecord): PlacedAppend | null {
  const parts = headers.ap?.split(' ');
  if (parts?.length !== 3) return null;
  const [expectation, count, appendId = ''] = parts;
  const expected = codeOfName.get(expectation ?? '') ?? wholeNumber(expectation, 0x7fff_ffff);
  const eventCount = wholeNumber(count, 0xffff);
  if (expected === null || eventCount === null || eventCount === 0) return null;
  if (!isName(key) || !isName(appendId) || !isWholeRecord(value, eventCount)) return null;
  return { stream: key, appendId, expected, eventCount, record: value, position: offset + 1 };
}

/** True for what ihuman never wrote there: neither an append nor a manifest (there are several when nodes begin a log together). */
export function isForeign(record: PlacedRecord): boolean {
  return appendIn(record) === null && 'problem' in parseManifest(record);
}

/** What {@link StoredLog.propose} lets through; anything else was not written by ihuman. */
function isName(text: string): boolean {
  return /^[\x21-\x7e]{1,200}$/.test(text);
}

function wholeNumber(text: string | undefined, most: number): number | null {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : null;
}
