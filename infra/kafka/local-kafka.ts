import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { brokerConfig, type KafkaSecurity, scramFlags } from './broker-config.ts';

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
  /** The port that clients are told instead, that of a proxy say; for one broker. */
  readonly advertisedPort?: number;
  /** Clients speak TLS and sign in (SASL); default: neither. */
  readonly security?: KafkaSecurity;
  readonly onProgress?: (line: string) => void;
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
  const free = await portsFor(count * 3, options.port);
  const ports = {
    client: free.slice(0, count),
    controller: free.slice(count, 2 * count),
    internal: free.slice(2 * count),
  };
  const clusterId = Buffer.from('ihuman-local-tes').toString('base64url');
  const { advertisedPort, security } = options;
  const brokers = ports.client.map((port, index) => {
    const dataDir = join(dir, `data-${String(index)}`);
    const config = brokerConfig({ host, index, ports, dataDir, advertisedPort, security });
    return new Broker({ index, port, config, security, dir, jars, clusterId });
  });
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

interface BrokerOptions {
  readonly index: number;
  readonly port: number;
  /** Its `server.properties`. */
  readonly config: string;
  readonly security: KafkaSecurity | undefined;
  readonly dir: string;
  readonly jars: string;
  readonly clusterId: string;
}

/** The shell waits for the end of its input, which comes when this process is gone, and then takes Java with it. */
const supervisor = '"$@" </dev/null & echo $!; cat >/dev/null; kill -9 $!';

class Broker {
  readonly address: string;
  readonly #options: BrokerOptions;
  readonly #configFile: string;
  readonly #logFile: string;
  #shell: ChildProcess | null = null;
  #pid: number | null = null;

  constructor(options: BrokerOptions) {
    const { index, port, config, dir } = options;
    this.address = `${host}:${String(port)}`;
    this.#options = options;
    this.#configFile = join(dir, `broker-${String(index)}.properties`);
    this.#logFile = join(dir, `broker-${String(index)}.log`);
    writeFileSync(this.#configFile, config);
  }

  async format(): Promise<void> {
    const { clusterId, security } = this.#options;
    const users = security === undefined ? [] : scramFlags(security);
    await run(
      'java',
      this.#java('kafka.tools.StorageTool', ['format', '-t', clusterId, '-c', this.#configFile, ...users]),
    );
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
    while (!(await answers(this.#options.port))) {
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
    return ['-Xmx384m', '-XX:+UseSerialGC', logging, '-cp', join(this.#options.jars, '*'), main, ...args];
  }
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
