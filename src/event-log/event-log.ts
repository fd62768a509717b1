import type { EventOf, EventType, IhumanEvent } from '../../schemas/generated/events.ts';
import type { LogFigures } from './log-figures.ts';

/**
 * The event log: the one port through which anything happens in ihuman, with the same promises on every backend.
 *
 * A *stream* is the history of one aggregate and is named by its id (`exec_…`). Its events have dense *revisions* from 0.
 * An *append* writes one or more events to one stream, all or none. All appends of a log have one total order; an append's
 * place in it is its *position*, which all events of the append share. Positions only grow, and may have holes.
 *
 * Acknowledged means durable (flushed to disk, or to the quorum of a cluster) and visible to reads on this node.
 */
export interface EventLog {
  /** What this backend can do. Consumers read this record and never ask for the backend's name. */
  readonly capabilities: LogCapabilities;

  /** Names this log: positions of one epoch mean nothing in another. Kept for the life of the log. */
  readonly epoch: string;

  /**
   * Appends events to one stream under an expectation. Resolves with `accepted` or `conflict`, never both for one append id:
   * repeating an append with the same id and stream gives the first answer again and writes nothing more.
   * Rejects with OUTCOME_UNKNOWN when it cannot be known whether the append was written; repeating it with the same append
   * id settles that. Rejects with EVENT_TOO_LARGE, STORAGE_FULL or LOG_UNAVAILABLE when nothing was written.
   */
  append(request: AppendRequest): Promise<AppendResult>;

  /**
   * Appends one after the other, to one stream or to several, each only if the one before it was accepted: a fact, and what follows
   * from it. Resolves with the answers in order, of which only the last can be a `conflict`: what stands behind that was not written.
   * They share a flush where the backend can do that, but are no transaction: a crash may leave the first of them alone.
   * Rejects as {@link append} does; EVENT_TOO_LARGE and VALIDATION_FAILED before anything is written. When one behind the first fails,
   * of which it may be unknown then whether it was written, the answers end before it.
   */
  appendChain(requests: readonly AppendRequest[]): Promise<readonly AppendResult[]>;

  /** What was answered to the append with this id, as far as this node knows; null when there was none. */
  outcomeOf(stream: string, appendId: string): Promise<PastOutcome | null>;

  /** A page of one stream in revision order, from `fromRevision` (default 0) on. Empty when there is nothing there (yet). */
  readStream(stream: string, options?: ReadStreamOptions): Promise<readonly RecordedEvent[]>;

  /** A page of the whole log strictly after `after` in log order. Never splits an append. */
  readAll(options: ReadAllOptions): Promise<LogPage>;

  /**
   * Whole appends strictly after `after` in log order, with their bytes and chain hashes (see `chainHash`), at least `limit`
   * events where there are so many: for exports and copies of the log.
   */
  readAppends(options: ReadAllOptions): Promise<readonly StoredAppend[]>;

  /**
   * History strictly after `after`, then what is appended from then on, without a seam, a loss or a repetition.
   * Ends when `signal` aborts or the log is closed. Batches are never empty.
   */
  tail(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]>;

  /**
   * Calls `listener` with every batch that becomes visible on this node after the call, in log order and before the
   * append is acknowledged to its caller. The listener must be quick and must not throw. Returns the way to stop it.
   */
  subscribe(listener: (events: readonly RecordedEvent[]) => void): () => void;

  /**
   * Resolves when everything that was acknowledged before the call, on whatever node, is visible on this one. Rejects with
   * LOG_UNAVAILABLE when that cannot be known.
   */
  sync(): Promise<void>;

  /** Position of the newest append that is visible on this node; 0 in an empty log. */
  head(): Position;

  /** The position of the last append at or before the time `atMs`; 0 when there is none. */
  positionAt(atMs: number): Promise<Position>;

  /** What this node has measured of the log since it was opened. */
  figures(): LogFigures;

  /** Flushes what is in flight and closes. Later calls reject with LOG_UNAVAILABLE. */
  close(): Promise<void>;
}

/**
 * A place in the total order of one log, a whole number below 2^53. Outside the node it is an opaque string
 * (see `toCursor`); only its order may be relied on.
 */
export type Position = number;

/** Before every event: reading after it gives the whole log. */
export const beginning: Position = 0;

/**
 * What a stream must look like for an append to be accepted: `none` (no events yet), `exists` (at least one), `any`, or the
 * revision of its last event.
 */
export type Expected = 'none' | 'exists' | 'any' | number;

/** An event about to be appended: what happened, without where and when. */
export type NewEvent = IhumanEvent;

export interface AppendRequest {
  readonly stream: string;
  /** One to {@link LogCapabilities.maxEventsPerAppend} events. */
  readonly events: readonly NewEvent[];
  readonly expected: Expected;
  /** Names this append for ever within its stream, at most 64 characters. Made up when absent. */
  readonly appendId?: string;
  /** Who did it: a user, API key or node id, or `system`. */
  readonly actor: string;
  /** Wall-clock milliseconds since 1970, recorded with the events. */
  readonly atMs: number;
  /** Id of the event that led to this one. */
  readonly causationId?: string | null;
  /** What this belongs to as a whole (for example the batch or the workflow run). Null: the stream itself. */
  readonly correlationId?: string | null;
}

export interface Accepted {
  readonly outcome: 'accepted';
  readonly position: Position;
  /** Revision of the first event of the append. */
  readonly firstRevision: number;
  /** Revision of the last event of the append: the `expected` of a next one. */
  readonly lastRevision: number;
}

export interface Conflict {
  readonly outcome: 'conflict';
  /** Revision of the stream's last event when the append was refused; -1 when there was none. */
  readonly actualRevision: number;
}

export type AppendResult = Accepted | Conflict;

/** An answer that was given before. */
export type PastOutcome = Omit<Accepted, 'lastRevision'> | Conflict;

/** An event as the log holds it. `IhumanEvent` gives `type` and `data`. */
export type RecordedEvent<T extends EventType = EventType> = EventOf<T> & {
  /** `<stream>@<revision>`: unique in the log, the same on every copy of it. */
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  /** Wall-clock milliseconds since 1970. */
  readonly atMs: number;
  readonly actor: string;
  readonly causationId: string | null;
  readonly correlationId: string | null;
};

export interface ReadStreamOptions {
  readonly fromRevision?: number;
  /** At most this many events, rounded up to whole appends; default 1,000. */
  readonly limit?: number;
}

export interface ReadAllOptions {
  readonly after: Position;
  /** At most this many events, rounded up to whole appends; default 1,000. */
  readonly limit?: number;
}

export interface LogPage {
  readonly events: readonly RecordedEvent[];
  /** Read on from here. */
  readonly next: Position;
  /** True when there was nothing more behind this page at the time of reading. */
  readonly atHead: boolean;
}

/** An append as it lies in the log. */
export interface StoredAppend {
  readonly position: Position;
  readonly stream: string;
  readonly firstRevision: number;
  /** What the chain hash covers (see `encodeRecord`). */
  readonly record: Uint8Array;
  readonly hash: Uint8Array;
  readonly events: readonly RecordedEvent[];
}

export interface LogCapabilities {
  /** Appends survive a restart of the process. */
  readonly durable: boolean;
  /** More than one node may append. */
  readonly clustered: boolean;
  readonly maxAppendBytes: number;
  readonly maxEventsPerAppend: number;
}
