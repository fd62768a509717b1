import { resolve } from 'node:path';

/** Everything that can be set, as the server uses it. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly log: 'embedded' | 'kafka';
  readonly kafkaBrokers: readonly string[];
  readonly kafkaCell: string;
  readonly kafkaTls: boolean;
  readonly kafkaSasl: 'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly kafkaUsername: string;
  readonly kafkaPassword: string;
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
}

type Parse<T> = (text: string) => T | null;

interface Setting<K extends keyof Config> {
  readonly key: K;
  /** `IHUMAN_` and this is the environment variable; lower-case with dashes it is the flag. */
  readonly name: string;
  readonly default: string;
  /** What a good value looks like, for messages. */
  readonly expects: string;
  readonly doc: string;
  readonly parse: Parse<Config[K]>;
}

/** A row of the table. */
export type AnySetting = { [K in keyof Config]: Setting<K> }[keyof Config];

const whole = (min: number, max: number): Parse<number> => {
  return (text) => (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null);
};
const oneOf = <T extends string>(...allowed: readonly T[]): Parse<T> => {
  return (text) => allowed.find((value) => value === text) ?? null;
};
const texts: Parse<readonly string[]> = (text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
const flag: Parse<boolean> = (text) => (text === 'true' ? true : text === 'false' ? false : null);

/** The one table of settings: the environment, the flags, `--help` and the reference page are all made from it. */
export const settings: readonly AnySetting[] = [
  {
    key: 'port',
    name: 'PORT',
    default: '5173',
    expects: 'a port from 0 to 65535 (0: any free one)',
    doc: 'Where the server listens.',
    parse: whole(0, 65_535),
  },
  {
    key: 'host',
    name: 'HOST',
    default: '127.0.0.1',
    expects: 'an address',
    doc: 'Address to listen on. Anything else than this machine belongs behind a proxy that speaks TLS.',
    parse: (text) => (text === '' ? null : text),
  },
  {
    key: 'dataDir',
    name: 'DATA_DIR',
    default: './.ihuman',
    expects: 'a directory',
    doc: 'Where log, read models, vault and artifacts are kept.',
    parse: (text) => (text === '' ? null : resolve(text)),
  },
  {
    key: 'log',
    name: 'LOG',
    default: 'embedded',
    expects: 'embedded or kafka',
    doc: 'What the event log stands on: a file in the data directory, or a Kafka cluster of yours.',
    parse: oneOf('embedded', 'kafka'),
  },
  {
    key: 'kafkaBrokers',
    name: 'KAFKA_BROKERS',
    default: '127.0.0.1:9092',
    expects: 'host:port of some brokers, separated by commas',
    doc: 'Where the Kafka cluster is.',
    parse: (text) => {
      const brokers = texts(text) ?? [];
      return brokers.length > 0 && brokers.every((broker) => /^[^\s:]+:\d{1,5}$/.test(broker)) ? brokers : null;
    },
  },
  {
    key: 'kafkaCell',
    name: 'KAFKA_CELL',
    default: 'main',
    expects: '1 to 60 lower-case letters, digits and dashes',
    doc: 'Which log of the cluster: its topic is ihuman.<cell>.log. One cell is one log.',
    parse: (text) => (/^[a-z0-9-]{1,60}$/.test(text) ? text : null),
  },
  {
    key: 'kafkaTls',
    name: 'KAFKA_TLS',
    default: 'false',
    expects: 'true or false',
    doc: 'Speak TLS with the brokers; authorities beside the well-known ones come from NODE_EXTRA_CA_CERTS.',
    parse: flag,
  },
  {
    key: 'kafkaSasl',
    name: 'KAFKA_SASL',
    default: 'none',
    expects: 'none, plain, scram-sha-256 or scram-sha-512',
    doc: 'How to sign in at the brokers.',
    parse: oneOf('none', 'plain', 'scram-sha-256', 'scram-sha-512'),
  },
  {
    key: 'kafkaUsername',
    name: 'KAFKA_USERNAME',
    default: '',
    expects: 'a name',
    doc: 'Who signs in at the brokers.',
    parse: (text) => text,
  },
  {
    key: 'kafkaPassword',
    name: 'KAFKA_PASSWORD',
    default: '',
    expects: 'a password',
    doc: 'The password for that. Set it in the environment: a flag can be read by everybody on the machine.',
    parse: (text) => text,
  },
  {
    key: 'skills',
    name: 'SKILLS',
    default: './skills',
    expects: 'folders, separated by commas',
    doc: 'Folders whose subfolders are skills; on equal names the first wins.',
    parse: (text) => texts(text)?.map((folder) => resolve(folder)) ?? null,
  },
  {
    key: 'runner',
    name: 'RUNNER',
    default: 'process',
    expects: 'process or inline',
    doc: 'Where skills run: in child processes, or inside the server (fast; only for skills that you trust).',
    parse: oneOf('process', 'inline'),
  },
  {
    key: 'logLevel',
    name: 'LOG_LEVEL',
    default: 'info',
    expects: 'debug, info, warn, error or silent',
    doc: "What the server writes to standard error about itself; requests from 'debug' on.",
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  },
  {
    key: 'runnerSlots',
    name: 'RUNNER_SLOTS',
    default: '0',
    expects: 'a number from 0 to 1000',
    doc: 'Executions at once; 0: as many child processes as processors (at most 4), or 100 inline.',
    parse: whole(0, 1000),
  },
  {
    key: 'watch',
    name: 'WATCH',
    default: 'true',
    expects: 'true or false',
    doc: 'Pick up skills whose files change while the server runs.',
    parse: flag,
  },
  {
    key: 'defaultTimeoutMs',
    name: 'TIMEOUT_MS',
    default: '30000',
    expects: 'milliseconds from 1 to 900000',
    doc: 'Limit of one attempt when neither request nor skill says one.',
    parse: whole(1, 900_000),
  },
  {
    key: 'heapMb',
    name: 'SKILL_HEAP_MB',
    default: '256',
    expects: 'mebibytes from 32 to 16384',
    doc: 'JavaScript heap of a child process.',
    parse: whole(32, 16_384),
  },
  {
    key: 'rssMb',
    name: 'SKILL_RSS_MB',
    default: '512',
    expects: 'mebibytes from 64 to 65536',
    doc: 'Resident memory of a child process; it is killed above it.',
    parse: whole(64, 65_536),
  },
  {
    key: 'maxQueued',
    name: 'MAX_QUEUED',
    default: '100000',
    expects: 'a number from 1 to 10000000',
    doc: 'Executions that may wait; further requests get 429.',
    parse: whole(1, 10_000_000),
  },
  {
    key: 'maxBodyBytes',
    name: 'MAX_BODY_BYTES',
    default: '1048576',
    expects: 'bytes from 1024 to 3145728',
    doc: 'Largest body of a request.',
    parse: whole(1024, 3_145_728),
  },
  {
    key: 'rateLimit',
    name: 'RATE_LIMIT',
    default: '60000',
    expects: 'a number from 0 to 100000000',
    doc: 'Requests a minute of an account, and of an address for all that comes without a proven credential; 0: no limit.',
    parse: whole(0, 100_000_000),
  },
  {
    key: 'registration',
    name: 'REGISTRATION',
    default: 'open',
    expects: 'open or closed',
    doc: 'Whether anybody who reaches the server may make an account.',
    parse: oneOf('open', 'closed'),
  },
  {
    key: 'allowedOrigins',
    name: 'ALLOWED_ORIGINS',
    default: '',
    expects: 'origins, separated by commas',
    doc: 'Web origins whose pages may call the API and open WebSockets (CORS); none by default.',
    parse: texts,
  },
  {
    key: 'trustProxy',
    name: 'TRUST_PROXY',
    default: '',
    expects: 'addresses or networks, separated by commas',
    doc: 'Proxies whose X-Forwarded-For is believed.',
    parse: texts,
  },
  {
    key: 'queryToken',
    name: 'QUERY_TOKEN',
    default: 'true',
    expects: 'true or false',
    doc: 'Accept ?token= on WebSockets. Tokens in addresses end up in the logs of proxies; tickets do not matter there.',
    parse: flag,
  },
  {
    key: 'maxSocketsPerUser',
    name: 'MAX_SOCKETS_PER_USER',
    default: '10000',
    expects: 'a number from 1 to 1000000',
    doc: 'WebSockets that one account may hold open.',
    parse: whole(1, 1_000_000),
  },
  {
    key: 'heartbeatMs',
    name: 'HEARTBEAT_MS',
    default: '30000',
    expects: 'milliseconds from 100 to 600000',
    doc: 'How often a WebSocket is pinged; one that has not answered by the next ping is dropped.',
    parse: whole(100, 600_000),
  },
  {
    key: 'shutdownGraceMs',
    name: 'SHUTDOWN_GRACE_MS',
    default: '10000',
    expects: 'milliseconds from 0 to 600000',
    doc: 'How long a stopping server lets running executions finish before it hands them back.',
    parse: whole(0, 600_000),
  },
];
