import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { KafkajsTransport } from '../../src/event-log/kafka/kafkajs-transport.ts';
import { recordOf } from '../../src/event-log/kafka/log-record.ts';
import { logRules } from '../../src/event-log/kafka/topic.ts';
import { encodeRecord } from '../../src/event-log/record.ts';
import { takeKafka } from '../support/kafka.ts';
import { refusedStart, ServerProcess } from '../support/server-process.ts';
import { tempDir } from '../support/temp-dir.ts';

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
  const createTopic = (cell: string, numPartitions = 1, settings: Record<string, string> = {}): Promise<boolean> => {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    const topic = { topic: `ihuman.${cell}.log`, numPartitions, replicationFactor: 1, configEntries };
    return admin.createTopics({ waitForLeaders: true, topics: [topic] });
  };
  const good = Object.fromEntries(logRules(1));
  const write = async (cell: string, key: string, value: Buffer): Promise<void> => {
    const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: `ihuman.${cell}.log`, acks: -1, messages: [{ key, value }] });
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
    await write(cell, 'order-7', Buffer.from('{"amount":3}'));
    expect(await refusal(cell)).toContain('its first record is no ihuman manifest');
  });

  it('was written by a program with other rules', async () => {
    const cell = newCell();
    await createTopic(cell, 1, good);
    await write(cell, 'manifest', Buffer.from(JSON.stringify({ formatVersion: 99, foldVersion: 1, cell, epoch: 'x' })));
    expect(await refusal(cell)).toContain('it has format and rules [99,1]; this program knows [2,1]');
  });

  it('has lost its beginning, for a new node and for one that had it', async () => {
    const cell = newCell();
    const dir = newDir();
    const server = await ServerProcess.start(dir, flags(cell));
    expect(await server.terminate()).toBe(0);
    const topic = `ihuman.${cell}.log`;
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: end?.high ?? '0' }] });
    expect(await refusal(cell)).toContain('no record at offset 0 any more');
    expect(await refusal(cell, dir)).toContain('no record at offset');
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
});
