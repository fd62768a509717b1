import type { KafkaConnection } from './kafkajs-client.ts';

/** How to reach the Kafka cluster, as the settings have it. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  readonly sasl: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** The same as the client takes it. `clientId` names this node in the brokers' logs, and among the members of the cell. */
export function connectionOf(
  { brokers, tls, sasl, username, password }: KafkaSettings,
  clientId: string,
): KafkaConnection {
  return {
    brokers,
    clientId,
    ...(tls && { ssl: true }),
    ...(sasl !== 'none' && { sasl: { mechanism: sasl, username, password } as never }),
  };
}
