import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type {
  AppendedWith,
  AppendResult,
  EventLog,
  Expected,
  NewEvent,
  StoredAppend,
} from '../../src/event-log/event-log.ts';
import { chainHash, genesisHash } from '../../src/event-log/record.ts';
import type { JsonValue } from '../../src/kernel/json.ts';
import { appendOf, tick, wholeLog } from '../support/log.ts';
import { requestOf } from '../support/requested.ts';

/** One log under test: how to open it, end it cleanly, and end it as a crash would. */
export interface LogUnderTest {
  readonly log: EventLog;
  /** Ends the process's part at once, without waiting for anything in flight. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

export interface LogFactory {
  readonly name: string;
  /** Opens a log of its own, or the same again after a crash or close when the place is given. */
  open(place: string): Promise<LogUnderTest>;
  newPlace(): string;
}

/** What every backend of the event log promises. An adapter's test file calls this and nothing else. */
export function describeEventLog(factory: LogFactory): void {
  describe(`the event log on ${factory.name}`, () => {
    let place: string;
    let opened: LogUnderTest;
    let log: EventLog;
    let nextStream = 0;
    const newStream = (): string => `exec_contract${String(nextStream++)}`;

    beforeEach(async () => {
      place = factory.newPlace();
      opened = await factory.open(place);
      log = opened.log;
    });
    afterEach(() => opened.close());

    const reopen = async (how: 'crash' | 'close'): Promise<void> => {
      await opened[how]();
      opened = await factory.open(place);
      log = opened.log;
    };

    describe('appending', () => {
      it('gives a new stream the revisions 0, 1, 2 … without holes', async () => {
        const stream = newStream();
        const first = await log.append(appendOf(stream, { expected: 'none', events: [tick(1), tick(2)] }));
        const second = await log.append(appendOf(stream, { expected: 1, events: [tick(3)] }));
        expect(first).toMatchObject({ outcome: 'accepted', firstRevision: 0, lastRevision: 1 });
        expect(second).toMatchObject({ outcome: 'accepted', firstRevision: 2, lastRevision: 2 });
        expect((await log.readStream(stream)).map((event) => event.revision)).toEqual([0, 1, 2]);
      });

      it.each<[Expected, boolean, boolean]>([
        ['none', true, false],
        ['exists', false, true],
        ['any', true, true],
        [0, false, true],
        [1, false, false],
      ])(
        'expecting %s is accepted on an empty stream: %s, on one with a single event: %s',
        async (expected, onEmpty, onOne) => {
          const empty = newStream();
          const one = newStream();
          await log.append(appendOf(one, { expected: 'none' }));
          const outcomes = await Promise.all([empty, one].map((stream) => log.append(appendOf(stream, { expected }))));
          expect(outcomes.map((result) => result.outcome === 'accepted')).toEqual([onEmpty, onOne]);
        },
      );

      it('tells the actual revision in a conflict and writes nothing', async () => {
        const stream = newStream();
        await log.append(appendOf(stream, { expected: 'none', events: [tick(1), tick(2), tick(3)] }));
        expect(await log.append(appendOf(stream, { expected: 0 }))).toEqual({ outcome: 'conflict', actualRevision: 2 });
        expect(await log.append(appendOf(newStream(), { expected: 0 }))).toEqual({
          outcome: 'conflict',
          actualRevision: -1,
        });
        expect(await log.readStream(stream)).toHaveLength(3);
      });

      it('shows an acknowledged append to every read that begins afterwards', async () => {
        const stream = newStream();
        const result = await log.append(appendOf(stream, { expected: 'none' }));
        if (result.outcome !== 'accepted') throw new Error('not accepted');
        expect(log.head()).toBeGreaterThanOrEqual(result.position);
        expect(await log.readStream(stream)).toHaveLength(1);
        const page = await log.readAll({ after: result.position - 1 });
        expect(page.events[0]?.stream).toBe(stream);
      });

      it('keeps the envelope and the data as they were given', async () => {
        const stream = newStream();
        const data = { attempt: 3, progress: 33.25, status: 'Zähler ✓ \u{1F600} "quoted"\n' };
        await log.append({
          stream,
          events: [{ type: 'ExecutionProgressed', data }],
          expected: 'none',
          actor: 'user_abc',
          atMs: 1_790_000_000_123,
          causationId: 'exec_other@4',
          correlationId: 'batch_1',
        });
        const [event] = await log.readStream(stream);
        expect(event).toMatchObject({
          id: `${stream}@0`,
          stream,
          revision: 0,
          type: 'ExecutionProgressed',
          data,
          actor: 'user_abc',
          atMs: 1_790_000_000_123,
          causationId: 'exec_other@4',
          correlationId: 'batch_1',
        });
      });

      it('takes an event of a megabyte', async () => {
        const stream = newStream();
        const status = 'x'.repeat(1024 * 1024);
        await log.append(appendOf(stream, { events: [tick(1, status)] }));
        await reopen('close');
        const [event] = await log.readStream(stream);
        expect(event?.type === 'ExecutionProgressed' && event.data.status === status).toBe(true);
      });

      it('takes a value that is nested 100 levels deep, and no deeper one', async () => {
        const nested = (levels: number): JsonValue => (levels === 0 ? 1 : [nested(levels - 1)]);
        const request = (params: JsonValue): NewEvent => ({ type: 'ExecutionRequested', data: requestOf({ params }) });
        const stream = newStream();
        await log.append(appendOf(stream, { events: [request(nested(100))] }));
        await expect(log.append(appendOf(stream, { events: [request(nested(101))] }))).rejects.toMatchObject({
          code: 'VALIDATION_FAILED',
        });
        expect(await log.readStream(stream)).toHaveLength(1);
      });

      it('refuses what is too large, empty or badly named, and goes on', async () => {
        const tooLarge = 'x'.repeat(log.capabilities.maxAppendBytes + 1);
        await expect(log.append(appendOf(newStream(), { events: [tick(1, tooLarge)] }))).rejects.toMatchObject({
          code: 'EVENT_TOO_LARGE',
        });
        await expect(log.append(appendOf(newStream(), { events: [] }))).rejects.toMatchObject({
          code: 'EVENT_TOO_LARGE',
        });
        await expect(log.append(appendOf('not a stream name'))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
        await expect(log.append(appendOf(''))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
        expect((await log.append(appendOf(newStream()))).outcome).toBe('accepted');
      });
    });

    describe('append ids', () => {
      it('answer a repetition as they answered the first time, and write once', async () => {
        const stream = newStream();
        const request = appendOf(stream, { expected: 'none', appendId: 'a-1' });
        const first = await log.append(request);
        expect(await log.append(request)).toEqual(first);
        expect(await log.readStream(stream)).toHaveLength(1);
      });

      it('tell what an append was answered, whether it was accepted or refused', async () => {
        const stream = newStream();
        const first = await log.append(appendOf(stream, { events: [tick(1), tick(2)], appendId: 'yes' }));
        const second = await log.append(appendOf(stream, { expected: 'none', appendId: 'no' }));
        expect(first).toMatchObject((await log.outcomeOf(stream, 'yes'))!);
        expect(await log.outcomeOf(stream, 'no')).toEqual(second);
        expect(await log.outcomeOf(stream, 'other')).toBeNull();
        expect(await log.outcomeOf(newStream(), 'yes')).toBeNull();
      });

      it('keep a refusal refused, even after the stream has reached what was expected', async () => {
        const stream = newStream();
        const early = appendOf(stream, { expected: 0, appendId: 'early' });
        expect(await log.append(early)).toEqual({ outcome: 'conflict', actualRevision: -1 });
        await log.append(appendOf(stream, { expected: 'none' }));
        expect(await log.append(early)).toEqual({ outcome: 'conflict', actualRevision: -1 });
        expect(await log.readStream(stream)).toHaveLength(1);
      });

      it('are remembered over a restart, and belong to one stream', async () => {
        const stream = newStream();
        const request = appendOf(stream, { expected: 'any', appendId: 'a-2' });
        const first = await log.append(request);
        await reopen('close');
        expect(await log.append(request)).toEqual(first);
        expect((await log.append(appendOf(newStream(), { appendId: 'a-2' }))).outcome).toBe('accepted');
      });

      it('write once however many send the same append at once', async () => {
        const stream = newStream();
        const request = appendOf(stream, { expected: 'none', appendId: 'a-3' });
        const results = await Promise.all(Array.from({ length: 20 }, () => log.append(request)));
        expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
        expect(await log.readStream(stream)).toHaveLength(1);
      });
    });

    describe('a fact and what follows from it', () => {
      const outcomesOf = ({ fact, consequences }: AppendedWith): readonly (string | null)[] =>
        [fact, ...consequences].map((result) => result?.outcome ?? null);

      it('are written in this order', async () => {
        const [first, ...others] = [newStream(), newStream(), newStream()];
        const heard: string[] = [];
        const stop = log.subscribe((events) => heard.push(...events.map(({ stream }) => stream)));
        const appended = await log.appendWith(
          appendOf(first, { expected: 'none' }),
          others.map((stream) => appendOf(stream, { expected: 'none' })),
        );
        stop();
        expect(outcomesOf(appended)).toEqual(['accepted', 'accepted', 'accepted']);
        expect(heard[0]).toBe(first);
        expect(heard.slice(1).sort()).toEqual(others);
      });

      it('are refused together: what follows from a refused fact is not written', async () => {
        const [refused, other] = [newStream(), newStream()];
        const fact = appendOf(refused, { expected: 3 });
        expect(outcomesOf(await log.appendWith(fact, [appendOf(other), appendOf(other)]))).toEqual([
          'conflict',
          null,
          null,
        ]);
        expect(await log.readStream(other)).toEqual([]);
      });

      it('do not fall with one of the consequences', async () => {
        const [fact, refused, last] = [newStream(), newStream(), newStream()];
        const consequences = [appendOf(refused, { expected: 3 }), appendOf(last)];
        expect(outcomesOf(await log.appendWith(appendOf(fact), consequences))).toEqual([
          'accepted',
          'conflict',
          'accepted',
        ]);
        expect((await log.readStream(fact)).length).toBe(1);
        expect((await log.readStream(last)).length).toBe(1);
      });

      it('may stand in one stream', async () => {
        const stream = newStream();
        const consequence = appendOf(stream, { expected: 0 });
        const appended = await log.appendWith(appendOf(stream, { expected: 'none' }), [consequence]);
        expect(outcomesOf(appended)).toEqual(['accepted', 'accepted']);
        expect((await log.readStream(stream)).map(({ revision }) => revision)).toEqual([0, 1]);
      });

      it('are not begun when one of them cannot be written at all', async () => {
        const [fact, other] = [newStream(), newStream()];
        const appending = log.appendWith(appendOf(fact), [appendOf(other, { events: [] })]);
        await expect(appending).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
        expect(await log.readStream(fact)).toEqual([]);
      });

      it('neither break other appends of the same moment nor are broken by them', async () => {
        const refused = newStream();
        const kept = Array.from({ length: 20 }, newStream);
        const lost = Array.from({ length: 20 }, newStream);
        const [single] = await Promise.all([
          Promise.all(kept.map((stream) => log.append(appendOf(stream)))),
          ...lost.map((stream) => log.appendWith(appendOf(refused, { expected: 7 }), [appendOf(stream)])),
        ]);
        expect(single.map(({ outcome }) => outcome)).toEqual(kept.map(() => 'accepted'));
        expect(await Promise.all(lost.map((stream) => log.readStream(stream)))).toEqual(lost.map(() => []));
      });
    });

    describe('many appenders', () => {
      it('INV-2: at most one of those that expect the same revision is accepted, and no revision is missing', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.record({
                stream: fc.nat(2),
                expected: fc.integer({ min: -1, max: 3 }),
                events: fc.integer({ min: 1, max: 3 }),
              }),
              { minLength: 1, maxLength: 40 },
            ),
            async (proposals) => {
              const streams = [newStream(), newStream(), newStream()];
              const results = await Promise.all(
                proposals.map(({ stream, expected, events }) => {
                  const wanted: Expected = expected < 0 ? 'none' : expected;
                  return log.append(
                    appendOf(streams[stream]!, {
                      expected: wanted,
                      events: Array.from({ length: events }, (_, i) => tick(i)),
                    }),
                  );
                }),
              );
              for (const [i, stream] of streams.entries()) {
                const events = await log.readStream(stream);
                expect(events.map((event) => event.revision)).toEqual(events.map((_, revision) => revision));
                const accepted = results.filter(
                  (result, p) => proposals[p]!.stream === i && result.outcome === 'accepted',
                );
                const firsts = accepted.map((result) => (result.outcome === 'accepted' ? result.firstRevision : -1));
                expect(new Set(firsts).size).toBe(firsts.length);
                const written = accepted.reduce(
                  (sum, result) =>
                    sum + (result.outcome === 'accepted' ? result.lastRevision - result.firstRevision + 1 : 0),
                  0,
                );
                expect(events).toHaveLength(written);
              }
            },
          ),
          { numRuns: 30 },
        );
      });

      it('INV-3: every reader sees the same one order, whatever the size of its pages', async () => {
        const streams = Array.from({ length: 10 }, newStream);
        await Promise.all(
          streams.map(async (stream) => {
            for (let i = 0; i < 20; i++)
              await log.append(
                appendOf(stream, { expected: i * 2 - 1 < 0 ? 'none' : i * 2 - 1, events: [tick(i), tick(i)] }),
              );
          }),
        );
        const whole = await wholeLog(log);
        const positions = whole.map((event) => event.position);
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
        for (const pageSize of [1, 2, 3, 7, 1000]) expect(await wholeLog(log, pageSize)).toEqual(whole);
      });

      it('reading after any position continues exactly where that position ended', async () => {
        const stream = newStream();
        for (let i = 0; i < 30; i++)
          await log.append(appendOf(stream, { events: Array.from({ length: (i % 3) + 1 }, () => tick(i)) }));
        const whole = await wholeLog(log);
        for (const position of new Set(whole.map((event) => event.position))) {
          const rest = whole.filter((event) => event.position > position);
          expect((await log.readAll({ after: position, limit: 1000 })).events).toEqual(rest);
        }
      });

      it('reading a stream from any revision gives the rest of it', async () => {
        const stream = newStream();
        for (let i = 0; i < 10; i++) await log.append(appendOf(stream, { events: [tick(i), tick(i), tick(i)] }));
        for (let from = 0; from <= 31; from++) {
          const events = await log.readStream(stream, { fromRevision: from });
          expect(events.map((event) => event.revision)).toEqual(
            Array.from({ length: Math.max(0, 30 - from) }, (_, i) => from + i),
          );
        }
      });
    });

    it('a page of a stream that begins inside a large append still holds as many events as were asked for', async () => {
      const stream = newStream();
      for (let i = 0; i < 4; i++)
        await log.append(appendOf(stream, { events: Array.from({ length: 50 }, () => tick(i)) }));
      for (const from of [0, 10, 49, 50, 99, 130]) {
        const page = await log.readStream(stream, { fromRevision: from, limit: 50 });
        expect(page.length).toBeGreaterThanOrEqual(50);
        expect(page[0]?.revision).toBe(from);
      }
    });

    it('INV-3: gives whole appends whose chain hashes follow from their bytes, and whose events are those of a read', async () => {
      for (let i = 0; i < 20; i++) {
        const events = Array.from({ length: (i % 3) + 1 }, () => tick(i));
        await log.append(appendOf(newStream(), { events, expected: 'none' }));
      }
      const whole = await wholeLog(log);
      const appends: StoredAppend[] = [];
      while (appends.at(-1)?.position !== log.head()) {
        appends.push(...(await log.readAppends({ after: appends.at(-1)?.position ?? 0, limit: 7 })));
      }
      expect(appends.flatMap((append) => append.events)).toEqual(whole);
      let hash = genesisHash;
      for (const append of appends) {
        hash = chainHash(hash, append.stream, append.firstRevision, append.record);
        expect(Buffer.from(append.hash)).toEqual(Buffer.from(hash));
      }
    });

    describe('tailing', () => {
      it('goes from history to live without a loss, a repetition or a change of order', async () => {
        const stream = newStream();
        const stop = new AbortController();
        const seen: number[] = [];
        for (let i = 0; i < 50; i++) await log.append(appendOf(stream));
        const writing = (async () => {
          for (let i = 0; i < 200; i++) await log.append(appendOf(stream));
        })();
        for await (const events of log.tail(0, stop.signal)) {
          for (const event of events) if (event.stream === stream) seen.push(event.revision);
          if (seen.length >= 250) stop.abort();
        }
        await writing;
        expect(seen).toEqual(Array.from({ length: 250 }, (_, i) => i));
      });

      it('tells subscribers of an append before it is acknowledged', async () => {
        const seen: string[] = [];
        const stop = log.subscribe((events) => {
          for (const event of events) seen.push(event.id);
        });
        const stream = newStream();
        await log.append(appendOf(stream, { events: [tick(1), tick(2)] }));
        expect(seen).toEqual([`${stream}@0`, `${stream}@1`]);
        stop();
        await log.append(appendOf(stream));
        expect(seen).toHaveLength(2);
      });

      it('hands subscribers exactly what a reader finds later', async () => {
        const live: unknown[] = [];
        const from = log.head();
        log.subscribe((events) => {
          live.push(...events);
        });
        await Promise.all(
          Array.from({ length: 40 }, () => log.append(appendOf(newStream(), { events: [tick(1, 'a'), tick(2)] }))),
        );
        await reopen('close');
        const read = (await wholeLog(log)).filter((event) => event.position > from);
        expect(JSON.parse(JSON.stringify(live))).toEqual(JSON.parse(JSON.stringify(read)));
      });
    });

    describe('ending', () => {
      it('INV-1: has every acknowledged append after a crash, once, where it was acknowledged', async () => {
        const acknowledged = new Map<string, AppendResult>();
        const unknown: string[] = [];
        const writing = Promise.all(
          Array.from({ length: 20 }, async () => {
            for (let i = 0; i < 50; i++) {
              const stream = newStream();
              try {
                acknowledged.set(
                  stream,
                  await log.append(appendOf(stream, { expected: 'none', appendId: `id-${stream}` })),
                );
              } catch (error) {
                expect(error).toMatchObject({
                  code: expect.stringMatching(/OUTCOME_UNKNOWN|LOG_UNAVAILABLE/) as unknown,
                });
                unknown.push(stream);
              }
            }
          }),
        );
        while (acknowledged.size < 100) await new Promise((resolve) => setImmediate(resolve));
        await opened.crash();
        await writing;
        opened = await factory.open(place);
        log = opened.log;
        for (const [stream, result] of acknowledged) {
          const events = await log.readStream(stream);
          expect(events).toHaveLength(1);
          expect(result).toMatchObject({ outcome: 'accepted', position: events[0]?.position });
        }
        // An unknown outcome becomes known by repeating the append under the same id.
        for (const stream of unknown.slice(0, 50)) {
          const request = appendOf(stream, { expected: 'none', appendId: `id-${stream}` });
          const settled = await log.append(request);
          expect(settled.outcome).toBe('accepted');
          expect(await log.append(request)).toEqual(settled);
          expect(await log.readStream(stream)).toHaveLength(1);
        }
      });

      it('continues after a restart with the same epoch, head and order', async () => {
        const stream = newStream();
        await log.append(appendOf(stream, { expected: 'none', events: [tick(1), tick(2)] }));
        const before = { epoch: log.epoch, head: log.head(), events: await wholeLog(log) };
        await reopen('close');
        expect({ epoch: log.epoch, head: log.head(), events: await wholeLog(log) }).toEqual(before);
        const next = await log.append(appendOf(stream, { expected: 1 }));
        expect(next).toMatchObject({ outcome: 'accepted', firstRevision: 2 });
      });

      it('refuses appends once it is closed', async () => {
        await opened.close();
        await expect(log.append(appendOf(newStream()))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
        opened = await factory.open(place);
      });
    });

    it('finds the last position at or before a time', async () => {
      const stream = newStream();
      const positions: number[] = [];
      for (let i = 0; i < 20; i++) {
        const result = await log.append(appendOf(stream, { atMs: 4_000_000_000_000 + i * 1000 }));
        if (result.outcome === 'accepted') positions.push(result.position);
      }
      expect(await log.positionAt(4_000_000_000_000 + 7500)).toBe(positions[7]);
      expect(await log.positionAt(4_000_000_000_000 + 7000)).toBe(positions[7]);
      expect(await log.positionAt(5_000_000_000_000)).toBe(positions[19]);
      expect(await log.positionAt(0)).toBe(0);
    });
  });
}
