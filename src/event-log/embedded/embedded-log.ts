import { AppError } from '../../kernel/errors.ts';
import { maxNameBytes, packAppends, verdictAt } from '../../store/append-batch.ts';
import { expectedCode, type ProposedAppend, type StoredRecord, type Verdict } from '../../store/log-file.ts';
import type { StoreClient } from '../../store/store-client.ts';
import { EventCodec } from '../codec.ts';
import type {
  AppendRequest,
  AppendResult,
  EventLog,
  Expected,
  LogCapabilities,
  LogPage,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StoredAppend,
} from '../event-log.ts';
import { LiveTail, tailOf } from '../live-tail.ts';
import { encodeRecord, eventId, toRecordedEvents } from '../record.ts';
import { learnSchemas } from '../schema-stream.ts';

interface PendingAppend {
  readonly request: AppendRequest;
  readonly proposed: ProposedAppend;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

const capabilities: LogCapabilities = {
  durable: true,
  clustered: false,
  maxAppendBytes: 4 * 1024 * 1024,
  maxEventsPerAppend: 1000,
};

/** Appends waiting for the store before further ones are refused with BUSY. */
const maxPending = 100_000;
const maxBatch = 4096;
/** Batches on their way at once: while one is written the next waits beside it. More would only make each smaller. */
const maxInFlight = 2;

/**
 * The event log on this machine's disk. Appends of one turn of the event loop travel to the store thread together and share
 * one flushed transaction; while it is being written the next ones gather. So the batch grows with the load, and a lone
 * append waits for nothing but its own flush.
 */
export class EmbeddedLog implements EventLog {
  readonly capabilities = capabilities;
  readonly epoch: string;
  readonly #store: StoreClient;
  readonly #codec = new EventCodec();
  readonly #live: LiveTail;
  #pending: PendingAppend[] = [];
  #inFlight = 0;
  #flushDue = false;

  private constructor(store: StoreClient) {
    this.#store = store;
    this.epoch = store.opened.epoch;
    this.#live = new LiveTail({ head: store.opened.head });
  }

  /** Opens the log that the store thread holds, and writes down the schemas of this program where they are new. */
  static async open(store: StoreClient): Promise<EmbeddedLog> {
    const log = new EmbeddedLog(store);
    await learnSchemas(log, log.#codec);
    return log;
  }

  append(request: AppendRequest): Promise<AppendResult> {
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
    try {
      this.#pending.push({ request, proposed: this.#propose(request), resolve, reject });
      this.#scheduleFlush();
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  async readStream(stream: string, options: ReadStreamOptions = {}): Promise<readonly RecordedEvent[]> {
    const { fromRevision = 0, limit = 1000 } = options;
    const records = await this.#store.read<readonly StoredRecord[]>('log.readStream', stream, fromRevision, limit);
    return records
      .flatMap((record) => toRecordedEvents(record, this.#codec))
      .filter((event) => event.revision >= fromRevision);
  }

  async readAll(options: ReadAllOptions): Promise<LogPage> {
    const { after, limit = 1000 } = options;
    const page = this.#live.page(after, limit);
    if (page !== null) return page;
    const records = await this.#store.read<readonly StoredRecord[]>('log.readAll', after, limit);
    const next = records.at(-1)?.position ?? after;
    const events = records.flatMap((record) => toRecordedEvents(record, this.#codec));
    return { events, next, atHead: next >= this.#live.head };
  }

  async readAppends({ after, limit = 1000 }: ReadAllOptions): Promise<readonly StoredAppend[]> {
    const records = await this.#store.read<readonly (StoredRecord & Pick<StoredAppend, 'hash'>)[]>(
      'log.readChained',
      after,
      limit,
    );
    return records.map((record) => ({ ...record, events: toRecordedEvents(record, this.#codec) }));
  }

  tail(after: Position, signal: AbortSignal): AsyncIterable<readonly RecordedEvent[]> {
    return tailOf(this, this.#live, after, signal);
  }

  subscribe(listener: (events: readonly RecordedEvent[]) => void): () => void {
    return this.#live.subscribe(listener);
  }

  head(): Position {
    return this.#live.head;
  }

  positionAt(atMs: number): Promise<Position> {
    return this.#store.read<Position>('log.positionAt', atMs);
  }

  async close(): Promise<void> {
    while (this.#pending.length > 0 || this.#inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    this.#live.close();
  }

  #propose(request: AppendRequest): ProposedAppend {
    const { stream, events, appendId, atMs, actor } = request;
    if (this.#live.closed) throw new AppError('LOG_UNAVAILABLE', { message: 'The event log is closed.' });
    if (this.#pending.length >= maxPending) throw new AppError('BUSY', { message: 'Too many appends are waiting.' });
    requireName(stream, 'stream');
    if (appendId !== undefined) requireName(appendId, 'append id');
    if (events.length === 0 || events.length > capabilities.maxEventsPerAppend) {
      throw new AppError('EVENT_TOO_LARGE', {
        message: `One append takes 1 to ${String(capabilities.maxEventsPerAppend)} events.`,
      });
    }
    const record = encodeRecord({
      appendId: appendId ?? '',
      atMs,
      actor,
      causationId: request.causationId ?? null,
      correlationId: request.correlationId ?? null,
      events: events.map((event) => this.#codec.encode(event)),
    });
    if (record.length > capabilities.maxAppendBytes) {
      throw new AppError('EVENT_TOO_LARGE', {
        message: `The event takes ${String(record.length)} bytes; ${String(capabilities.maxAppendBytes)} are allowed.`,
      });
    }
    const expected = codeOf(request.expected);
    return { stream, expected, eventCount: events.length, record, appendId: appendId ?? null };
  }

  #scheduleFlush(): void {
    if (this.#flushDue || this.#inFlight >= maxInFlight || this.#pending.length === 0) return;
    this.#flushDue = true;
    setImmediate(() => {
      this.#flushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#pending.length === 0) return;
    const batch = this.#pending.length > maxBatch ? this.#pending.splice(0, maxBatch) : this.#pending;
    if (batch === this.#pending) this.#pending = [];
    this.#inFlight++;
    const packed = packAppends(batch.map((pending) => pending.proposed));
    this.#store.append(packed).then(
      (verdicts) => {
        this.#inFlight--;
        // First those who waited: what they append next joins the batch that is sent after this turn of the loop.
        this.#settle(batch, verdicts);
        this.#scheduleFlush();
      },
      (error: unknown) => {
        this.#inFlight--;
        for (const pending of batch) pending.reject(error);
        this.#scheduleFlush();
      },
    );
  }

  #settle(batch: readonly PendingAppend[], verdicts: Float64Array): void {
    const answers = batch.map((_, i) => verdictAt(verdicts, i));
    batch.forEach((pending, i) => {
      const verdict = answers[i];
      if (verdict?.kind === 'accepted') this.#publish(pending, verdict.position, verdict.firstRevision);
    });
    this.#live.wake();
    this.#store.noteHead(this.#live.head);
    batch.forEach((pending, i) => {
      const verdict = answers[i];
      if (verdict !== undefined) pending.resolve(resultOf(verdict, pending.request.events.length));
    });
  }

  #publish(pending: PendingAppend, position: Position, firstRevision: number): void {
    const { stream, events, atMs, actor, causationId, correlationId } = pending.request;
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
    this.#live.publish(recorded, position, pending.proposed.record.length);
  }
}

function codeOf(expected: Expected): number {
  return typeof expected === 'number' ? expected : expectedCode[expected];
}

function resultOf(verdict: Verdict, events: number): AppendResult {
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
