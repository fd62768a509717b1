import { mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { startLocalKafka } from '../../infra/kafka/local-kafka.ts';
import { projections } from '../../projections/index.ts';
import { KafkaLog } from '../../src/event-log/kafka/kafka-log.ts';
import { KafkajsTransport } from '../../src/event-log/kafka/kafkajs-transport.ts';
import { recordOf } from '../../src/event-log/kafka/log-record.ts';
import { logRules } from '../../src/event-log/kafka/topic.ts';
import type { LogRecord } from '../../src/event-log/kafka/transport.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { newId, randomText } from '../../src/kernel/ids.ts';
import { foldLog } from '../../src/store/fold-log.ts';
import { LogFile, ownIdMark } from '../../src/store/log-file.ts';
import { createQueries } from '../../src/store/query-client.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { type Figure, median, quantile } from '../figure.ts';
import { withPlace } from '../place.ts';
import { type Program, startServer } from '../program.ts';
import { executionRate, load } from './http.ts';
import { storiesOf } from './rebuild.ts';

const callers = 200;
/** Produce requests on their way at once, as in the outbox. */
const inFlight = 4;

/** The log on a real broker on this machine, beside what kafkajs, the embedded log and one node alone can do in the same run. */
export async function kafkaFigures(scale: number): Promise<Figure[]> {
  return withPlace(async (dir) => {
    const kafka = await startLocalKafka({ dir: join(dir, 'broker') });
    try {
      const { brokers } = kafka;
      return [
        await appendFigure(brokers, join(dir, 'appends'), Math.round(500 * scale)),
        ...(await latencyFigures(brokers, join(dir, 'latency'), Math.round(2000 * scale))),
        await httpFigure(brokers, Math.round(40_000 * scale)),
        await foldFigure(brokers, join(dir, 'fold'), Math.round(1_000_000 * scale)),
        await nodesFigure(brokers, dir, Math.round(1500 * scale)),
      ];
    } finally {
      await kafka.stop();
    }
  });
}

function transportFor(brokers: readonly string[], cell: string): KafkajsTransport {
  return new KafkajsTransport({
    brokers,
    topic: `ihuman.${cell}.log`,
    rules: logRules,
    clientId: `bench-${randomText(4)}`,
  });
}

async function openLog(brokers: readonly string[], cell: string, dataDir: string) {
  const transport = transportFor(brokers, cell);
  const batches: (readonly LogRecord[])[] = [];
  const produce = transport.produce.bind(transport);
  transport.produce = (records) => {
    batches.push(records);
    return produce(records);
  };
  const { log, store } = await KafkaLog.open({
    transport,
    cell,
    openStore: (epoch) => StoreClient.start({ dataDir, copyOf: epoch }),
    onFailure: (error) => {
      throw error;
    },
  });
  const close = async (): Promise<void> => {
    await log.close();
    await store.close();
  };
  return { log, store, batches, close };
}

async function appendFigure(brokers: readonly string[], dataDir: string, each: number): Promise<Figure> {
  const { log, batches, close } = await openLog(brokers, 'appends', dataDir);
  const run = async (appends: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: callers }, async () => {
        const stream = newId('exec', systemClock);
        for (let i = 0; i < appends; i++) {
          const data = { attempt: 1, progress: (i / appends) * 100, status: 'working' };
          const expected = i === 0 ? 'none' : i - 1;
          const events = [{ type: 'ExecutionProgressed', data } as const];
          await log.append({ stream, expected, actor: 'node_bench', atMs: Date.now(), events });
        }
      }),
    );
  };
  await run(50);
  batches.length = 0;
  const before = performance.now();
  await run(each);
  const ours = ((callers * each) / (performance.now() - before)) * 1000;
  await close();
  const sent = batches.flat().length;
  return {
    name: 'Kafka: durable appends, read back',
    ours,
    limit: await plainRate(brokers, batches),
    unit: '/s',
    against: 'kafkajs producing the same records in the same batches, acks=all, no read-back',
    wanted: { atLeast: 0.5 },
    parameters: `${String(callers)} callers, ${String(each)} appends each, ${(sent / batches.length).toFixed(0)} records a batch`,
  };
}

async function plainRate(brokers: readonly string[], batches: readonly (readonly LogRecord[])[]): Promise<number> {
  const transport = transportFor(brokers, 'plain');
  await transport.prepareTopic();
  for (const batch of batches.slice(0, 20)) await transport.produce(batch);
  const before = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) await transport.produce(batch);
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const rate = (batches.flat().length / (performance.now() - before)) * 1000;
  await transport.close();
  return rate;
}

async function latencyFigures(brokers: readonly string[], dataDir: string, appends: number): Promise<Figure[]> {
  const { log, batches, close } = await openLog(brokers, 'latency', dataDir);
  const one = async (i: number): Promise<void> => {
    const events = [{ type: 'ExecutionProgressed', data: { attempt: 1, progress: i % 100, status: null } } as const];
    await log.append({ stream: 'exec_bench', expected: 'any', actor: 'node_bench', atMs: Date.now(), events });
  };
  for (let i = 0; i < 200; i++) await one(i);
  const ours = await timesOf(appends, one);
  await close();
  const transport = transportFor(brokers, 'latency-plain');
  await transport.prepareTopic();
  const record = batches.at(-1) ?? [];
  for (let i = 0; i < 200; i++) await transport.produce(record);
  const plain = await timesOf(appends, () => transport.produce(record));
  await transport.close();
  const parameters = `${String(appends)} appends, one after the other`;
  return [
    {
      name: 'Kafka: append with read-back, one at a time, p50',
      ours: median(ours),
      limit: median(plain),
      unit: 'ms',
      against: 'the plain round trip with acks=all',
      wanted: { atMost: 2 },
      parameters,
    },
    {
      name: 'Kafka: append with read-back, one at a time, p99',
      ours: quantile(ours, 0.99),
      limit: null,
      unit: 'ms',
      against: `${quantile(plain, 0.99).toFixed(2)} ms for the plain round trip`,
      wanted: { atMost: 25 },
      parameters,
    },
  ];
}

async function timesOf(times: number, work: (i: number) => Promise<void>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < times; i++) {
    const before = performance.now();
    await work(i);
    found.push(performance.now() - before);
  }
  return found;
}

async function httpFigure(brokers: readonly string[], requests: number): Promise<Figure> {
  const onKafka = ['--log=kafka', `--kafka-brokers=${brokers.join(',')}`, '--kafka-cell=http', '--runner=inline'];
  return {
    name: 'Kafka: HTTP submit to completed, inline',
    ours: await executionRate(onKafka, requests),
    limit: await executionRate(['--runner=inline'], requests),
    unit: '/s',
    against: 'the same on the embedded log',
    wanted: { atLeast: 0.5 },
    parameters: `${String(requests)} requests, 100 connections, no-op skill`,
  };
}

async function foldFigure(brokers: readonly string[], dataDir: string, events: number): Promise<Figure> {
  const first = await openLog(brokers, 'fold', join(dataDir, 'first'));
  await first.close();
  const transport = transportFor(brokers, 'fold');
  await transport.prepareTopic();
  for (const story of storiesOf(events))
    await transport.produce(story.map((append) => recordOf({ ...append, appendId: `${ownIdMark}${randomText(16)}` })));
  await transport.close();
  const before = performance.now();
  const node = await openLog(brokers, 'fold', join(dataDir, 'node'));
  await createQueries(node.store).countsByType();
  const elapsedMs = performance.now() - before;
  await node.close();
  const log = new LogFile(join(dataDir, 'node', 'log.db'), { readOnly: true });
  const begun = performance.now();
  foldLog({ log, path: join(dataDir, 'rebuilt.db'), projections, until: log.head, onProgress: () => undefined });
  const rebuildMs = performance.now() - begun;
  log.close();
  return {
    name: 'Kafka: fold of a topic into an empty node',
    ours: (events / elapsedMs) * 1000,
    limit: (events / rebuildMs) * 1000,
    unit: 'events/s',
    against: 'the rebuild of the same read models from the log on disk',
    wanted: { atLeast: 0.5 },
    parameters: `${events.toLocaleString('en')} events, log and read models`,
  };
}

/** A skill that keeps a processor busy for 20 ms. */
const busySkill = `module.exports = {
  metadata: { name: 'busy', version: '1.0.0', description: 'Works for 20 ms', category: 'bench', difficulty: 'beginner', author: 'bench', parameters: {} },
  async execute() {
    const until = process.cpuUsage().user + process.cpuUsage().system + 20_000;
    while (process.cpuUsage().user + process.cpuUsage().system < until);
    return null;
  },
};
`;

async function nodesFigure(brokers: readonly string[], dir: string, runs: number): Promise<Figure> {
  const skills = join(dir, 'skills');
  mkdirSync(join(skills, 'busy/src'), { recursive: true });
  writeFileSync(join(skills, 'busy/package.json'), '{"name":"busy","version":"1.0.0","main":"src/index.js"}');
  writeFileSync(join(skills, 'busy/src/index.js'), busySkill);
  const rate = async (nodes: number, slots: number): Promise<number> => {
    const cell = `nodes-${String(nodes)}`;
    const flags = ['--log=kafka', `--kafka-brokers=${brokers.join(',')}`, `--kafka-cell=${cell}`, `--skills=${skills}`];
    return cellRate({ dir: join(dir, cell), flags: [...flags, `--runner-slots=${String(slots)}`], nodes, runs });
  };
  return {
    name: 'Kafka: three nodes against one, executions of 20 ms',
    ours: await rate(3, 1),
    limit: await rate(1, 3),
    unit: '/s',
    against: 'one node with three processes',
    wanted: { atLeast: 0.85 },
    parameters: `${String(runs)} executions, three processes in all`,
  };
}

interface CellOptions {
  readonly dir: string;
  readonly flags: readonly string[];
  readonly nodes: number;
  readonly runs: number;
}

async function cellRate({ dir, flags, nodes, runs }: CellOptions): Promise<number> {
  const environment = { IHUMAN_VAULT_KEY: randomBytes(32).toString('base64') };
  const started: { program: Program; url: string; key: string }[] = [];
  for (let i = 0; i < nodes; i++) started.push(await startServer(join(dir, String(i)), flags, environment));
  const [{ url, key } = { url: '', key: '' }] = started;
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(url + path, { headers: { authorization: `Bearer ${key}` } })).json()) as T;
  const members = async (): Promise<number> =>
    (await ask<{ cluster: { nodes: readonly string[] } }>('/api/system/status')).cluster.nodes.length;
  while ((await members()) < nodes) await new Promise((resolve) => setTimeout(resolve, 200));
  const settle = async (wanted: number): Promise<void> => {
    const completed = async (): Promise<number> =>
      (await ask<{ total: number }>('/api/executions?status=completed&limit=1')).total;
    while ((await completed()) < wanted) await new Promise((resolve) => setTimeout(resolve, 25));
  };
  const warmUp = 200;
  await load({ url, key, path: '/api/skills/busy/execute', requests: warmUp, parallel: 20 });
  await settle(warmUp);
  const { startedAt } = await load({ url, key, path: '/api/skills/busy/execute', requests: runs, parallel: 20 });
  await settle(warmUp + runs);
  const elapsedMs = Date.now() - startedAt;
  await Promise.all(started.map(({ program }) => program.stop()));
  return (runs / elapsedMs) * 1000;
}
