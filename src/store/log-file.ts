import type { DatabaseSync } from 'node:sqlite';

import { chainHash, decodeRecord, genesisHash } from '../event-log/record.ts';
import { definitely } from '../kernel/assert.ts';
import { AppError } from '../kernel/errors.ts';
import { randomText } from '../kernel/ids.ts';
import { chunkRows, gather, type StoredRecord } from './log-pages.ts';
import { bytesOf, logDdl, type LogStatements, prepareLogStatements, type Row } from './log-sql.ts';
import { type Durability, inTransaction, isCorruption, openDatabase } from './sqlite.ts';

/** `expected` as a number: a revision, or one of these. `none` is -1 because that is the revision of an empty stream. */
export const expectedCode = { none: -1, any: -2, exists: -3 } as const;

/** An append as it arrives at the arbiter: the record's bytes are not looked into. */
export interface ProposedAppend {
  readonly stream: string;
  /** A revision of 0 or more, or a code of {@link expectedCode}. */
  readonly expected: number;
  readonly eventCount: number;
  readonly record: Uint8Array;
  /** The caller's own append id, or null when nobody can ever repeat this append. */
  readonly appendId: string | null;
  /** Only if the last append before it that is not linked was accepted. */
  readonly linked?: boolean;
  /** Where another order than this file's own has put it; must grow. Absent: behind the last one. */
  readonly position?: number;
}

interface LogFileOptions {
  readonly readOnly?: boolean;
  /** Default `full`; `normal` for a copy of a log that is durable elsewhere. */
  readonly durability?: Durability;
  /** The log that this file has to be a copy of. Default: a log of its own. */
  readonly epoch?: string;
}

/** The arbiter's answer; `duplicate` repeats the answer given to the first append with the same id. */
export type Verdict =
  | { readonly kind: 'accepted' | 'duplicate'; readonly position: number; readonly firstRevision: number }
  | { readonly kind: 'conflict'; readonly actualRevision: number };

/** The answer to an append of a batch; `skipped`: it was not judged, as the one that it is linked to was refused. */
export type BatchVerdict = Verdict | { readonly kind: 'skipped' };

interface StreamHead {
  readonly id: number;
  revision: number;
}

/** Result of walking the hash chain: whole, or the first position that does not fit. */
export type ChainCheck =
  | { readonly intact: true; readonly records: number; readonly events: number; readonly headHash: string }
  | { readonly intact: false; readonly position: number; readonly reason: string };

const skipped: BatchVerdict = { kind: 'skipped' };
const maxCachedHeads = 100_000;

const formatVersion = '1';

/** Append ids that begin with this were made up for appends whose callers gave none. */
export const ownIdMark = '~';

/**
 * The log as a SQLite file: the arbiter of appends and the source of all reads. Synchronous; lives in the store thread.
 *
 * INV-1: `appendAll` returns only after the transaction is flushed. INV-2: revisions of a stream are dense from 0.
 * INV-3: each record's hash covers the hash of the record before it.
 */
export class LogFile {
  readonly epoch: string;
  readonly #db: DatabaseSync;
  readonly #heads = new Map<string, StreamHead>();
  readonly #sql: LogStatements;
  readonly #readOnly: boolean;
  #position: number;
  #nextStreamId: number;
  #hash: Uint8Array;

  constructor(path: string, { readOnly = false, durability = 'full', epoch }: LogFileOptions = {}) {
    this.#readOnly = readOnly;
    this.#db = openDatabase(path, { durability, readOnly });
    try {
      if (!this.#readOnly) this.#db.exec(logDdl);
      this.#sql = prepareLogStatements(this.#db);
      this.epoch = this.#property('epoch') ?? this.#create(epoch ?? randomText(12));
      this.#requireFormat();
      this.#requireEpoch(epoch);
      const last = this.#sql.last.get();
      this.#position = last === undefined ? 0 : Number(last.position);
      this.#hash = last === undefined ? genesisHash : bytesOf(last.hash);
      this.#nextStreamId = Number(this.#sql.lastStream.get()?.id ?? 0) + 1;
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Position of the newest record; 0 when empty. A read-only file asks anew: somebody else writes. */
  get head(): number {
    return this.#readOnly ? Number(this.#sql.last.get()?.position ?? 0) : this.#position;
  }

  /** Chain hash of the newest record. */
  get headHash(): Uint8Array {
    return this.#hash;
  }

  /** How far another order has been taken in, refused appends included; 0 when this file has its own order. */
  get folded(): number {
    return Number(this.#property('folded') ?? 0);
  }

  /**
   * Judges and writes all appends in one flushed transaction, in the given order. With `folded`, the position up to which
   * another order has then been taken in is written with them. Throws when nothing was written.
   */
  appendAll(proposals: readonly ProposedAppend[], folded = 0): BatchVerdict[] {
    const before = { position: this.#position, hash: this.#hash, nextStreamId: this.#nextStreamId };
    try {
      return inTransaction(this.#db, () => {
        if (folded > 0) this.#sql.setProperty.run('folded', String(folded));
        let isRefused = false;
        return proposals.map((proposal) => {
          if (proposal.linked === true) return isRefused ? skipped : this.#judge(proposal);
          const verdict = this.#judge(proposal);
          isRefused = verdict.kind === 'conflict';
          return verdict;
        });
      });
    } catch (error) {
      this.#position = before.position;
      this.#hash = before.hash;
      this.#nextStreamId = before.nextStreamId;
      this.#heads.clear();
      throw error;
    }
  }

  /** Records of one stream that hold `fromRevision` or later ones, until at least `limit` events are gathered. */
  readStream(stream: string, fromRevision: number, limit: number): StoredRecord[] {
    const id = this.#sql.streamId.get(stream)?.id;
    if (id === undefined) return [];
    const start = this.#sql.recordHolding.get(id, fromRevision)?.revision ?? fromRevision;
    const next = (last: Row | undefined): Row[] =>
      this.#sql.streamRecords.all(id, last === undefined ? start : Number(last.revision) + 1, chunkRows);
    return gather(next, limit, () => stream, fromRevision);
  }

  /** Records after a position in log order, until at least `limit` events or some mebibytes are gathered. */
  readAll(after: number, limit: number): StoredRecord[] {
    const next = (last: Row | undefined): Row[] =>
      this.#sql.allRecords.all(last === undefined ? after : Number(last.position), chunkRows);
    return gather(next, limit, (row) => String(row.name));
  }

  /** Chain hash of the record at a position; there must be one. */
  hashAt(position: number): Uint8Array {
    return bytesOf(definitely(this.#sql.hashAt.get(position), `a record at position ${String(position)}`).hash);
  }

  /** True when some record has this chain hash: then everything up to it is what led to the hash. */
  hasHash(hash: Uint8Array): boolean {
    return this.#sql.recordWithHash.get(hash) !== undefined;
  }

  /** Position of the last record at or before a wall-clock time, by bisection: record times hardly ever run backwards. */
  positionAt(atMs: number): number {
    let low = 0;
    let high = this.head;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const row = this.#sql.recordAtOrBefore.get(middle);
      if (row === undefined || decodeRecord(bytesOf(row.record)).atMs <= atMs) low = middle;
      else high = middle - 1;
    }
    // Positions may have holes, also before the first record.
    return Number(this.#sql.recordAtOrBefore.get(low)?.position ?? 0);
  }

  /** What was answered to the append with this id; null when there was none. */
  outcomeOf(stream: string, appendId: string): Verdict | null {
    const known = this.#sql.outcome.get(stream, appendId);
    if (known === undefined) return null;
    const revision = Number(known.revision);
    if (known.position === null) return { kind: 'conflict', actualRevision: revision };
    return { kind: 'duplicate', position: Number(known.position), firstRevision: revision };
  }

  /** Recomputes the hash chain behind the last record at or before `from`, whose own stored hash is taken on trust. */
  verifyChain(from: number, onProgress?: (position: number) => void): ChainCheck {
    const after = Number(this.#sql.recordAtOrBefore.get(from)?.position ?? 0);
    let hash: Uint8Array = after > 0 ? this.hashAt(after) : genesisHash;
    const revisions = new Map<string, number>();
    let records = 0;
    let events = 0;
    try {
      for (const row of this.#sql.chain.iterate(after)) {
        const position = Number(row.position);
        const stream = String(row.name);
        const revision = Number(row.revision);
        const known = revisions.get(stream) ?? (after === 0 ? 0 : revision);
        if (revision !== known) {
          return {
            intact: false,
            position,
            reason: `revision ${String(revision)} of ${stream} where ${String(known)} was due`,
          };
        }
        hash = chainHash(hash, stream, revision, bytesOf(row.record));
        if (Buffer.compare(hash, bytesOf(row.hash)) !== 0)
          return { intact: false, position, reason: 'the chain hash does not fit' };
        revisions.set(stream, revision + Number(row.events));
        records++;
        events += Number(row.events);
        if (onProgress !== undefined && records % 10_000 === 0) onProgress(position);
      }
    } catch (error) {
      if (!isCorruption(error)) throw error;
      return { intact: false, position: after + records + 1, reason: 'the file is damaged here' };
    }
    return { intact: true, records, events, headHash: Buffer.from(hash).toString('hex') };
  }

  close(): void {
    this.#db.close();
  }

  #judge(proposal: ProposedAppend): Verdict {
    const { stream, appendId } = proposal;
    if (appendId === null) return this.#arbitrate(proposal);
    const known = this.outcomeOf(stream, appendId);
    if (known !== null) return known;
    const verdict = this.#arbitrate(proposal);
    if (verdict.kind === 'conflict') {
      const written = this.#writtenBefore(proposal);
      if (written !== null) return written;
      // A refusal is remembered too: its late twin might find the stream at the revision that it once expected.
      this.#sql.addOutcome.run(stream, appendId, null, verdict.actualRevision);
    } else if (!isFoundByRevision(proposal)) {
      this.#sql.addOutcome.run(stream, appendId, verdict.position, verdict.firstRevision);
    }
    return verdict;
  }

  /** The verdict on the same append when it was accepted, for one that is found where it says that it belongs. */
  #writtenBefore(proposal: ProposedAppend): Verdict | null {
    const { stream, expected, appendId } = proposal;
    if (!isFoundByRevision(proposal)) return null;
    const id = this.#sql.streamId.get(stream)?.id;
    const row = id === undefined ? undefined : this.#sql.recordFrom.get(id, expected + 1);
    if (row === undefined || decodeRecord(bytesOf(row.record)).appendId !== appendId) return null;
    return { kind: 'duplicate', position: Number(row.position), firstRevision: expected + 1 };
  }

  #arbitrate(proposal: ProposedAppend): Verdict {
    const { stream, expected, eventCount, record } = proposal;
    // One that is expected to be new mostly is: it is begun without being looked for.
    const begun = expected === expectedCode.none ? this.#begin(stream) : undefined;
    const known = begun ?? this.#headOf(stream);
    const actualRevision = known?.revision ?? -1;
    if (!isExpected(expected, actualRevision)) return { kind: 'conflict', actualRevision };
    const head = definitely(known ?? this.#begin(stream), 'a stream that is not there can be begun');
    const firstRevision = actualRevision + 1;
    const hash = chainHash(this.#hash, stream, firstRevision, record);
    const position = proposal.position ?? this.#position + 1;
    this.#sql.addRecord.run(position, head.id, firstRevision, eventCount, hash, record);
    this.#position = position;
    this.#hash = hash;
    head.revision = actualRevision + eventCount;
    return { kind: 'accepted', position, firstRevision };
  }

  /** Undefined when the stream is there already. */
  #begin(stream: string): StreamHead | undefined {
    if (this.#heads.has(stream) || this.#sql.addStream.run(this.#nextStreamId, stream).changes === 0) return undefined;
    const head = { id: this.#nextStreamId++, revision: -1 };
    this.#remember(stream, head);
    return head;
  }

  #headOf(stream: string): StreamHead | undefined {
    const cached = this.#heads.get(stream);
    if (cached !== undefined) return cached;
    const row = this.#sql.streamId.get(stream);
    if (row === undefined) return undefined;
    const last = definitely(this.#sql.lastOfStream.get(row.id ?? null), 'a stream has at least one record');
    const head = { id: Number(row.id), revision: Number(last.revision) + Number(last.events) - 1 };
    this.#remember(stream, head);
    return head;
  }

  #remember(stream: string, head: StreamHead): void {
    if (this.#heads.size >= maxCachedHeads) {
      let surplus = maxCachedHeads / 2;
      for (const name of this.#heads.keys()) {
        if (surplus-- <= 0) break;
        this.#heads.delete(name);
      }
    }
    this.#heads.set(stream, head);
  }

  #create(epoch: string): string {
    inTransaction(this.#db, () => {
      this.#sql.setProperty.run('epoch', epoch);
      this.#sql.setProperty.run('format', formatVersion);
    });
    return epoch;
  }

  #property(name: string): string | undefined {
    const row = this.#sql.property.get(name);
    return row === undefined ? undefined : String(row.value);
  }

  #requireEpoch(epoch: string | undefined): void {
    if (epoch === undefined && !this.#readOnly && this.folded > 0) {
      throw new AppError('DATA_DIR_UNUSABLE', {
        message: `The data directory holds a copy of the log ${this.epoch}, which is on Kafka. Start with --log=kafka, or choose another --data-dir.`,
      });
    }
    if (epoch === undefined || epoch === this.epoch) return;
    throw new AppError('DATA_DIR_UNUSABLE', {
      message: `The data directory belongs to the log ${this.epoch}, not to ${epoch}. Choose another --data-dir for this one.`,
    });
  }

  #requireFormat(): void {
    const format = this.#property('format');
    if (format === formatVersion) return;
    throw new AppError('DATA_DIR_UNUSABLE', {
      message: `The event log has format ${format ?? 'unknown'}; this program reads format ${formatVersion}. Use the program version that wrote it.`,
    });
  }
}

/**
 * An append under an id of our own that names the revision before it needs no row of its own to be known again: nobody asks for
 * it by its id, and its record stands at the next revision. Rows by random ids would be half of what a copy of a log writes.
 */
function isFoundByRevision({ appendId, expected }: ProposedAppend): boolean {
  return appendId?.startsWith(ownIdMark) === true && expected >= expectedCode.none;
}

function isExpected(expected: number, actualRevision: number): boolean {
  if (expected === expectedCode.any) return true;
  if (expected === expectedCode.exists) return actualRevision >= 0;
  return expected === actualRevision;
}
