import kafkajs, { type Admin, type Producer } from 'kafkajs';

import { definitely } from '../../kernel/assert.ts';
import { AppError } from '../../kernel/errors.ts';
import { type KafkaConnection, newKafka, timeouts, typeOf, unreachable } from '../../kafka/kafkajs-client.ts';
import type { FetchResponse } from './fetch-response.ts';
import { type Cluster, fetchFrom, newCluster, readCommitted } from './kafkajs-internals.ts';
import { checkTopic, type TopicDescription, type TopicRules } from './topic.ts';
import type { KafkaTransport, LogRecord, PartitionReader, PlacedRecord } from './transport.ts';

export interface PartitionConnection extends KafkaConnection {
  readonly topic: string;
  /** What the topic has to be like. */
  readonly rules: TopicRules;
}

const partition = 0;
const preferredReplicas = 3;
const produceTimeoutMs = 4000;
/** The broker answers a waiting fetch as soon as a record comes: a long wait costs no latency, and spares both sides work. */
const maxWaitMs = 500;
const fetchBytes = 16 * 1024 * 1024;
const retryMs = 250;
const notYetThere = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);
const maxTopicTries = 60;

/** The log's partition through kafkajs. */
export class KafkajsTransport implements KafkaTransport {
  readonly #connection: PartitionConnection;
  readonly #admin: Admin;
  #producer: Promise<Producer> | null = null;
  #cluster: Cluster | null = null;
  #seeds = 0;
  #reader: PartitionReader | null = null;
  #closed = false;
  #lastFetch: KafkaTransport['lastFetch'] = null;

  constructor(connection: PartitionConnection) {
    this.#connection = connection;
    this.#admin = newKafka(connection).admin();
  }

  async prepareTopic(): Promise<void> {
    try {
      await this.#admin.connect();
      await onceItIsThere(async () => {
        const { topic, brokers, rules } = this.#connection;
        if (!(await this.#admin.listTopics()).includes(topic)) await this.#createTopic(topic);
        checkTopic({ topic, brokers, rules }, await this.#describe(topic));
        await this.endOffset();
      });
    } catch (error) {
      await this.close();
      throw error instanceof AppError ? error : unreachable(this.#connection, error);
    }
  }

  async produce(records: readonly LogRecord[]): Promise<void> {
    const messages = records.map(({ key, headers, value }) => ({
      partition,
      key,
      headers: { ...headers },
      value: value.length === 0 ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    }));
    const producer = (this.#producer ??= this.#newProducer());
    try {
      const { topic } = this.#connection;
      await (await producer).send({ topic, acks: -1, timeout: produceTimeoutMs, messages });
    } catch (error) {
      if (typeOf(error) === 'MESSAGE_TOO_LARGE') throw new AppError('EVENT_TOO_LARGE', { cause: error });
      if (this.#producer === producer) this.#retire(producer);
      throw error;
    }
  }

  async endOffset(): Promise<number> {
    const offsets = await this.#admin.fetchTopicOffsets(this.#connection.topic);
    return Number(offsets.find((found) => found.partition === partition)?.high ?? 0);
  }

  get lastFetch(): KafkaTransport['lastFetch'] {
    return this.#lastFetch;
  }

  read(reader: PartitionReader): Promise<void> {
    this.#reader = reader;
    this.#readOn(reader).catch((error: unknown) => {
      reader.failed(error instanceof Error ? error : new Error(String(error)));
    });
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader?.failed(new AppError('LOG_UNAVAILABLE', { message: 'The connection to Kafka was closed.' }));
    const producer = this.#producer?.then((current) => current.disconnect());
    await Promise.allSettled([this.#cluster?.disconnect(), producer, this.#admin.disconnect()]);
  }

  /**
   * A client that has asked a hanging broker goes on asking it, whatever the cluster has decided meanwhile: the next one begins
   * with another broker. Requests that are still under way on the old one end by themselves first.
   */
  #retire(producer: Promise<Producer>): void {
    this.#producer = null;
    const disconnect = (): void => {
      producer.then((old) => old.disconnect()).catch(() => undefined);
    };
    setTimeout(disconnect, 2 * timeouts.requestMs).unref();
  }

  /** The broker that the next client begins with. */
  #seed(): readonly string[] {
    const { brokers } = this.#connection;
    return [brokers[this.#seeds++ % brokers.length] ?? ''];
  }

  /** Neither idempotent nor transactional: see docs/adr/0008. */
  async #newProducer(): Promise<Producer> {
    const producer = newKafka({ ...this.#connection, brokers: this.#seed() }).producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 0 },
    });
    await producer.connect();
    return producer;
  }

  async #readOn(reader: PartitionReader): Promise<void> {
    let next: number | null = null;
    let fetching = this.#fetch(0);
    while (!this.#closed) {
      const records = await fetching;
      const [first] = records;
      if (first !== undefined && next === null) {
        next = await reader.begin(first);
        fetching = this.#fetch(next);
        continue;
      }
      next = first === undefined ? next : (records.at(-1)?.offset ?? 0) + 1;
      // The next ones come while these are taken in.
      fetching = this.#fetch(next ?? 0);
      fetching.catch(() => undefined);
      if (first !== undefined) await reader.take(records);
    }
  }

  /** Records from an offset on; none when there are none for a while, or when the brokers could not be asked. */
  async #fetch(offset: number): Promise<readonly PlacedRecord[]> {
    try {
      if (this.#closed) return [];
      const cluster = (this.#cluster ??= await this.#connect());
      // Closed while it connected: nobody else would end this connection.
      if (this.#isClosed()) await cluster.disconnect();
      const { end, records } = await fetchRecords(cluster, this.#connection.topic, offset);
      this.#lastFetch = { end, atMs: Date.now() };
      return records;
    } catch (error) {
      if (typeOf(error) === 'OFFSET_OUT_OF_RANGE') {
        const message = `The log on Kafka cannot be used: it has no record at offset ${String(offset)}, so records were deleted from the topic. Bring the topic back from a copy, or begin a new log: another IHUMAN_KAFKA_CELL, with another data directory.`;
        throw new AppError('LOG_CORRUPT', { message, cause: error });
      }
      const old = this.#cluster;
      this.#cluster = null;
      old?.disconnect().catch(() => undefined);
      if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, retryMs));
      return [];
    }
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  async #connect(): Promise<Cluster> {
    const { clientId, ssl, sasl, topic } = this.#connection;
    const cluster = newCluster({ brokers: this.#seed(), clientId, ssl, sasl }, timeouts);
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    return cluster;
  }

  async #createTopic(topic: string): Promise<void> {
    const { brokers } = await this.#admin.describeCluster();
    const replicas = Math.min(preferredReplicas, brokers.length);
    const configEntries = [...this.#connection.rules(replicas)].map(([name, value]) => ({ name, value }));
    // False when another node was faster: what it made is checked like any other.
    await this.#admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: 1, replicationFactor: replicas, configEntries }],
    });
  }

  async #describe(topic: string): Promise<TopicDescription> {
    const metadata = await this.#admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = metadata.topics[0]?.partitions ?? [];
    const { resources } = await this.#admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    const entries = resources[0]?.configEntries ?? [];
    return {
      partitions: partitions.length,
      replicas: partitions[0]?.replicas.length ?? 0,
      settings: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
    };
  }
}

/** A topic that was just made, here or by another node, takes a moment until every broker knows it and it has a leader. */
async function onceItIsThere(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (!notYetThere.has(typeOf(error) ?? '') || tries === maxTopicTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

async function fetchRecords(cluster: Cluster, topic: string, offset: number): Promise<FetchResponse> {
  await cluster.refreshMetadataIfNecessary();
  const leader = definitely(
    Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0],
    'a partition has a leader',
  );
  const { end, records, errorCode } = await fetchFrom(await cluster.findBroker({ nodeId: leader }), {
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes: fetchBytes,
    isolationLevel: readCommitted,
    topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: fetchBytes }] }],
  });
  // A broker answers with whole batches, which may begin before the offset.
  const fresh = records[0] !== undefined && records[0].offset < offset;
  return { end, errorCode, records: fresh ? records.filter((record) => record.offset >= offset) : records };
}
