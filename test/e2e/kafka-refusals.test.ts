import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import kafkajs, { type Admin, type Message } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newKafka } from '../../src/event-log/kafka/kafkajs-client.ts';
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

const patienceMs = 240_000;
const goodSettings = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'max.message.bytes': String(5 * 1024 * 1024),
  'unclean.leader.election.enable': 'false',
};

describe.skipIf(kafka.missing !== null)('a topic that cannot be a log', () => {
  const client = newKafka({ brokers: kafka.brokers, clientId: 'test' });
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  const admin: Admin = client.admin();
  let cells = 0;

  beforeAll(() => Promise.all([admin.connect(), producer.connect()]));
  afterAll(() => Promise.all([admin.disconnect(), producer.disconnect()]));

  interface Cell {
    readonly name: string;
    readonly topic: string;
    readonly vaultTopic: string;
    readonly flags: readonly string[];
    readonly dir: string;
  }
  const newCell = (): Cell => {
    const name = `refusals-${String(process.pid)}-${String(cells++)}`;
    const flags = ['--log=kafka', `--kafka-brokers=${kafka.brokers.join(',')}`, `--kafka-cell=${name}`];
    return { name, topic: `ihuman.${name}.log`, vaultTopic: `ihuman.${name}.vault`, flags, dir: join(base, name) };
  };
  const create = (topic: string, settings: Record<string, string>, numPartitions = 1): Promise<boolean> => {
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    return admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }],
    });
  };
  const write = (topic: string, messages: Message[]): Promise<unknown> =>
    producer.send({ topic, messages: messages.map((message) => ({ ...message, partition: 0 })) });
  /** Starts a server of the cell, has it run something, and gives back what it has run. */
  const runOne = async (server: ServerProcess): Promise<string> => {
    const token = readFileSync(server.adminKeyFile, 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const execute = `${server.url}/api/skills/noop/execute`;
    const response = await fetch(execute, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(202);
    const { executionId } = (await response.json()) as { executionId: string };
    await until('it completes', async () => {
      const shown = await fetch(`${server.url}/api/executions/${executionId}`, { headers });
      return ((await shown.json()) as { status: string }).status === 'completed';
    });
    return executionId;
  };
  const expectRefusal = async ({ dir, flags }: Cell, named: readonly string[]): Promise<void> => {
    const { code, stderr } = await refusedStart(dir, flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ihuman cannot start\. /);
    for (const name of named) expect(stderr).toContain(name);
    expect(stderr).not.toContain('    at ');
  };

  it.each([
    ['forgets what is old', { 'retention.ms': '604800000' }, 'retention.ms=-1'],
    ['forgets what is too much', { 'retention.bytes': '1000000' }, 'retention.bytes=-1'],
    ['keeps only the last record of a key', { 'cleanup.policy': 'compact' }, 'cleanup.policy=delete'],
    ['takes small records only', { 'max.message.bytes': '1000000' }, 'max.message.bytes=5242880'],
    [
      'lets brokers lead that have missed something',
      { 'unclean.leader.election.enable': 'true' },
      'unclean.leader.election.enable=false',
    ],
  ])(
    'because it %s is refused with the command that mends it',
    { timeout: patienceMs },
    async (_, settings, mended) => {
      const cell = newCell();
      await create(cell.topic, { ...goodSettings, ...settings });
      await expectRefusal(cell, [cell.topic, 'kafka-configs.sh', `--add-config ${mended}`]);
    },
  );

  it('because it has two partitions is refused, with what to do', { timeout: patienceMs }, async () => {
    const cell = newCell();
    await create(cell.topic, goodSettings, 2);
    await expectRefusal(cell, [cell.topic, 'has 2 partitions', 'IHUMAN_KAFKA_CELL']);
  });

  it('because it is a vault that forgets what is old is refused too', { timeout: patienceMs }, async () => {
    const cell = newCell();
    await create(cell.vaultTopic, goodSettings);
    await expectRefusal(cell, [cell.vaultTopic, 'cleanup.policy=compact']);
  });

  it('because somebody else began it is refused', { timeout: patienceMs }, async () => {
    const cell = newCell();
    await create(cell.topic, goodSettings);
    await write(cell.topic, [{ key: 'order', value: Buffer.from([0xff, 0, 1, 2]) }]);
    await expectRefusal(cell, ['its first record is no ihuman manifest']);
  });

  it(
    'because its first records were deleted is refused by new nodes and by those that know it, and says so',
    { timeout: patienceMs },
    async () => {
      const cell = newCell();
      const server = await ServerProcess.start(cell.dir, cell.flags);
      await runOne(server);
      expect(await server.terminate()).toBe(0);
      const [end] = await admin.fetchTopicOffsets(cell.topic);
      await admin.deleteTopicRecords({ topic: cell.topic, partitions: [{ partition: 0, offset: '3' }] });
      await expectRefusal({ ...cell, dir: mkdtempSync(join(base, 'new-')) }, [
        'were deleted from the topic',
        'IHUMAN_KAFKA_CELL',
      ]);
      await expectRefusal(cell, ['were deleted from the topic', 'IHUMAN_KAFKA_CELL']);
      await admin.deleteTopicRecords({ topic: cell.topic, partitions: [{ partition: 0, offset: end?.high ?? '' }] });
      await expectRefusal({ ...cell, dir: mkdtempSync(join(base, 'new-')) }, [
        'were deleted from the topic',
        'IHUMAN_KAFKA_CELL',
      ]);
      await expectRefusal(cell, ['were deleted from the topic', 'IHUMAN_KAFKA_CELL']);
    },
  );

  it(
    'is one all the same when others have written into it: what is no append counts for nothing, what cannot be read stops nothing',
    { timeout: patienceMs },
    async () => {
      const cell = newCell();
      const first = await ServerProcess.start(cell.dir, cell.flags);
      const ran = [await runOne(first)];
      const headers = { 'ap-id': 'foreign', 'ap-expect': 'any', 'ap-count': '1', 'ap-fold': '1' };
      const schemaOfNobody = Buffer.from('c301ffffffffffffffff00010203', 'hex');
      const value = encodeRecord({
        appendId: 'foreign',
        atMs: 1,
        actor: 'somebody',
        causationId: null,
        correlationId: null,
        events: [schemaOfNobody, Buffer.alloc(0)],
      });
      await write(cell.topic, [
        { key: null, value: null },
        { key: Buffer.from([0xff, 0xfe]), value: Buffer.from([0, 1, 2, 3]) },
        { key: 'exec_x', value: 'no headers' },
        { key: 'exec_x', headers: { 'ap-id': 'x' }, value: 'no expectation' },
        { key: 'exec_garbage', headers, value: Buffer.alloc(20, 0xff) },
        { key: 'exec_empty', headers, value: null },
        { key: 'exec_miscounted', headers: { ...headers, 'ap-count': '3' }, value },
        { key: 'exec_unreadable', headers: { ...headers, 'ap-count': '2' }, value },
      ]);
      await write(cell.vaultTopic, [
        { key: 'x', value: Buffer.alloc(20, 0xff) },
        {
          key: 'y',
          headers: { 'v-kind': 'session', 'v-name': 'y', 'v-owner': 'user_y' },
          value: 'not sealed by anybody',
        },
      ]);
      ran.push(await runOne(first));
      expect(await first.terminate()).toBe(0);
      const again = await ServerProcess.start(cell.dir, cell.flags);
      ran.push(await runOne(again));
      expect(await again.terminate()).toBe(0);

      expect(verifyDataDir(cell.dir, () => undefined)).toMatchObject({ clean: true, chain: { intact: true } });
      const log = new LogFile(join(cell.dir, 'log.db'), { readOnly: true });
      const streams = new Set(log.readAll(0, 10_000).map(({ stream }) => stream));
      expect(log.readStream('exec_unreadable', 0, 10)).toMatchObject([{ firstRevision: 0, eventCount: 2 }]);
      log.close();
      for (const id of ran) expect(streams).toContain(id);
      for (const id of ['x', 'garbage', 'empty', 'miscounted']) expect(streams).not.toContain(`exec_${id}`);
    },
  );
});
