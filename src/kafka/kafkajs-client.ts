import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';

import { AppError } from '../kernel/errors.ts';

/** How to reach a Kafka cluster. */
export interface KafkaConnection {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  /** Names this node in the brokers' logs, and among the members of the cell. */
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
}

/** A broker that has stopped in its tracks is noticed by these alone. */
export const timeouts = { connectMs: 2000, requestMs: 5000 } as const;

/** A client that tries little by itself: whoever uses it knows better when to go on with another one. */
export function newKafka({ brokers, clientId, ssl, sasl }: KafkaConnection): Kafka {
  silenceNegativeTimers();
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: timeouts.connectMs,
    requestTimeout: timeouts.requestMs,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 2 },
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl }),
  });
}

/** Kafka's name for what went wrong, at last; null when it is not Kafka's error. */
export function typeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  return 'type' in error && typeof error.type === 'string' ? error.type : typeOf(error.cause);
}

/** What a start says when no broker can be used. */
export function unreachable(brokers: readonly string[], cause: unknown): AppError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const advice = advices.find(([pattern]) => pattern.test(reason))?.[1] ?? '';
  return new AppError('LOG_UNAVAILABLE', {
    message: `Kafka at ${brokers.join(', ')} cannot be used: ${reason}.${advice}`,
    cause,
  });
}

/** What to look at, by what kafkajs and OpenSSL say. */
const advices: readonly (readonly [RegExp, string])[] = [
  [/sasl|authentication/i, ' Look at IHUMAN_KAFKA_SASL, IHUMAN_KAFKA_USERNAME and IHUMAN_KAFKA_PASSWORD.'],
  [/certificate|altname/i, " Name a file with its authority's certificate in NODE_EXTRA_CA_CERTS."],
  [
    /closed connection|wrong version|ssl|disconnected before/i,
    ' One side may speak TLS and the other one not: look at IHUMAN_KAFKA_TLS.',
  ],
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|timeout/i, ' Does one run there? Look at IHUMAN_KAFKA_BROKERS.'],
];

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
