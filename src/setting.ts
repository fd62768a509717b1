/** What a node of a cell does: answer requests, run skills. */
export type Role = 'api' | 'runner';

/** The value that a text stands for; null when it stands for none. */
export type Parse<T> = (text: string) => T | null;

/** Everything that can be set, as the server uses it. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly artifactsDir: string;
  /** 32 bytes, or none: then a file has them. */
  readonly vaultKey: Buffer;
  readonly roles: ReadonlySet<Role>;
  readonly log: 'embedded' | 'kafka';
  readonly kafkaBrokers: readonly string[];
  readonly kafkaCell: string;
  readonly kafkaTls: boolean;
  readonly kafkaSasl: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly kafkaUsername: string;
  readonly kafkaPassword: string;
  readonly feedTopic: string;
  readonly schemaRegistry: string;
  readonly schemaRegistryUsername: string;
  readonly schemaRegistryPassword: string;
  readonly kafkaOutcomeMs: number;
  readonly skills: readonly string[];
  readonly runner: 'process' | 'inline';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly runnerSlots: number;
  readonly watch: boolean;
  readonly defaultTimeoutMs: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly maxQueued: number;
  readonly maxBodyBytes: number;
  readonly rateLimit: number;
  readonly registration: 'open' | 'closed';
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: readonly string[];
  readonly queryToken: boolean;
  readonly maxSocketsPerUser: number;
  readonly heartbeatMs: number;
  readonly shutdownGraceMs: number;
  readonly egressAllow: readonly string[];
  readonly webhookHttpsOnly: boolean;
  readonly maxWebhooksPerUser: number;
  readonly maxSchedulesPerUser: number;
  readonly maxWorkflowsPerUser: number;
}

interface Setting<K extends keyof Config> {
  readonly key: K;
  /** `IHUMAN_` and this is the environment variable; lower-case with dashes it is the flag. */
  readonly name: string;
  readonly default: string;
  /** What a good value looks like, for messages. */
  readonly expects: string;
  readonly doc: string;
  /** What is given here is shown nowhere. */
  readonly secret?: true;
  readonly parse: Parse<Config[K]>;
}

/** A row of the table. */
export type AnySetting = { [K in keyof Config]: Setting<K> }[keyof Config];
