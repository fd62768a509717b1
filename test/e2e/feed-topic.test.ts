import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { takeKafka } from '../support/kafka.ts';
import { describeWithPython, run } from '../support/python.ts';
import { ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

const base = tempDir();
const kafka = await takeKafka();
afterAll(() => kafka.stop());

interface Line {
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly data: Record<string, unknown>;
}

interface CloudEvent {
  readonly type: string;
  readonly subject: string;
  readonly streamrevision: number;
  readonly sequence: string;
}

const topic = `feed-${String(process.pid)}`;
const flags = [`--kafka-brokers=${kafka.brokers.join(',')}`, `--feed-topic=${topic}`, '--runner=inline'];

/** Starts a server that publishes, runs something on it, and returns all that its own feed has. */
async function publishingServer(): Promise<{ server: ServerProcess; token: string; events: readonly CloudEvent[] }> {
  let server = await ServerProcess.start(join(base, 'data'), flags);
  const token = readFileSync(server.adminKeyFile, 'utf8').trim();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=20' };
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 3; i++) {
      const body = JSON.stringify({ params: { from: 3, intervalMs: 5 } });
      await fetch(`${server.url}/api/skills/countdown/execute`, { method: 'POST', headers, body });
    }
    if (round > 0) break;
    await server.kill();
    server = await ServerProcess.start(join(base, 'data'), flags);
  }
  const all: CloudEvent[] = [];
  for (let after = ''; ;) {
    const answer = await fetch(`${server.url}/api/events?limit=100${after}`, { headers });
    const page = (await answer.json()) as CloudEvent[];
    all.push(...page);
    after = `&after=${answer.headers.get('position-next') ?? ''}`;
    if (page.length === 0) break;
  }
  return { server, token, events: all.filter(({ subject }) => !subject.startsWith('system_')) };
}

function expectSame(stdout: string, events: readonly CloudEvent[]): void {
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const inOrder = (found: readonly { readonly key: string }[]): unknown => Map.groupBy(found, ({ key }) => key);
  expect(
    inOrder(lines.map(({ stream, revision, type, position }) => ({ key: stream, revision, type, position }))),
  ).toEqual(
    inOrder(
      events.map(({ subject, streamrevision, type, sequence }) => ({
        key: subject,
        revision: streamrevision,
        type,
        position: sequence,
      })),
    ),
  );
  expect(lines.find(({ type }) => type.includes('ExecutionStarted'))?.data).toMatchObject({
    attempt: 1,
    mode: 'inline',
  });
}

describe.skipIf(kafka.missing !== null)('the topic for outside consumers', async () => {
  const { server, token, events } =
    kafka.missing === null ? await publishingServer() : { server: null, token: '', events: [] };
  afterAll(() => server?.terminate());
  const environment = {
    BROKERS: kafka.brokers.join(','),
    TOPIC: topic,
    API: server?.url ?? '',
    TOKEN: token,
    COUNT: String(events.length),
  };

  it('gives the example in JavaScript every event, each once, streams in order, over a kill -9 of the server', async () => {
    const { code, stdout, output } = await run(process.execPath, ['examples/feed-consumer/consumer.mjs'], {
      environment,
    });
    expect(code, output).toBe(0);
    expectSame(stdout, events);
  });

  await describeWithPython('with Python', (python) => {
    it('gives the example in Python the same', async () => {
      const { code, stdout, output } = await run(python, ['examples/feed-consumer/consumer.py'], { environment });
      expect(code, output).toBe(0);
      expectSame(stdout, events);
    });
  });

  it('has the frame of a schema registry where there is one', async () => {
    const registered = new Map<string, number>();
    const registry = createServer((request, response) => {
      const subject = decodeURIComponent(request.url?.split('/')[2] ?? '');
      registered.set(subject, registered.get(subject) ?? 100 + registered.size);
      response.end(JSON.stringify({ id: registered.get(subject) }));
    });
    registry.listen(0, '127.0.0.1');
    await once(registry, 'listening');
    const url = `http://127.0.0.1:${String((registry.address() as AddressInfo).port)}`;
    const framed = await ServerProcess.start(join(base, 'framed'), [
      ...flags.filter((flag) => !flag.startsWith('--feed-topic')),
      `--feed-topic=${topic}.framed`,
      `--schema-registry=${url}`,
    ]);
    const { default: kafkajs } = await import('kafkajs');
    const client = new kafkajs.Kafka({ brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
    const consumer = client.consumer({ groupId: `${topic}.framed` });
    await consumer.connect();
    const first = Promise.withResolvers<{ type: string; id: number; marker: number }>();
    await untilThere(() => consumer.subscribe({ topic: `${topic}.framed`, fromBeginning: true }));
    await consumer.run({
      eachMessage: ({ message: { headers, value } }) => {
        const type = String(headers?.ce_type).split('.')[1] ?? '';
        first.resolve({ type, id: value?.readUInt32BE(1) ?? 0, marker: value?.[0] ?? -1 });
        return Promise.resolve();
      },
    });
    const { type, id, marker } = await first.promise;
    expect([marker, id]).toEqual([0, registered.get(`${topic}.framed-ihuman.events.${type}`)]);
    await consumer.disconnect();
    await framed.terminate();
    registry.close();
  });
});

async function untilThere(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
