import type { BatchVerdict, ProposedAppend } from './log-file.ts';

/**
 * Appends on their way to the store thread, packed into one buffer: a structured clone of a hundred small objects costs more
 * than the insert loop it feeds. First the count u32 and `folded` f64; then per append: position f64 (0: none), record length u32,
 * expected i32, event count u16 (its highest bit: linked), append-id length u8 (255: none), stream length u8, then stream, append id and
 * record.
 */
const batchHeadBytes = 12;
const headBytes = 20;
const noAppendId = 255;
const linkedBit = 0x8000;

/** Longest stream name and append id in bytes; both are ASCII. */
export const maxNameBytes = 200;

/** Packs appends; the result's buffer can be transferred. For `folded` see `LogFile.appendAll`. */
export function packAppends(appends: readonly ProposedAppend[], folded = 0): Uint8Array<ArrayBuffer> {
  let size = batchHeadBytes;
  for (const { stream, appendId, record } of appends) {
    size += headBytes + stream.length + (appendId?.length ?? 0) + record.length;
  }
  const buffer = Buffer.from(new ArrayBuffer(size));
  let at = buffer.writeDoubleLE(folded, buffer.writeUInt32LE(appends.length, 0));
  for (const { stream, expected, eventCount, appendId, record, position, linked } of appends) {
    at = buffer.writeDoubleLE(position ?? 0, at);
    at = buffer.writeUInt32LE(record.length, at);
    at = buffer.writeInt32LE(expected, at);
    at = buffer.writeUInt16LE(eventCount | (linked === true ? linkedBit : 0), at);
    at = buffer.writeUInt8(appendId?.length ?? noAppendId, at);
    at = buffer.writeUInt8(stream.length, at);
    at += buffer.write(stream, at, 'latin1');
    if (appendId !== null) at += buffer.write(appendId, at, 'latin1');
    buffer.set(record, at);
    at += record.length;
  }
  return buffer;
}

/** What was packed; records are views into the buffer. */
export function unpackAppends(packed: Uint8Array): {
  readonly appends: readonly ProposedAppend[];
  readonly folded: number;
} {
  const buffer = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const count = buffer.readUInt32LE(0);
  const folded = buffer.readDoubleLE(4);
  const appends: ProposedAppend[] = [];
  let at = batchHeadBytes;
  for (let i = 0; i < count; i++) {
    const position = buffer.readDoubleLE(at);
    const recordLength = buffer.readUInt32LE(at + 8);
    const expected = buffer.readInt32LE(at + 12);
    const countAndLink = buffer.readUInt16LE(at + 16);
    const eventCount = countAndLink & ~linkedBit;
    const linked = (countAndLink & linkedBit) !== 0;
    const idLength = buffer.readUInt8(at + 18);
    const streamEnd = at + headBytes + buffer.readUInt8(at + 19);
    const stream = buffer.toString('latin1', at + headBytes, streamEnd);
    const idEnd = idLength === noAppendId ? streamEnd : streamEnd + idLength;
    const appendId = idLength === noAppendId ? null : buffer.toString('latin1', streamEnd, idEnd);
    const record = buffer.subarray(idEnd, idEnd + recordLength);
    appends.push({ stream, expected, eventCount, appendId, record, linked, ...(position > 0 && { position }) });
    at = idEnd + recordLength;
  }
  return { appends, folded };
}

const verdictKinds = ['accepted', 'duplicate', 'conflict', 'skipped'] as const;
const verdictWidth = 3;

/** Packs verdicts as three numbers each: kind, position, revision. */
export function packVerdicts(verdicts: readonly BatchVerdict[]): Float64Array<ArrayBuffer> {
  const packed = new Float64Array(verdicts.length * verdictWidth);
  verdicts.forEach((verdict, i) => {
    const at = i * verdictWidth;
    packed[at] = verdictKinds.indexOf(verdict.kind);
    if (verdict.kind === 'skipped') return;
    packed[at + 1] = verdict.kind === 'conflict' ? 0 : verdict.position;
    packed[at + 2] = verdict.kind === 'conflict' ? verdict.actualRevision : verdict.firstRevision;
  });
  return packed;
}

/** The verdict at `index` of a packed list. */
export function verdictAt(packed: Float64Array, index: number): BatchVerdict {
  const at = index * verdictWidth;
  const kind = verdictKinds[packed[at] ?? 2] ?? 'conflict';
  if (kind === 'skipped') return { kind };
  const position = packed[at + 1] ?? 0;
  const revision = packed[at + 2] ?? -1;
  return kind === 'conflict' ? { kind, actualRevision: revision } : { kind, position, firstRevision: revision };
}
