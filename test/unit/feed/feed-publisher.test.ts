import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { EmbeddedLog } from '../../../src/event-log/embedded/embedded-log.ts';
import { aloneAs, type Membership } from '../../../src/event-log/membership.ts';
import { FeedPublisher } from '../../../src/feed/topic/feed-publisher.ts';
import type { FeedRecord } from '../../../src/feed/topic/feed-record.ts';
import type { FeedTopic } from '../../../src/feed/topic/feed-topic.ts';
import { systemClock } from '../../../src/kernel/clock.ts';
import { StoreClient } from '../../../src/store/store-client.ts';
import { appendOf } from '../../support/log.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const base = tempDir();

/** A topic in memory that refuses when it is told to, after it has taken some of what it was given. */
class TestTopic implements FeedTopic {
  readonly records: FeedRecord[] = [];
  refuses = 0;

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  publish(records: readonly FeedRecord[]): Promise<void> {
    if (this.refuses > 0) {
      this.refuses--;
      this.records.push(...records.slice(0, 1));
      return Promise.reject(new Error('the broker is away'));
    }
    this.records.push(...records);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The revisions of each stream, in the order of the topic. */
  get revisions(): Record<string, number[]> {
    const byStream = Map.groupBy(this.records, ({ key }) => key);
    return Object.fromEntries(
      [...byStream].map(([key, records]) => [key, records.map(({ headers }) => Number(headers.ce_streamrevision))]),
    );
  }
}

describe('the publisher', () => {
  let store: StoreClient;
  let log: EmbeddedLog;
  let topic: TestTopic;
  const troubles: unknown[] = [];
  beforeEach(async () => {
    store = await StoreClient.start({ dataDir: mkdtempSync(join(base, 'log-')) });
    log = await EmbeddedLog.open(store);
    topic = new TestTopic();
    troubles.length = 0;
  });
  afterEach(async () => {
    await log.close();
    await store.close();
  });

  function publisher(membership: Membership = aloneAs('node_a'), checkpointMs = 10_000): FeedPublisher {
    return new FeedPublisher({
      log,
      membership,
      clock: systemClock,
      node: 'node_a',
      topicName: 'events',
      topic,
      registryIds: null,
      onTrouble: (error) => troubles.push(error),
      checkpointMs,
    });
  }

  it('publishes what there is and what comes, each stream in order, and none of the log itself', async () => {
    for (let i = 0; i < 5; i++) await log.append(appendOf(`exec_${String(i % 2)}`));
    const publishing = publisher();
    publishing.start();
    await until('history is out', () => topic.records.length === 5);
    await log.append(appendOf('exec_0'));
    await until('news is out', () => topic.records.length === 6);
    await publishing.stop();
    expect(topic.revisions).toEqual({ exec_0: [0, 1, 2, 3], exec_1: [0, 1] });
  });

  it('goes on where it stopped, and writes its place down once', async () => {
    await log.append(appendOf('exec_0'));
    const first = publisher();
    first.start();
    await until('it is out', () => topic.records.length === 1);
    await first.stop();
    await log.append(appendOf('exec_0'));
    const second = publisher();
    second.start();
    await until('the next one is out', () => topic.records.length === 2);
    await second.stop();
    expect(topic.revisions).toEqual({ exec_0: [0, 1] });
    const places = await log.readStream('system_feed_events');
    expect(places.map(({ type }) => type)).toEqual(['FeedPublished', 'FeedPublished']);
  });

  it('repeats what may not have arrived, and loses nothing', async () => {
    for (let i = 0; i < 4; i++) await log.append(appendOf('exec_0'));
    topic.refuses = 2;
    const publishing = publisher();
    publishing.start();
    await until('all is out', () => topic.records.length >= 6);
    await publishing.stop();
    expect(troubles).toHaveLength(2);
    expect(topic.revisions).toEqual({ exec_0: [0, 0, 0, 1, 2, 3] });
  });

  it('leaves it to the node that owns the feed, and takes over when that changes', async () => {
    let owns = false;
    const listeners: (() => void)[] = [];
    const membership: Membership = {
      ...aloneAs('node_a'),
      owns: () => owns,
      onChange: (listener) => void listeners.push(listener),
    };
    await log.append(appendOf('exec_0'));
    const publishing = publisher(membership);
    publishing.start();
    await log.append(appendOf('exec_0'));
    expect(topic.records).toEqual([]);
    owns = true;
    for (const listener of listeners) listener();
    await until('it is out', () => topic.records.length === 2);
    await publishing.stop();
  });

  it('begins again where another publisher was when both have published', async () => {
    const [a, b] = [publisher(undefined, 0), publisher(undefined, 0)];
    a.start();
    b.start();
    for (let i = 0; i < 20; i++) await log.append(appendOf('exec_0'));
    await until('both have everything', () => topic.revisions.exec_0?.includes(19) === true);
    await Promise.all([a.stop(), b.stop()]);
    expect(new Set(topic.revisions.exec_0)).toEqual(new Set(Array.from({ length: 20 }, (_, i) => i)));
  });

  it('finds the newest of any number of places', async () => {
    for (let count = 1; count <= 20; count++) {
      await log.append(appendOf('exec_0'));
      const publishing = publisher();
      publishing.start();
      await until('it is out', () => topic.records.length === count);
      await publishing.stop();
    }
    expect(topic.revisions.exec_0).toHaveLength(20);
  });
});
