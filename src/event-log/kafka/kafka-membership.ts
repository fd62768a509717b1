import type { Admin, Consumer } from 'kafkajs';

import type { Membership, MembershipFigures, Share } from '../membership.ts';
import { type KafkaConnection, newKafka } from '../../kafka/kafkajs-client.ts';

interface KafkaMembershipOptions extends KafkaConnection {
  readonly cell: string;
  /** Told when membership was lost and is being taken up again. */
  readonly onError: (error: unknown) => void;
}

const shards = 64;
const replicas = 3;
/**
 * A node that has not been heard of for this long is gone, and what it ran is run again: the least that brokers allow by default
 * (`group.min.session.timeout.ms`).
 */
const sessionMs = 6000;
const heartbeatMs = 1000;
/** Heartbeats go out between fetches: a fetch must not wait longer than one may be late. */
const fetchWaitMs = 1000;
const rejoinMs = 1000;

/**
 * The nodes of a cell as the members of a consumer group. The group reads a topic that nobody writes to; its partitions are the
 * shards that Kafka deals out among the members, and a key belongs to whoever has its shard. The log's own topic could not serve:
 * it has one partition. Neither order nor truth depends on the group.
 */
export class KafkaMembership implements Membership {
  readonly #options: KafkaMembershipOptions;
  readonly #group: string;
  readonly #admin: Admin;
  readonly #listeners = new Set<() => void>();
  #consumer: Consumer | null = null;
  #mine: ReadonlySet<number> = new Set();
  #rejoin: NodeJS.Timeout | null = null;
  #left = false;
  #changes = 0;
  #cutOffs = 0;

  constructor(options: KafkaMembershipOptions) {
    this.#options = options;
    this.#group = `ihuman.${options.cell}.nodes`;
    this.#admin = newKafka(options).admin();
  }

  owns(key: string): boolean {
    return this.#mine.has(shardOf(key));
  }

  async goneOf(nodes: Iterable<string>): Promise<ReadonlySet<string>> {
    const members = new Set(await this.#members());
    if (!members.has(this.#options.clientId)) return new Set();
    return new Set([...nodes].filter((node) => !members.has(node)));
  }

  async share(): Promise<Share> {
    return { nodes: [...(await this.#members())].sort(), shards: this.#mine.size, of: shards };
  }

  figures(): MembershipFigures {
    return { changes: this.#changes, cutOffs: this.#cutOffs, shards: this.#mine.size, of: shards };
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  join(): void {
    this.#enter().catch((error: unknown) => {
      this.#enterAgain(error);
    });
  }

  async leave(): Promise<void> {
    this.#left = true;
    if (this.#rejoin !== null) clearTimeout(this.#rejoin);
    await Promise.allSettled([this.#consumer?.disconnect(), this.#admin.disconnect()]);
  }

  async #members(): Promise<readonly string[]> {
    try {
      const { groups } = await this.#admin.describeGroups([this.#group]);
      return groups[0]?.members.map((member) => member.clientId) ?? [];
    } catch {
      // Who cannot ask does not know.
      return [];
    }
  }

  async #enter(): Promise<void> {
    const { clientId } = this.#options;
    await this.#admin.connect();
    await this.#makeTopic();
    const consumer = newKafka({ ...this.#options, clientId }).consumer({
      groupId: this.#group,
      sessionTimeout: sessionMs,
      rebalanceTimeout: sessionMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: fetchWaitMs,
      allowAutoTopicCreation: false,
      retry: { retries: 3, restartOnFailure: () => Promise.resolve(false) },
    });
    this.#consumer = consumer;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#mine = new Set(payload.memberAssignment[this.#group] ?? []);
      this.#changes++;
      for (const listener of this.#listeners) listener();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#enterAgain(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topic: this.#group });
    await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
    if (this.#left) await consumer.disconnect();
  }

  #enterAgain(error: unknown): void {
    if (this.#left || this.#rejoin !== null) return;
    this.#cutOffs++;
    this.#options.onError(error);
    this.#consumer?.disconnect().catch(() => undefined);
    this.#rejoin = setTimeout(() => {
      this.#rejoin = null;
      this.join();
    }, rejoinMs);
  }

  async #makeTopic(): Promise<void> {
    if ((await this.#admin.listTopics()).includes(this.#group)) return;
    const { brokers } = await this.#admin.describeCluster();
    await this.#admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: this.#group, numPartitions: shards, replicationFactor: Math.min(replicas, brokers.length) }],
    });
  }
}

/** The shard of a key: FNV-1a (32 bits, Fowler, Noll and Vo) over its characters, spread over the shards. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % shards;
}
