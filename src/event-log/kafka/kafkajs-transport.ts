import kafkajs, {
  type Admin,
  type Consumer,
  type EachBatchPayload,
  type Kafka,
  type KafkaConfig,
  type KafkaMessage,
  type Producer,
} from 'kafkajs';

import { AppError } from '../../kernel/errors.ts';
import { randomText } from '../../kernel/ids.ts';
import { checkTopic, settingsFor, type TopicDescription } from './topic.ts';
import type { KafkaTransport, LogRecord, PartitionReader, PlacedRecord } from './transport.ts';

export interface KafkaConnection {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Names this node in the brokers' logs. */
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
}

const partition = 0;
const preferredReplicas = 3;
const produceTimeoutMs = 10_000;
/** The broker answers a waiting fetch as soon as a record comes: a long wait costs no latency, and spares both sides work. */
const maxWaitMs = 500;
const fetchBytes = 16 * 1024 * 1024;
const sessionMs = 30_000;

/** The log's partition through kafkajs. */
export class KafkajsTransport implements KafkaTransport {
  readonly #connection: KafkaConnection;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #producer: Producer;
  #consumer: Consumer | null = null;
  #reader: PartitionReader | null = null;
  #closed = false;

  constructor(connection: KafkaConnection) {
    silenceNegativeTimers();
    this.#connection = connection;
    const { brokers, clientId, ssl, sasl } = connection;
    this.#kafka = new kafkajs.Kafka({
      brokers: [...brokers],
      clientId,
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: 5000,
      retry: { initialRetryTime: 100, maxRetryTime: 5000, retries: 8 },
      ...(ssl !== undefined && { ssl }),
      ...(sasl !== undefined && { sasl }),
    });
    this.#admin = this.#kafka.admin();
    // Neither idempotent nor transactional: see docs/adr/0008.
    this.#producer = this.#kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 2 },
    });
  }

  async prepareTopic(): Promise<void> {
    try {
      await Promise.all([this.#admin.connect(), this.#producer.connect()]);
      const { topic, brokers } = this.#connection;
      if (!(await this.#admin.listTopics()).includes(topic)) await this.#createTopic(topic);
      checkTopic(topic, brokers, await this.#describe(topic));
    } catch (error) {
      await this.close();
      throw error instanceof AppError ? error : unreachable(this.#connection.brokers, error);
    }
  }

  async produce(records: readonly LogRecord[]): Promise<void> {
    const messages = records.map(({ key, headers, value }) => ({
      partition,
      key,
      headers: { ...headers },
      value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    }));
    try {
      await this.#producer.send({ topic: this.#connection.topic, acks: -1, timeout: produceTimeoutMs, messages });
    } catch (error) {
      if (typeOf(error) === 'MESSAGE_TOO_LARGE') throw new AppError('EVENT_TOO_LARGE', { cause: error });
      throw error;
    }
  }

  async endOffset(): Promise<number> {
    const offsets = await this.#admin.fetchTopicOffsets(this.#connection.topic);
    return Number(offsets.find((found) => found.partition === partition)?.high ?? 0);
  }

  async read(reader: PartitionReader): Promise<void> {
    const { topic } = this.#connection;
    // kafkajs reads in groups only: this one has one member, commits nothing, and decides nothing.
    const consumer = this.#kafka.consumer({
      groupId: `${topic}.reader-${randomText(12)}`,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: maxWaitMs,
      maxBytes: fetchBytes,
      maxBytesPerPartition: fetchBytes,
      sessionTimeout: sessionMs,
      retry: { retries: Infinity, maxRetryTime: 5000, restartOnFailure: () => Promise.resolve(!this.#closed) },
    });
    this.#consumer = consumer;
    this.#reader = reader;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart && !this.#closed) reader.failed(payload.error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    let begun = false;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => {
        if (begun) return takeBatch(payload, reader);
        const first = payload.batch.messages[0];
        if (first === undefined) return;
        begun = true;
        try {
          consumer.seek({ topic, partition, offset: String(await reader.begin(placed(first))) });
        } catch (error) {
          // The reader will have none of it; asking again would not change its mind.
          consumer.pause([{ topic }]);
          reader.failed(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader?.failed(new AppError('LOG_UNAVAILABLE', { message: 'The connection to Kafka was closed.' }));
    await Promise.allSettled([this.#consumer?.disconnect(), this.#producer.disconnect(), this.#admin.disconnect()]);
  }

  async #createTopic(topic: string): Promise<void> {
    const { brokers } = await this.#admin.describeCluster();
    const replicas = Math.min(preferredReplicas, brokers.length);
    const configEntries = [...settingsFor(replicas)].map(([name, value]) => ({ name, value }));
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

async function takeBatch(payload: EachBatchPayload, reader: PartitionReader): Promise<void> {
  const { batch } = payload;
  if (!payload.isRunning() || payload.isStale()) return;
  await reader.take(batch.messages.map(placed));
  const last = batch.messages.at(-1);
  if (last !== undefined) payload.resolveOffset(last.offset);
  await payload.heartbeat();
}

function placed({ offset, key, value, headers }: KafkaMessage): PlacedRecord {
  const texts = Object.entries(headers ?? {}).map(([name, content]) => [name, String(content)] as const);
  return {
    offset: Number(offset),
    key: key?.toString('latin1') ?? '',
    headers: Object.fromEntries(texts),
    value: value ?? Buffer.alloc(0),
  };
}

function typeOf(error: unknown): string | null {
  return error instanceof Error && 'type' in error && typeof error.type === 'string' ? error.type : null;
}

function unreachable(brokers: readonly string[], cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('LOG_UNAVAILABLE', {
    message: `Kafka at ${brokers.join(', ')} cannot be used: ${reason}`,
    cause,
  });
}

let silenced = false;

/** kafkajs computes timers that have passed already, and Node warns about each; nothing else is silenced. */
function silenceNegativeTimers(): void {
  if (silenced) return;
  silenced = true;
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]): void => {
    if (args[1] !== 'TimeoutNegativeWarning') emitWarning(...args);
  };
}
