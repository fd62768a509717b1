import { AppError } from '../kernel/errors.ts';
import { maxNameBytes } from '../store/append-batch.ts';
import { expectedCode, type ProposedAppend, type StoredRecord, type Verdict } from '../store/log-file.ts';
import type { StoreClient } from '../store/store-client.ts';
import { AppendMeter } from './append-meter.ts';
import { EventCodec } from './codec.ts';
import type {
  AppendRequest,
  AppendResult,
  EventLog,
  LogCapabilities,
  LogPage,
  PastOutcome,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StoredAppend,
} from './event-log.ts';
import { LiveTail, tailOf } from './live-tail.ts';
import type { ClusterFigures, LogFigures } from './log-figures.ts';
import { encodeRecord, eventId, toRecordedEvents } from './record.ts';

/** An accepted append, as {@link StoredLog.publish} needs it. */
interface Accepted {
  readonly position: Position;
  readonly firstRevision: number;
}

/**
 * What every backend shares whose log, or whole copy of it, lies in this node's store: all reads, the live tail, and the bytes
 * of an append. A backend adds how appends are ordered and judged.
 */
export abstract class StoredLog implements EventLog {
  abstract readonly capabilities: LogCapabilities;
  readonly epoch: string;
  protected readonly store: StoreClient;
  protected readonly codec = new EventCodec();
  protected readonly live: LiveTail;
  protected readonly meter = new AppendMeter();

  protected constructor(store: StoreClient) {
    this.store = store;
    this.epoch = store.opened.epoch;
    this.live = new LiveTail({ head: store.opened.head });
  }

  abstract sync(): Promise<void>;

  abstract close(): Promise<void>;

  abstract append(request: AppendRequest): Promise<AppendResult>;

  async appendChain(requests: readonly AppendRequest[]): Promise<readonly AppendResult[]> {
    for (const request of requests) this.propose(request);
    const results: AppendResult[] = [];
    for (const request of requests) {
      const result = await this.#appendBehind(results, request);
      if (result !== null) results.push(result);
      if (result?.outcome !== 'accepted') break;
    }
    return results;
  }

  /** Null when it failed, but not what stands before it: nobody is to think that nothing was written. */
  async #appendBehind(before: readonly AppendResult[], request: AppendRequest): Promise<AppendResult | null> {
    try {
      return await this.append(request);
    } catch (error) {
      if (before.length === 0) throw error;
      return null;
    }
  }

  figures(): LogFigures {
    return { ...this.meter.read(), cluster: this.clusterFigures() };
  }

  /** What there is to say of a cluster; a backend that has none says nothing. */
  protected clusterFigures(): ClusterFigures | null {
    return null;
  }

  async outcomeOf(stream: string, appendId: string): Promise<PastOutcome | null> {
    const verdict = await this.store.read<Verdict | null>('log.outcomeOf', stream, appendId);
    if (verdict === null) return null;
    if (verdict.kind === 'conflict') return { outcome: 'conflict', actualRevision: verdict.actualRevision };
    return { outcome: 'accepted', position: verdict.position, firstRevision: verdict.firstRevision };
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<readonly RecordedEvent[]> {
    const { fromRevision = 0, limit = 1000 } = options;
    const records = await this.store.read<readonly StoredRecord[]>('log.readStream', stream, fromRevision, limit);
    return records
      .flatMap((record) => toRecordedEvents(record, this.codec))
      .filter((event) => event.revision >= fromRevision);
  }

  async readAll({ after, limit = 1000 }: ReadAllOptions): Promise<LogPage> {
    const page = this.live.page(after, limit);
    if (page !== null) return page;
    const records = await this.store.read<readonly StoredRecord[]>('log.readAll', after, limit);
    const next = records.at(-1)?.position ?? after;
    const events = records.flatMap((record) => toRecordedEvents(record, this.codec));
    return { events, next, atHead: next >= this.live.head };
  }

  async readAppends({ after, limit = 1000 }: ReadAllOptions): Promise<readonly StoredAppend[]> {
    const records = await this.store.read<readonly (StoredRecord & Pick<StoredAppend, 'hash'>)[]>(
      'log.readChained',
      after,
      limit,
    );
    return records.map((record) => ({ ...record, events: toRecordedEvents(record, this.codec) }));
  }

  tail(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    return tailOf(this, this.live, after, signal);
  }

  subscribe(listener: (events: readonly RecordedEvent[]) => void): () => void {
    return this.live.subscribe(listener);
  }

  head(): Position {
    return this.live.head;
  }

  positionAt(atMs: number): Promise<Position> {
    return this.store.read<Position>('log.positionAt', atMs);
  }

  /** Checks a request and encodes it. Throws VALIDATION_FAILED, EVENT_TOO_LARGE, or LOG_UNAVAILABLE once the log is closed. */
  protected propose(request: AppendRequest): ProposedAppend {
    const { stream, events, appendId, atMs, actor } = request;
    const { maxEventsPerAppend, maxAppendBytes } = this.capabilities;
    if (this.live.closed) throw new AppError('LOG_UNAVAILABLE', { message: 'The event log is closed.' });
    requireName(stream, 'stream');
    if (appendId !== undefined) requireName(appendId, 'append id');
    if (events.length === 0 || events.length > maxEventsPerAppend) {
      throw new AppError('EVENT_TOO_LARGE', { message: `One append takes 1 to ${String(maxEventsPerAppend)} events.` });
    }
    const record = encodeRecord({
      appendId: appendId ?? '',
      atMs,
      actor,
      causationId: request.causationId ?? null,
      correlationId: request.correlationId ?? null,
      events: events.map((event) => this.codec.encode(event)),
    });
    if (record.length > maxAppendBytes) {
      throw new AppError('EVENT_TOO_LARGE', {
        message: `The event takes ${String(record.length)} bytes; ${String(maxAppendBytes)} are allowed.`,
      });
    }
    const expected = typeof request.expected === 'number' ? request.expected : expectedCode[request.expected];
    return { stream, expected, eventCount: events.length, record, appendId: appendId ?? null };
  }

  /** Makes an accepted append of this node visible. */
  protected publish(request: AppendRequest, { position, firstRevision }: Accepted, sizeBytes: number): void {
    const { stream, events, atMs, actor, causationId, correlationId } = request;
    const recorded = events.map((event, i) => {
      const revision = firstRevision + i;
      return {
        type: event.type,
        data: event.data,
        id: eventId(stream, revision),
        stream,
        revision,
        position,
        atMs,
        actor,
        causationId: causationId ?? null,
        correlationId: correlationId ?? null,
      } as RecordedEvent;
    });
    this.live.publish(recorded, position, sizeBytes);
  }
}

/** The answer to an append of `events` events. */
export function resultOf(verdict: Verdict, events: number): AppendResult {
  if (verdict.kind === 'conflict') return { outcome: 'conflict', actualRevision: verdict.actualRevision };
  const { position, firstRevision } = verdict;
  return { outcome: 'accepted', position, firstRevision, lastRevision: firstRevision + events - 1 };
}

function requireName(name: string, what: string): void {
  if (name.length > 0 && name.length <= maxNameBytes && /^[\x21-\x7e]+$/.test(name)) return;
  throw new AppError('VALIDATION_FAILED', {
    message: `A ${what} has 1 to ${String(maxNameBytes)} printable ASCII characters.`,
  });
}
