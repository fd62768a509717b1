import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EventLog, RecordedEvent } from '../../../src/event-log/event-log.ts';
import { EmbeddedLog } from '../../../src/event-log/embedded/embedded-log.ts';
import { EventFeed, type FeedFilter } from '../../../src/feed/event-feed.ts';
import { StoreClient } from '../../../src/store/store-client.ts';
import { appendOf, tick, wholeLog } from '../../support/log.ts';
import { requestOf } from '../../support/requested.ts';
import { tempDir } from '../../support/temp-dir.ts';

const dataDir = tempDir();
const everything: FeedFilter = { owner: null, types: null, stream: null };
const ownerOf = (stream: string): string => (stream.startsWith('exec_a') ? 'user_a' : 'user_b');
let store: StoreClient;
let log: EventLog;
let feed: EventFeed;

beforeAll(async () => {
  store = await StoreClient.start({ dataDir });
  log = await EmbeddedLog.open(store);
  feed = new EventFeed(log);
  const streams = ['exec_a1', 'exec_b1', 'user_a', 'exec_a2', 'skill_x'];
  for (const stream of streams.filter((id) => id.startsWith('exec_'))) {
    const data = requestOf({ owner: ownerOf(stream) });
    await log.append(appendOf(stream, { events: [{ type: 'ExecutionRequested', data }] }));
  }
  for (let i = 0; i < 60; i++) {
    const events = Array.from({ length: 1 + (i % 4) }, (_, n) =>
      n === 2 ? ({ type: 'SkillRetired', data: { reason: 'x' } } as const) : tick(n),
    );
    await log.append(appendOf(streams[i % streams.length] ?? '', { events }));
  }
});
afterAll(async () => {
  await log.close();
  await store.close();
});

const mayPass = (event: RecordedEvent, { owner, types, stream }: FeedFilter): boolean =>
  (stream === null || event.stream === stream) &&
  (types === null || types.includes(event.type)) &&
  (owner === null || event.stream === owner || (event.stream.startsWith('exec_') && ownerOf(event.stream) === owner));

describe('the feed', () => {
  it('gives by pages of any size what one reading of the log gives, and never parts an append', async () => {
    const filter = fc.record({
      owner: fc.constantFrom(null, 'user_a', 'user_b', 'user_nobody'),
      types: fc.constantFrom(null, ['SkillRetired'], ['ExecutionProgressed', 'SkillRetired'], []),
      stream: fc.constantFrom(null, 'exec_a1', 'skill_x'),
    });
    const all = await wholeLog(log);
    await fc.assert(
      fc.asyncProperty(filter, fc.integer({ min: 1, max: 30 }), async (wanted, limit) => {
        const found: RecordedEvent[] = [];
        for (let after = 0, atHead = false; !atHead;) {
          const page = await feed.page(after, wanted, limit, 0);
          if (found.length > 0 && page.events.length > 0) {
            expect(page.events[0]?.position).toBeGreaterThan(found.at(-1)?.position ?? 0);
          }
          const last = page.events.at(-1)?.position;
          expect(page.events.filter((event) => event.position !== last).length).toBeLessThan(limit);
          found.push(...page.events);
          ({ next: after, atHead } = page);
        }
        expect(found).toEqual(all.filter((event) => mayPass(event, wanted)));
      }),
      { numRuns: 60 },
    );
  });

  it('moves its position on when nothing matched', async () => {
    expect(await feed.page(0, { ...everything, stream: 'nothing' }, 10, 0)).toEqual({
      events: [],
      next: log.head(),
      atHead: true,
    });
  });

  it('waits for the first match, passing over what does not match', async () => {
    const page = feed.page(log.head(), { ...everything, stream: 'exec_later' }, 10, 20_000);
    await log.append(appendOf('exec_other'));
    await log.append(appendOf('exec_later'));
    expect((await page).events.map((event) => event.id)).toEqual(['exec_later@0']);
  });

  it('answers with nothing when its time is over', async () => {
    expect((await feed.page(log.head(), everything, 10, 30)).events).toEqual([]);
  });

  it('goes on from history to what is new until it is stopped', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const stream = 'exec_follow';
    await log.append(appendOf(stream));
    for await (const events of feed.follow(0, { ...everything, stream }, stop.signal)) {
      seen.push(...events.map((event) => event.id));
      if (seen.length === 2) stop.abort();
      else await log.append(appendOf(stream));
    }
    expect(seen).toEqual([`${stream}@0`, `${stream}@1`]);
  });
});
