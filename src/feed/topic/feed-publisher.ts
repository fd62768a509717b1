import { setTimeout as delay } from 'node:timers/promises';

import { EventCodec } from '../../event-log/codec.ts';
import { beginning, type EventLog, type Position, type RecordedEvent } from '../../event-log/event-log.ts';
import type { Membership } from '../../event-log/membership.ts';
import { backoffDelayMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { type FeedRecord, feedRecordOf, type RegistryIds } from './feed-record.ts';
import type { FeedTopic } from './feed-topic.ts';

interface PublisherDependencies {
  readonly log: EventLog;
  readonly membership: Membership;
  readonly clock: Clock;
  readonly node: string;
  readonly topicName: string;
  readonly topic: FeedTopic;
  readonly registryIds: RegistryIds;
  /** Told when publishing does not go on for the moment. */
  readonly onTrouble: (error: unknown) => void;
  /** How often the place is written down while records go out. Default 10 s. */
  readonly checkpointMs?: number;
}

interface Checkpoint {
  readonly position: Position;
  /** Revision of the checkpoint's stream; -1 when there is none. */
  readonly revision: number;
}

const retry = { initialDelayMs: 250, factor: 2, maxDelayMs: 10_000 };
const maxRecords = 500;

/**
 * Publishes the log to a topic for outside consumers: at least once, each stream in order. One node of the cell does it, the one
 * that owns the feed; how far it has come is an event of the log. After a crash what was published since is published again.
 */
export class FeedPublisher {
  readonly #deps: PublisherDependencies;
  readonly #stream: string;
  readonly #codec = new EventCodec();
  #stopping = new AbortController();
  #changed = Promise.withResolvers<undefined>();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: PublisherDependencies) {
    this.#deps = deps;
    this.#stream = `system_feed_${deps.topicName}`;
    deps.membership.onChange(() => {
      this.#wake();
    });
  }

  /** Begins to publish whenever this node owns the feed. */
  start(): void {
    this.#loop = this.#run(this.#stopping.signal);
  }

  /** Ends after what is on its way, and writes down how far it has come. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#loop;
    await this.#deps.topic.close();
  }

  #wake(): void {
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers<undefined>();
  }

  #owns(): boolean {
    return this.#deps.membership.owns(this.#stream);
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      if (!this.#owns()) {
        await this.#changed.promise;
        continue;
      }
      try {
        await this.#deps.topic.prepare();
        await this.#publish(signal, () => {
          failures = 0;
        });
      } catch (error) {
        this.#deps.onTrouble(error);
        await delay(backoffDelayMs(retry, ++failures), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #publish(signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { log, topic, clock, checkpointMs = 10_000 } = this.#deps;
    let checkpoint = await this.#readCheckpoint();
    let published = checkpoint.position;
    let unsaved = 0;
    let savedAtMs = clock.now();
    try {
      for await (const events of log.tail(published, signal)) {
        if (!this.#owns()) return;
        const records = await this.#recordsOf(events);
        for (let i = 0; i < records.length; i += maxRecords) await topic.publish(records.slice(i, i + maxRecords));
        published = events.at(-1)?.position ?? published;
        unsaved += records.length;
        onProgress();
        if (unsaved === 0 || clock.now() - savedAtMs < checkpointMs) continue;
        checkpoint = await this.#save(published, checkpoint.revision);
        [unsaved, savedAtMs] = [0, clock.now()];
      }
    } finally {
      if (unsaved > 0) await this.#save(published, checkpoint.revision);
    }
  }

  /** The log's own streams say nothing to others. */
  #recordsOf(events: readonly RecordedEvent[]): Promise<readonly FeedRecord[]> {
    const { log, registryIds } = this.#deps;
    const told = events.filter(({ stream }) => !stream.startsWith('system_'));
    return Promise.all(told.map((event) => feedRecordOf(event, { codec: this.#codec, epoch: log.epoch, registryIds })));
  }

  async #readCheckpoint(): Promise<Checkpoint> {
    const last = await this.#lastEvent();
    // The places of another log, of which this one is a copy, say nothing here.
    const known = last?.type === 'FeedPublished' && last.data.epoch === this.#deps.log.epoch;
    return { position: known ? last.data.position : beginning, revision: last?.revision ?? -1 };
  }

  /** The newest event of the checkpoint's stream, by doubling and bisection: it may be long, and only its end counts. */
  async #lastEvent(): Promise<RecordedEvent | undefined> {
    const at = async (revision: number): Promise<RecordedEvent | undefined> =>
      (await this.#deps.log.readStream(this.#stream, { fromRevision: revision, limit: 1 }))[0];
    let found = await at(0);
    if (found === undefined) return undefined;
    let step = 1;
    for (let next = await at(step); next !== undefined; next = await at(step)) {
      found = next;
      step *= 2;
    }
    for (let above = step; above - found.revision > 1;) {
      const middle = Math.floor((found.revision + above) / 2);
      const next = await at(middle);
      if (next === undefined) above = middle;
      else found = next;
    }
    return found;
  }

  /** Throws when another node has written: then that one publishes, or this one begins again where that one was. */
  async #save(position: Position, revision: number): Promise<Checkpoint> {
    const { log, clock, node, topicName } = this.#deps;
    const result = await log.append({
      stream: this.#stream,
      events: [{ type: 'FeedPublished', data: { topic: topicName, epoch: log.epoch, position } }],
      expected: revision < 0 ? 'none' : revision,
      actor: node,
      atMs: clock.now(),
    });
    if (result.outcome === 'conflict')
      throw new AppError('REVISION_CONFLICT', { message: 'Another node publishes this feed as well.' });
    return { position, revision: result.lastRevision };
  }
}
