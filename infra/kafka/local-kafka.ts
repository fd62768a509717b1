import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname;
const host = '127.0.0.1';
const readyMs = 120_000;
const pollMs = 100;

/** A Kafka cluster on this machine, for tests and for trying things out. */
export interface LocalKafka {
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  /** Where its files lie. */
  readonly dir: string;
  /** Kills a broker as a power cut would. */
  kill(broker: number): Promise<void>;
  /** Starts a killed broker again, on the same port and data; resolves when it answers. */
  restart(broker: number): Promise<void>;
  /** Stops a broker in its tracks, without closing anything; `resume` lets it go on. */
  pause(broker: number): void;
  resume(broker: number): void;
  /** Ends all brokers and removes their files. */
  stop(): Promise<void>;
}

interface LocalKafkaOptions {
  /** 1 or 3; default 1. */
  readonly brokers?: number;
  /** Default: a temporary directory, removed at the end. */
  readonly dir?: string;
  /** Port of the first broker, the next ones follow; default: free ones. */
  readonly port?: number;
  /** Clients have to speak TLS and to sign in. Default: everything is in clear. For one broker. */
  readonly security?: KafkaSecurity;
  /** The port that clients are told to use, where something stands between them and the broker. For one broker. */
  readonly advertisedPort?: number;
  readonly onProgress?: (line: string) => void;
}

/** What a broker wants of its clients: TLS with its certificate, and a name with a password over PLAIN or SCRAM-SHA-512. */
export interface KafkaSecurity {
  /** A PKCS#12 file with the broker's key and certificate, and its password. */
  readonly keyStore: string;
  readonly keyStorePassword: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Starts Apache Kafka (KRaft) without Docker: the broker's jars come from Maven Central once, into a cache outside the
 * repository. Needs Java 17 and Maven. The brokers end with this process, however it ends.
 */
export async function startLocalKafka(options: LocalKafkaOptions = {}): Promise<LocalKafka> {
  const { brokers: count = 1, onProgress = () => undefined } = options;
  const jars = await brokerJars(onProgress);
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'ihuman-kafka-'));
  mkdirSync(dir, { recursive: true });
  const ports = await portsFor(count * 3, options.port);
  const clusterId = Buffer.from('ihuman-local-tes').toString('base64url');
  const brokers = Array.from(
    { length: count },
    (_, i) => new Broker(i, count, ports, { dir, jars, clusterId, options }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.kill()));
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    onProgress(`Starting ${String(count)} Kafka broker${count === 1 ? '' : 's'} …`);
    await Promise.all(brokers.map((broker) => broker.format()));
    await Promise.all(brokers.map((broker) => broker.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  const at = (i: number): Broker => {
    const broker = brokers[i];
    if (broker === undefined) throw new RangeError(`There is no broker ${String(i)}.`);
    return broker;
  };
  return {
    brokers: brokers.map((broker) => broker.address),
    dir,
    kill: (i) => at(i).kill(),
    restart: (i) => at(i).start(),
    pause: (i) => {
      at(i).signal('SIGSTOP');
    },
    resume: (i) => {
      at(i).signal('SIGCONT');
    },
    stop,
  };
}

/** Why no broker can be started here; null when one can. */
export async function missingForLocalKafka(): Promise<string | null> {
  for (const [program, flag] of [
    ['java', '-version'],
    ['mvn', '-v'],
  ] as const) {
    try {
      await run(program, [flag]);
    } catch {
      return `${program} is not installed`;
    }
  }
  return null;
}

/** The folder with the broker's jars; fetched by Maven when it is not there. */
async function brokerJars(onProgress: (line: string) => void): Promise<string> {
  const version = /<version>([\d.]+)<\/version>/.exec(readFileSync(join(here, 'pom.xml'), 'utf8'))?.[1] ?? 'unknown';
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ihuman');
  const jars = join(cache, `kafka-${version}`);
  if (existsSync(jars)) return jars;
  onProgress(`Fetching Apache Kafka ${version} (43 MB, once) …`);
  mkdirSync(cache, { recursive: true });
  const fetched = mkdtempSync(join(cache, 'fetching-'));
  const goals = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${fetched}`];
  await run('mvn', ['-q', '-B', '-f', join(here, 'pom.xml'), ...goals]);
  try {
    renameSync(fetched, jars);
  } catch {
    // Somebody else has fetched it at the same time.
    rmSync(fetched, { recursive: true, force: true });
  }
  return jars;
}

interface Place {
  readonly dir: string;
  readonly jars: string;
  readonly clusterId: string;
  readonly options: LocalKafkaOptions;
}

/** The shell waits for the end of its input, which comes when this process is gone, and then takes Java with it. */
const supervisor = '"$@" </dev/null & echo $!; cat >/dev/null; kill -9 $!';

class Broker {
  readonly address: string;
  readonly #port: number;
  readonly #place: Place;
  readonly #configFile: string;
  readonly #logFile: string;
  #shell: ChildProcess | null = null;
  #pid: number | null = null;

  constructor(index: number, count: number, ports: readonly number[], place: Place) {
    this.#port = ports[index] ?? 0;
    this.address = `${host}:${String(this.#port)}`;
    this.#place = place;
    this.#configFile = join(place.dir, `broker-${String(index)}.properties`);
    this.#logFile = join(place.dir, `broker-${String(index)}.log`);
    const dataDir = join(place.dir, `data-${String(index)}`);
    writeFileSync(this.#configFile, configOf({ index, count, ports, dataDir, ...place.options }));
  }

  async format(): Promise<void> {
    const { clusterId, options } = this.#place;
    const args = ['format', '-t', clusterId, '-c', this.#configFile];
    if (options.security !== undefined) {
      const { username, password } = options.security;
      args.push('--add-scram', `SCRAM-SHA-512=[name=${username},password=${password}]`);
    }
    await run('java', this.#java('kafka.tools.StorageTool', args));
  }

  /** Starts the process; resolves when its port answers. */
  async start(): Promise<void> {
    const log = openSync(this.#logFile, 'a');
    const java = ['java', ...this.#java('kafka.Kafka', [this.#configFile])];
    const shell = spawn('sh', ['-c', supervisor, 'sh', ...java], { stdio: ['pipe', 'pipe', log] });
    this.#shell = shell;
    this.#pid = await new Promise<number>((resolve) => {
      shell.stdout?.once('data', (line: Buffer) => {
        resolve(Number(line.toString('latin1').trim()));
      });
    });
    shell.stdout?.resume();
    const deadline = Date.now() + readyMs;
    while (!(await answers(this.#port))) {
      if (!isAlive(this.#pid) || Date.now() > deadline) {
        throw new Error(`A Kafka broker did not start:\n${readFileSync(this.#logFile, 'utf8').slice(-4000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    if (this.#pid !== null) process.kill(this.#pid, signal);
  }

  async kill(): Promise<void> {
    const shell = this.#shell;
    if (shell === null || this.#pid === null) return;
    if (isAlive(this.#pid)) this.signal('SIGKILL');
    this.#pid = null;
    const gone = new Promise((resolve) => shell.once('exit', resolve));
    shell.stdin?.end();
    if (shell.exitCode === null) await gone;
  }

  #java(main: string, args: readonly string[]): string[] {
    const logging = `-Dlog4j2.configurationFile=file:${join(here, 'log4j2.properties')}`;
    return ['-Xmx384m', '-XX:+UseSerialGC', logging, '-cp', join(this.#place.jars, '*'), main, ...args];
  }
}

interface BrokerConfig extends Pick<LocalKafkaOptions, 'security' | 'advertisedPort'> {
  readonly index: number;
  readonly count: number;
  readonly ports: readonly number[];
  readonly dataDir: string;
}

function configOf({ index, count, ports, dataDir, security, advertisedPort }: BrokerConfig): string {
  const controllerPort = (i: number): string => String(ports[count + i] ?? 0);
  const voters = Array.from({ length: count }, (_, i) => `${String(i + 1)}@${host}:${controllerPort(i)}`);
  const replicas = String(count);
  const quorum = count === 1 ? '1' : '2';
  // Brokers speak among themselves on a port of their own, whatever they want of clients.
  const between = `BROKER://${host}:${String(ports[2 * count + index] ?? 0)}`;
  const port = ports[index] ?? 0;
  return `${[
    'process.roles=broker,controller',
    `node.id=${String(index + 1)}`,
    `controller.quorum.voters=${voters.join(',')}`,
    `listeners=CLIENT://${host}:${String(port)},${between},CONTROLLER://${host}:${controllerPort(index)}`,
    `advertised.listeners=CLIENT://${host}:${String(advertisedPort ?? port)},${between}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=BROKER',
    `listener.security.protocol.map=CLIENT:${security === undefined ? 'PLAINTEXT' : 'SASL_SSL'},BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    ...(security === undefined ? [] : securityConfig(security)),
    `log.dirs=${dataDir}`,
    `offsets.topic.replication.factor=${replicas}`,
    'offsets.topic.num.partitions=4',
    `transaction.state.log.replication.factor=${replicas}`,
    `transaction.state.log.min.isr=${quorum}`,
    `share.coordinator.state.topic.replication.factor=${replicas}`,
    `share.coordinator.state.topic.min.isr=${quorum}`,
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    // A broker that was killed is missed after this long.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=300',
  ].join('\n')}\n`;
}

function securityConfig({ keyStore, keyStorePassword, username, password }: KafkaSecurity): string[] {
  const login = 'org.apache.kafka.common.security';
  return [
    'sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN',
    `listener.name.client.scram-sha-512.sasl.jaas.config=${login}.scram.ScramLoginModule required;`,
    `listener.name.client.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required user_${username}="${password}";`,
    'ssl.keystore.type=PKCS12',
    `ssl.keystore.location=${keyStore}`,
    `ssl.keystore.password=${keyStorePassword}`,
    `ssl.key.password=${keyStorePassword}`,
  ];
}

// Below what systems give to outgoing connections, so that nobody takes a broker's port while it is down.
const lowestPort = 15_000;
const highestPort = 31_999;

async function portsFor(count: number, first: number | undefined): Promise<number[]> {
  if (first !== undefined) return Array.from({ length: count }, (_, i) => first + i);
  const ports: number[] = [];
  while (ports.length < count) {
    const port = lowestPort + Math.floor(Math.random() * (highestPort - lowestPort + 1));
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, host, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
