import { StoreClient } from '../store/store-client.ts';
import { EmbeddedLog } from './embedded/embedded-log.ts';
import type { EventLog } from './event-log.ts';
import { KafkaLog } from './kafka/kafka-log.ts';

/** The backends that a log can stand on. */
export type LogBackend = 'embedded' | 'kafka';

/** Which log to open, and how to reach it. */
export interface LogOptions {
  readonly backend: LogBackend;
  readonly dataDir: string;
  /** This node's id. */
  readonly node: string;
  readonly kafka: {
    readonly brokers: readonly string[];
    readonly cell: string;
    readonly tls: boolean;
    readonly sasl: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** The log has stopped for good: the node can do nothing more. */
  readonly onFailure: (error: Error) => void;
}

/** A log, and the store that holds it or this node's copy of it. Close the log first. */
export interface OpenedLog {
  readonly log: EventLog;
  readonly store: StoreClient;
}

/** Opens the event log on the chosen backend: the one place that knows which there are. */
export function openEventLog(options: LogOptions): Promise<OpenedLog> {
  switch (options.backend) {
    case 'embedded':
      return openEmbedded(options);
    case 'kafka':
      return openKafka(options);
  }
}

async function openEmbedded({ dataDir }: LogOptions): Promise<OpenedLog> {
  const store = await StoreClient.start({ dataDir });
  try {
    return { log: await EmbeddedLog.open(store), store };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openKafka({ dataDir, node, kafka, onFailure }: LogOptions): Promise<OpenedLog> {
  // Loaded only where it is used: the client alone takes longer to load than the server.
  const { KafkajsTransport } = await import('./kafka/kafkajs-transport.ts');
  const { brokers, cell, tls, sasl, username, password } = kafka;
  const transport = new KafkajsTransport({
    brokers,
    topic: `ihuman.${cell}.log`,
    clientId: node,
    ...(tls && { ssl: true }),
    ...(sasl !== 'none' && { sasl: { mechanism: sasl, username, password } as never }),
  });
  return KafkaLog.open({
    transport,
    cell,
    openStore: (epoch) => StoreClient.start({ dataDir, copyOf: epoch }),
    onFailure,
  });
}
