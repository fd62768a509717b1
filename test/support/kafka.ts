import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { missingForLocalKafka, startLocalKafka } from '../../infra/kafka/local-kafka.ts';

/** A Kafka cluster for one test file, or why there is none. */
export type TestKafka =
  | { readonly brokers: readonly string[]; readonly missing: null; readonly stop: () => Promise<void> }
  | { readonly brokers: readonly string[]; readonly missing: string; readonly stop: () => Promise<void> };

const image = 'apache/kafka:4.1.1';
const nothingToStop = (): Promise<void> => Promise.resolve();

/**
 * A real broker: the one that `IHUMAN_TEST_KAFKA` names (`host:port,…`), a container where a Docker engine answers, or one from
 * `infra/kafka`. Where there is none, tests are skipped and say so; under `CI=true` that is an error.
 */
export async function takeKafka(): Promise<TestKafka> {
  const given = process.env.IHUMAN_TEST_KAFKA;
  if (given !== undefined && given !== '') return { brokers: given.split(','), missing: null, stop: nothingToStop };
  if (await dockerAnswers()) return startContainer();
  const missing = await missingForLocalKafka();
  if (missing === null) {
    const kafka = await startLocalKafka({ onProgress: (line) => process.stderr.write(`${line}\n`) });
    return { brokers: kafka.brokers, missing: null, stop: () => kafka.stop() };
  }
  const reason = `SKIPPED: no Kafka. IHUMAN_TEST_KAFKA is not set, no Docker engine answers, and ${missing}.`;
  if (process.env.CI === 'true') throw new Error(reason);
  process.stderr.write(`${reason}\n`);
  return { brokers: [], missing: reason, stop: nothingToStop };
}

/**
 * Why no broker of ours can be started, where a test needs one that it can set up or take away; null when one can. Under `CI=true`
 * that is an error.
 */
export async function missingLocalKafka(alsoMissing: string | null = null): Promise<string | null> {
  const missing = (await missingForLocalKafka()) ?? alsoMissing;
  if (missing === null) return null;
  const reason = `SKIPPED: no Kafka broker can be started here: ${missing}.`;
  if (process.env.CI === 'true') throw new Error(reason);
  process.stderr.write(`${reason}\n`);
  return reason;
}

async function dockerAnswers(): Promise<boolean> {
  try {
    await promisify(execFile)('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}

async function startContainer(): Promise<TestKafka> {
  const { GenericContainer, Wait } = await import('testcontainers');
  // The advertised address has to be known before the start: the port is the same inside and outside.
  const port = 19_092 + (process.pid % 10_000);
  const container = await new GenericContainer(image)
    .withExposedPorts({ container: port, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_LISTENERS: `PLAINTEXT://:${String(port)},CONTROLLER://:9093`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${String(port)}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return {
    brokers: [`127.0.0.1:${String(port)}`],
    missing: null,
    stop: async () => {
      await container.stop();
    },
  };
}
