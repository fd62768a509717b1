import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EventLog, NewEvent } from '../../../src/event-log/event-log.ts';
import { EmbeddedLog } from '../../../src/event-log/embedded/embedded-log.ts';
import type { JsonObject } from '../../../src/kernel/json.ts';
import { textFrame } from '../../../src/realtime/frame.ts';
import { messageOf } from '../../../src/realtime/messages.ts';
import { type Delivery, firstRevisionAfter, type Sink, Subscription } from '../../../src/realtime/subscription.ts';
import { StoreClient } from '../../../src/store/store-client.ts';
import { appendOf, tick } from '../../support/log.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

interface Message {
  readonly type: string;
  readonly seq: number;
  readonly prevSeq?: number;
  readonly progress?: number;
  readonly status?: string;
}

const dataDir = tempDir();
let store: StoreClient;
let log: EventLog;
let streams = 0;

beforeAll(async () => {
  store = await StoreClient.start({ dataDir });
  log = await EmbeddedLog.open(store);
});
afterAll(async () => {
  await log.close();
  await store.close();
});

const logged: NewEvent = {
  type: 'ExecutionLogged',
  data: { attempt: 1, level: 'info', message: 'a line', loggedAtMs: 1 },
};
const completed: NewEvent = {
  type: 'ExecutionCompleted',
  data: { attempt: 1, result: 'done', durationMs: 1, artifacts: [] },
};

/** The messages in some frames of the server. */
function messagesIn(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length;) {
    const short = bytes.readUInt8(at + 1);
    const start = at + (short === 126 ? 4 : 2);
    const end = start + (short === 126 ? bytes.readUInt16BE(at + 2) : short);
    messages.push(JSON.parse(bytes.toString('utf8', start, end)) as Message);
    at = end;
  }
  return messages;
}

/** A client's connection that is congested after every write that `congestion` says so of. */
class Client implements Sink {
  open = true;
  congested = false;
  writes = 0;
  readonly got: Message[] = [];
  readonly told: JsonObject[] = [];
  readonly #congestion: readonly boolean[];

  constructor(congestion: readonly boolean[] = []) {
    this.#congestion = congestion;
  }

  write(frames: Buffer): void {
    this.got.push(...messagesIn(frames));
    this.congested = this.#congestion[this.writes++ % Math.max(1, this.#congestion.length)] ?? false;
  }

  tell(message: JsonObject): void {
    this.told.push(message);
  }

  wasTold(type: string): boolean {
    return this.told.some((message) => message.type === type);
  }
}

interface Place {
  readonly next?: number;
}

function follow(
  executionId: string,
  client: Client,
  delivery: Partial<Delivery> = {},
  { next = 0 }: Place = {},
): Subscription {
  const subscription = new Subscription({
    log,
    executionId,
    connection: client,
    delivery: { types: null, conflate: 'auto', ...delivery },
    next,
    onEnd: stop,
  });
  const unsubscribe = log.subscribe((batch) => {
    const events = batch.filter((event) => event.stream === executionId);
    const first = events[0]?.revision;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    const frame = Buffer.concat(events.map((event) => textFrame(messageOf(event)?.json ?? '')));
    subscription.deliver(events, first, last.revision, frame, last.type === 'ExecutionCompleted');
  });
  function stop(): void {
    unsubscribe();
  }
  subscription.wake();
  return subscription;
}

async function ended(client: Client, subscription: Subscription): Promise<void> {
  await until('the stream ended', () => {
    if (client.congested) {
      client.congested = false;
      subscription.wake();
    }
    return client.wasTold('stream-end');
  });
}

/** Each message names the one before it where it is not the next number. */
function expectChain(messages: readonly Message[], from = 0): void {
  let previous = from;
  for (const { seq, prevSeq } of messages) {
    expect(seq).toBeGreaterThan(previous);
    if (prevSeq === undefined) expect(seq).toBe(previous + 1);
    else expect(prevSeq).toBe(previous);
    previous = seq;
  }
}

const lastProgress = (messages: readonly Message[]) =>
  messages.findLast((message) => message.type === 'execution-progress');
const others = (messages: readonly Message[]) => messages.filter((message) => message.type !== 'execution-progress');

describe('a subscription', () => {
  it('gives the history, says that it has caught up, then what is new, then the end', async () => {
    const stream = `exec_s${String(streams++)}`;
    await log.append(appendOf(stream, { events: [tick(1), tick(2)] }));
    const client = new Client();
    const subscription = follow(stream, client);
    await until('it caught up', () => client.wasTold('caught-up'));
    await log.append(appendOf(stream, { events: [tick(3)] }));
    await log.append(appendOf(stream, { events: [completed] }));
    await ended(client, subscription);
    expect(client.got.map((message) => message.seq)).toEqual([1, 2, 3, 4]);
    expect(client.told.map((message) => message.type)).toEqual(['caught-up', 'stream-end']);
  });

  it('writes nothing to a congested client until it has drained, and then loses nothing', async () => {
    const stream = `exec_s${String(streams++)}`;
    await log.append(appendOf(stream));
    const client = new Client();
    const subscription = follow(stream, client, { conflate: 'never' });
    await until('it caught up', () => client.wasTold('caught-up'));
    client.congested = true;
    for (let i = 2; i < 80; i++) await log.append(appendOf(stream, { events: [tick(i)] }));
    expect(client.got).toHaveLength(1);
    client.congested = false;
    subscription.wake();
    await log.append(appendOf(stream, { events: [completed] }));
    await ended(client, subscription);
    expect(client.got.map((message) => message.seq)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  });

  it('gives a client that fell behind the newest progress only, and every line of the log', async () => {
    const stream = `exec_s${String(streams++)}`;
    await log.append(appendOf(stream));
    const client = new Client();
    const subscription = follow(stream, client);
    await until('it caught up', () => client.wasTold('caught-up'));
    client.congested = true;
    await log.append(
      appendOf(stream, { events: [...Array.from({ length: 90 }, (_, i) => tick(i)), logged, tick(99)] }),
    );
    await log.append(appendOf(stream, { events: [completed] }));
    await ended(client, subscription);
    expect(client.got.map((message) => message.seq)).toEqual([1, 92, 93, 94]);
    expectChain(client.got);
  });

  it('delivers only the kinds of messages that were asked for', async () => {
    const stream = `exec_s${String(streams++)}`;
    await log.append(appendOf(stream, { events: [tick(1), logged, tick(2), completed] }));
    const client = new Client();
    await ended(client, follow(stream, client, { types: new Set(['execution-log'] as const) }));
    expect(client.got).toMatchObject([{ type: 'execution-log', seq: 2, prevSeq: 0 }]);
  });

  it('INV-7: ends in the same state with conflation as without, and declares each gap', async () => {
    const piece = fc.array(fc.constantFrom<NewEvent>(tick(10), tick(20, 'b'), tick(70), logged), { minLength: 1 });
    const appends = fc.array(piece, { minLength: 1, maxLength: 8 });
    const congestion = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(appends, congestion, fc.constantFrom('auto', 'always'), async (pieces, busy, conflate) => {
        const stream = `exec_s${String(streams++)}`;
        const clients = [new Client(), new Client(busy)] as const;
        const whole = follow(stream, clients[0], { conflate: 'never' });
        const conflated = follow(stream, clients[1], { conflate });
        for (const events of pieces) await log.append(appendOf(stream, { events }));
        await log.append(appendOf(stream, { events: [completed] }));
        await ended(clients[0], whole);
        await ended(clients[1], conflated);
        const all = clients[0].got;
        const some = clients[1].got;
        expect(all.map((message) => message.seq)).toEqual(all.map((_, i) => i + 1));
        expect(all).toHaveLength(pieces.flat().length + 1);
        expectChain(some);
        const plain = ({ prevSeq: _, ...message }: Message) => message;
        expect(others(some).map(plain)).toEqual(others(all));
        expect(lastProgress(some)?.progress).toBe(lastProgress(all)?.progress);
        expect(lastProgress(some)?.status).toBe(lastProgress(all)?.status);
      }),
      { numRuns: 25 },
    );
  });

  it('after a position passes over what the client has, page after page, and begins with what follows', async () => {
    const stream = `exec_s${String(streams++)}`;
    for (let i = 0; i < 12; i++)
      await log.append(appendOf(stream, { events: Array.from({ length: 100 }, (_, k) => tick(k)) }));
    const last = (await log.readStream(stream, { fromRevision: 1099, limit: 1 }))[0];
    await log.append(appendOf(stream, { events: [completed] }));
    const client = new Client();
    const next = await firstRevisionAfter(log, { id: stream, revision: 1000 }, last?.position ?? 0);
    await ended(client, follow(stream, client, { conflate: 'never' }, { next }));
    expect(client.got.map(({ seq }) => seq)).toEqual(Array.from({ length: 101 }, (_, i) => 1101 + i));
    expectChain(client.got, 1100);
  });

  it('after the position of the end delivers nothing but that it is the end', async () => {
    const stream = `exec_s${String(streams++)}`;
    await log.append(appendOf(stream, { events: [tick(1), completed] }));
    const client = new Client();
    const next = await firstRevisionAfter(log, { id: stream, revision: 1 }, log.head());
    await ended(client, follow(stream, client, {}, { next }));
    expect(client.got).toEqual([]);
    expect(client.told.map(({ type, seq }) => [type, seq])).toEqual([['stream-end', 2]]);
  });

  it('INV-7: after any position, begun at any moment, gives what follows it once and in order, between other streams', async () => {
    const piece = fc.record({ mine: fc.boolean(), size: fc.integer({ min: 1, max: 3 }) });
    const pieces = fc.array(piece, { minLength: 1, maxLength: 12 });
    const congestion = fc.array(fc.boolean(), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(12), fc.nat(), congestion, fc.nat(), async (all, begin, pick, busy, known) => {
        const stream = `exec_s${String(streams++)}`;
        const base = log.head();
        const append = async ({ mine, size }: { mine: boolean; size: number }) => {
          const events = Array.from({ length: size }, (_, i) => (i % 2 === 0 ? tick(size) : logged));
          await log.append(appendOf(mine ? stream : `${stream}_other`, { events }));
        };
        for (const before of all.slice(0, begin)) await append(before);
        const afterPosition = base + (pick % (log.head() - base + 1));
        const client = new Client(busy);
        // The rest is on its way while the subscription reads what is there already.
        const rest = all.slice(begin).map(append);
        const revision = (known % (all.length + 1)) - 1;
        const next = await firstRevisionAfter(log, { id: stream, revision }, afterPosition);
        const subscription = follow(stream, client, { conflate: 'never' }, { next });
        await Promise.all(rest);
        await log.append(appendOf(stream, { events: [completed] }));
        await ended(client, subscription);
        const history = await log.readStream(stream, { limit: 100 });
        const following = history.filter(({ position }) => position > afterPosition);
        expect(client.got.map(({ seq }) => seq)).toEqual(following.map(({ revision }) => revision + 1));
        expectChain(client.got, history.length - following.length);
      }),
      { numRuns: 60 },
    );
  });
});
