import kafkajs, { type Admin, type Producer } from 'kafkajs';

import { type KafkaConnection, newKafka, unreachable } from '../../kafka/kafkajs-client.ts';
import type { FeedRecord } from './feed-record.ts';

/** Where the publisher puts records. */
export interface FeedTopic {
  /** Makes the topic when there is none. */
  prepare(): Promise<void>;
  /** Resolves when all of them are durable; rejects when some may not be. */
  publish(records: readonly FeedRecord[]): Promise<void>;
  close(): Promise<void>;
}

const partitions = 12;
const preferredReplicas = 3;
const timeoutMs = 10_000;

/** The topic for outside consumers, on Kafka. Its retention is its owner's affair: the log keeps everything. */
export class KafkaFeedTopic implements FeedTopic {
  readonly #connection: KafkaConnection;
  readonly #topic: string;
  readonly #admin: Admin;
  readonly #producer: Producer;

  constructor(connection: KafkaConnection, topic: string) {
    this.#connection = connection;
    this.#topic = topic;
    const kafka = newKafka(connection);
    this.#admin = kafka.admin();
    // The partition of a key is the one that every other client computes: murmur2, as in Kafka's own.
    const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
    this.#producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner, retry: { retries: 0 } });
  }

  async prepare(): Promise<void> {
    try {
      await this.#admin.connect();
      if (!(await this.#admin.listTopics()).includes(this.#topic)) {
        const { brokers } = await this.#admin.describeCluster();
        const replicationFactor = Math.min(preferredReplicas, brokers.length);
        await this.#admin.createTopics({
          waitForLeaders: true,
          topics: [{ topic: this.#topic, numPartitions: partitions, replicationFactor }],
        });
      }
      await this.#producer.connect();
    } catch (error) {
      throw unreachable(this.#connection, error);
    }
  }

  async publish(records: readonly FeedRecord[]): Promise<void> {
    const messages = records.map(({ key, headers, value }) => ({ key, headers: { ...headers }, value }));
    await this.#producer.send({ topic: this.#topic, acks: -1, timeout: timeoutMs, messages });
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#producer.disconnect(), this.#admin.disconnect()]);
  }
}
