import { createRequire } from 'node:module';

import { decodeFetchResponse, type FetchResponse } from './fetch-response.ts';

/**
 * The part of kafkajs below its consumer. kafkajs reads in consumer groups only (its issue 373), and a group needs a coordinator:
 * a broker that has nothing to do with the log would hold up reading whenever it fails. kafkajs 2.2.4 is its last release, so
 * these modules do not move; the contract suite and the broker tests run over them.
 */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  /** The partitions by the id of the broker that leads them. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(of: { readonly nodeId: string }): Promise<Broker>;
}

interface Broker {
  readonly connectionPool: { send<T>(request: ProtocolRequest<T>): Promise<T> };
}

/** A request with what makes sense of the answer. */
interface ProtocolRequest<T> {
  readonly request: unknown;
  readonly response: { readonly decode: (raw: Buffer) => Promise<T>; readonly parse: (decoded: T) => Promise<T> };
  readonly requestTimeout: number;
}

interface FetchRequest {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isolationLevel: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

interface ClusterOptions {
  readonly logger: unknown;
  readonly socketFactory: unknown;
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: unknown;
  readonly sasl?: unknown;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly reauthenticationThreshold: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly metadataMaxAge: number;
  readonly retry: { readonly retries: number };
  readonly allowAutoTopicCreation: boolean;
  readonly maxInFlightRequests: null;
  readonly isolationLevel: number;
}

const require = createRequire(import.meta.url);
const ClusterClass = require('kafkajs/src/cluster/index.js') as new (options: ClusterOptions) => Cluster;
const socketFactory = require('kafkajs/src/network/socketFactory.js') as () => unknown;
const loggers = require('kafkajs/src/loggers/index.js') as {
  createLogger(options: { level: number; logCreator: () => () => void }): unknown;
};

const fetchProtocol = (
  require('kafkajs/src/protocol/requests/fetch/index.js') as {
    readonly protocol: (of: { version: number }) => (request: FetchRequest) => ProtocolRequest<unknown>;
  }
).protocol({ version: 11 });
const { createErrorFromCode } = require('kafkajs/src/protocol/error.js') as {
  readonly createErrorFromCode: (code: number) => Error;
};

/** Fetches from one partition. Kafka's errors are thrown with their names as `type`. */
export async function fetchFrom(broker: Broker, request: FetchRequest): Promise<FetchResponse> {
  const response = await broker.connectionPool.send<FetchResponse>({
    ...fetchProtocol(request),
    response: {
      decode: (raw) => Promise.resolve(decodeFetchResponse(raw)),
      parse: (decoded) => Promise.resolve(decoded),
    },
  });
  if (response.errorCode !== 0) throw createErrorFromCode(response.errorCode);
  return response;
}

/** Sees only what is committed; nothing here is written in transactions. */
export const readCommitted = 1;

/** A new, unconnected view of a cluster. It tries everything once: whoever uses it makes another one. */
export function newCluster(
  connection: Pick<ClusterOptions, 'brokers' | 'clientId' | 'ssl' | 'sasl'>,
  timeouts: { readonly connectMs: number; readonly requestMs: number },
): Cluster {
  return new ClusterClass({
    ...connection,
    logger: loggers.createLogger({ level: 0, logCreator: () => () => undefined }),
    socketFactory: socketFactory(),
    connectionTimeout: timeouts.connectMs,
    authenticationTimeout: timeouts.requestMs,
    reauthenticationThreshold: 10_000,
    requestTimeout: timeouts.requestMs,
    enforceRequestTimeout: true,
    metadataMaxAge: 30_000,
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: readCommitted,
  });
}
