import { StoreClient } from '../store/store-client.ts';
import { EmbeddedLog } from './embedded/embedded-log.ts';
import type { EventLog } from './event-log.ts';
import { KafkaLog } from './kafka/kafka-log.ts';
import { aloneAs, type Membership } from './membership.ts';

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
  /** The node is no member of its cell for the moment. */
  readonly onCutOff: (error: unknown) => void;
}

/** A log, the store that holds it or this node's copy of it, and the nodes that share it. Close the log before the store. */
export interface OpenedLog {
  readonly log: EventLog;
  readonly store: StoreClient;
  readonly membership: Membership;
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

async function openEmbedded({ dataDir, node }: LogOptions): Promise<OpenedLog> {
  const store = await StoreClient.start({ dataDir });
  try {
    return { log: await EmbeddedLog.open(store), store, membership: aloneAs(node) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openKafka({ dataDir, node, kafka, onFailure, onCutOff }: LogOptions): Promise<OpenedLog> {
  // Loaded only where they are used: the client alone takes longer to load than the server.
  const { KafkajsTransport } = await import('./kafka/kafkajs-transport.ts');
  const { KafkaMembership } = await import('./kafka/kafka-membership.ts');
  const { brokers, cell, tls, sasl, username, password } = kafka;
  const connection = {
    brokers,
    clientId: node,
    ...(tls && { ssl: true }),
    ...(sasl !== 'none' && { sasl: { mechanism: sasl, username, password } as never }),
  };
  const opened = await KafkaLog.open({
    transport: new KafkajsTransport({ ...connection, topic: `ihuman.${cell}.log` }),
    cell,
    openStore: (epoch) => StoreClient.start({ dataDir, copyOf: epoch }),
    onFailure,
  });
  return { ...opened, membership: new KafkaMembership({ ...connection, cell, onError: onCutOff }) };
}
