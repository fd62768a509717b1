import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import kafkajs, { type Admin, type Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KafkajsTransport } from '../../src/event-log/kafka/kafkajs-transport.ts';
import { recordOf } from '../../src/event-log/kafka/log-record.ts';
import { logRules } from '../../src/event-log/kafka/topic.ts';
import { encodeRecord } from '../../src/event-log/record.ts';
import { LogFile } from '../../src/store/log-file.ts';
import { verifyDataDir } from '../../src/verify.ts';
import { takeKafka } from '../support/kafka.ts';
import { refusedStart, ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const base = tempDir();
const kafka = await takeKafka();
afterAll(() => kafka.stop());

describe.skipIf(kafka.missing !== null)('a topic that a node cannot work with', { timeout: 60_000 }, () => {
  const client = new kafkajs.Kafka({ brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
  let admin: Admin;
  let cells = 0;
  const newCell = (): string => `topics-${String(process.pid)}-${String(cells++)}`;
  const newDir = (): string => mkdtempSync(join(base, 'node-'));
  const flags = (cell: string): string[] => [
    '--log=kafka',
    `--kafka-brokers=${kafka.brokers.join(',')}`,
    `--kafka-cell=${cell}`,
    '--runner=inline',
  ];
  /** A broker that has just started, or made a topic, may say no for a moment. */
  const taken = async <T>(work: () => Promise<T>): Promise<T> => {
    let last: unknown;
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        return await work();
      } catch (error) {
        last = error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
    throw last;
  };
  const createTopic = (cell: string, numPartitions = 1, settings: Record<string, string> = {}): Promise<boolean> => {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const topic = { topic: `ihuman.${cell}.log`, numPartitions, replicationFactor: 1, configEntries };
    return taken(() => admin.createTopics({ waitForLeaders: true, topics: [topic] }));
  };
  const good = Object.fromEntries(logRules(1));
  const write = async (topic: string, ...messages: Message[]): Promise<void> => {
    const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await taken(() => producer.connect());
    await taken(() => producer.send({ topic, acks: -1, messages }));
    await producer.disconnect();
  };
  const refusal = async (cell: string, dir = newDir()): Promise<string> => {
    const { code, stderr } = await refusedStart(dir, flags(cell));
    expect(code).toBe(1);
    return stderr;
  };

  beforeAll(async () => {
    admin = client.admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());

  it('has several partitions', async () => {
    const cell = newCell();
    await createTopic(cell, 2, good);
    expect(await refusal(cell)).toMatch(/has 2 partitions.*Choose another cell/s);
  });

  it('forgets, or loses: the message has the command that mends it, and after it the node starts', async () => {
    const cell = newCell();
    await createTopic(cell, 1, { 'retention.ms': '1000', 'max.message.bytes': '1000' });
    const stderr = await refusal(cell);
    expect(stderr).toContain('retention.ms = 1000');
    const wanted = /kafka-configs\.sh .*--entity-name (\S+) --add-config (\S+)/.exec(stderr);
    const configEntries = (wanted?.[2] ?? '').split(',').map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return { name, value };
    });
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: wanted?.[1] ?? '', configEntries }] });
    const server = await ServerProcess.start(newDir(), flags(cell));
    expect(await server.terminate()).toBe(0);
  });

  it('holds something else', async () => {
    const cell = newCell();
    await createTopic(cell, 1, good);
    await write(`ihuman.${cell}.log`, { key: 'order-7', value: Buffer.from('{"amount":3}') });
    expect(await refusal(cell)).toContain('its first record is no ihuman manifest');
  });

  it('was written by a program with other rules', async () => {
    const cell = newCell();
    await createTopic(cell, 1, good);
    const value = Buffer.from(JSON.stringify({ formatVersion: 99, foldVersion: 1, cell, epoch: 'x' }));
    await write(`ihuman.${cell}.log`, { key: 'manifest', value });
    expect(await refusal(cell)).toContain('it has format and rules [99,1]; this program knows [2,1]');
  });

  it('has lost its beginning, for a new node and for one that had it', async () => {
    const cell = newCell();
    const dir = newDir();
    const server = await ServerProcess.start(dir, flags(cell));
    expect(await server.terminate()).toBe(0);
    const topic = `ihuman.${cell}.log`;
    const [end] = await admin.fetchTopicOffsets(topic);
    for (const offset of ['2', end?.high ?? '']) {
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
      expect(await refusal(cell)).toContain('no record at offset 0, so records were deleted from the topic');
      if (offset !== '2') expect(await refusal(cell, dir)).toMatch(/no record at offset .*IHUMAN_KAFKA_CELL/);
    }
  });

  it('has an event that no schema here knows: it is shown as it is, and nothing is skipped', async () => {
    const cell = newCell();
    const dir = newDir();
    const first = await ServerProcess.start(dir, flags(cell));
    const token = readFileSync(first.adminKeyFile, 'utf8').trim();
    expect(await first.terminate()).toBe(0);
    const transport = new KafkajsTransport({
      brokers: kafka.brokers,
      clientId: 'test',
      topic: `ihuman.${cell}.log`,
      rules: logRules,
    });
    const unknown = Buffer.concat([Buffer.from('c301', 'hex'), Buffer.alloc(8, 7), Buffer.from('later')]);
    const record = encodeRecord({
      appendId: 'a',
      atMs: 1_790_000_000_000,
      actor: 'node_later',
      causationId: null,
      correlationId: null,
      events: [unknown],
    });
    await transport.produce([recordOf({ stream: 'exec_later', expected: -1, eventCount: 1, record, appendId: 'a' })]);
    await transport.close();
    const second = await ServerProcess.start(dir, flags(cell));
    const answer = await fetch(`${second.url}/api/events?stream=exec_later`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await answer.json()).toMatchObject([
      { type: 'ihuman.Undecodable.v1', data: { base64: unknown.toString('base64') } },
    ]);
    expect(await second.terminate()).toBe(0);
  });

  it('has what others wrote into it: that counts for nothing, and is told', async () => {
    const cell = newCell();
    const dir = newDir();
    const first = await ServerProcess.start(dir, flags(cell));
    const ran = [await runOne(first)];
    const own = { key: 'exec_foreign', headers: { ap: 'any 1 foreign' } };
    await write(
      `ihuman.${cell}.log`,
      { key: null, value: null },
      { key: Buffer.from([0xff, 0xfe]), value: Buffer.from([0, 1, 2, 3]) },
      { key: 'exec_foreign', value: 'no header' },
      { ...own, headers: { ap: 'any' }, value: 'a header that is none' },
      { ...own, value: Buffer.alloc(20, 0xff) },
      { ...own, value: null },
    );
    const vaultHeaders = { 'v-kind': 'session', 'v-name': 'y', 'v-owner': 'user_y' };
    await write(
      `ihuman.${cell}.vault`,
      { key: 'x', value: Buffer.alloc(20, 0xff) },
      { key: 'y', headers: vaultHeaders, value: 'not sealed by anybody' },
    );
    ran.push(await runOne(first));
    expect(await first.terminate()).toBe(0);
    expect(first.stderr().split('log.foreign_record')).toHaveLength(1 + 6);
    const again = await ServerProcess.start(dir, flags(cell));
    ran.push(await runOne(again));
    expect(await again.terminate()).toBe(0);

    expect(verifyDataDir(dir, () => undefined)).toMatchObject({ clean: true, chain: { intact: true } });
    const log = new LogFile(join(dir, 'log.db'), { readOnly: true });
    const streams = log.readAll(0, 10_000).map(({ stream }) => stream);
    log.close();
    expect(streams).toEqual(expect.arrayContaining(ran));
    expect(streams).not.toContain('exec_foreign');
  });
});

/** Has the server run something, and returns the execution when it has completed. */
async function runOne(server: ServerProcess): Promise<string> {
  const token = readFileSync(server.adminKeyFile, 'utf8').trim();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const submitted = await fetch(`${server.url}/api/skills/noop/execute`, { method: 'POST', headers, body: '{}' });
  expect(submitted.status).toBe(202);
  const { executionId } = (await submitted.json()) as { executionId: string };
  await until('it completes', async () => {
    const shown = await fetch(`${server.url}/api/executions/${executionId}`, { headers });
    return ((await shown.json()) as { status: string }).status === 'completed';
  });
  return executionId;
}
