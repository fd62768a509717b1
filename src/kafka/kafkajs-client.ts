import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';

import { AppError } from '../kernel/errors.ts';
import { connectionAdvice } from './connection-advice.ts';

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

/** What a start says when no broker can be used: why, and what to do. Nothing of it is secret. */
export function unreachable({ brokers, ssl }: KafkaConnection, cause: unknown): AppError {
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
  const advice = connectionAdvice(cause, { tls: ssl !== undefined && ssl !== false });
  const message = `Kafka at ${brokers.join(', ')} cannot be used: ${reason}.${advice === null ? '' : `\n  ${advice}`}`;
  return new AppError('LOG_UNAVAILABLE', { message, cause });
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
