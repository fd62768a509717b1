import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type LocalKafka, startLocalKafka } from '../../infra/kafka/local-kafka.ts';
import type { AppendResult, StoredAppend } from '../../src/event-log/event-log.ts';
import { KafkaLog } from '../../src/event-log/kafka/kafka-log.ts';
import { KafkajsTransport } from '../../src/event-log/kafka/kafkajs-transport.ts';
import { logRules } from '../../src/event-log/kafka/topic.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { missingLocalKafka } from '../support/kafka.ts';
import { appendOf, tick } from '../support/log.ts';
import { tempDir } from '../support/temp-dir.ts';

const base = tempDir();
const missing = await missingLocalKafka();

interface Node {
  readonly log: KafkaLog;
  close(): Promise<void>;
}

describe.skipIf(missing !== null)('a cluster of three brokers', () => {
  let kafka: LocalKafka;

  beforeAll(async () => {
    kafka = await startLocalKafka({ brokers: 3 });
  });
  afterAll(() => kafka.stop());

  async function openNode(): Promise<Node> {
    const { log, store } = await KafkaLog.open({
      transport: new KafkajsTransport({
        brokers: kafka.brokers,
        topic: 'ihuman.three.log',
        rules: logRules,
        clientId: 'test',
      }),
      cell: 'three',
      openStore: (epoch) => StoreClient.start({ dataDir: mkdtempSync(join(base, 'node-')), copyOf: epoch }),
      onFailure: () => undefined,
      resendMs: 1000,
      outcomeMs: 120_000,
    });
    return {
      log,
      close: async () => {
        await log.close();
        await store.close();
      },
    };
  }

  async function allAppends(log: KafkaLog): Promise<StoredAppend[]> {
    const appends: StoredAppend[] = [];
    for (;;) {
      const page = await log.readAppends({ after: appends.at(-1)?.position ?? 0, limit: 1000 });
      if (page.length === 0) return appends;
      appends.push(...page);
    }
  }

  it(
    'loses nothing and repeats nothing while its brokers are killed, started again and paused in turn',
    { timeout: 400_000 },
    async () => {
      const nodes = [await openNode(), await openNode()];
      const answers = new Map<string, AppendResult>();
      let stop = false;
      const appending = nodes.flatMap(({ log }, n) =>
        Array.from({ length: 5 }, async (_, worker) => {
          for (let i = 0; !stop; i++) {
            const stream = `exec_${String(n)}x${String(worker)}x${String(i)}`;
            answers.set(stream, await log.append(appendOf(stream, { expected: 'none', events: [tick(i)] })));
          }
        }),
      );
      const progressed = async (): Promise<void> => {
        const before = answers.size;
        while (answers.size < before + 100) await new Promise((resolve) => setTimeout(resolve, 20));
      };
      for (const broker of [0, 1, 2]) {
        await progressed();
        await kafka.kill(broker);
        await progressed();
        await kafka.restart(broker);
        await progressed();
        // Worse than dead: it takes connections and never answers.
        kafka.pause(broker);
        await progressed();
        kafka.resume(broker);
      }
      await progressed();
      stop = true;
      await Promise.all(appending);

      const fresh = await openNode();
      const appends = await allAppends(fresh.log);
      const positions = new Map(appends.map(({ stream, position }) => [stream, position]));
      expect(answers.size).toBeGreaterThan(1000);
      for (const [stream, result] of answers) {
        expect(result).toMatchObject({ outcome: 'accepted', position: positions.get(stream), firstRevision: 0 });
      }
      const streams = appends.map(({ stream }) => stream).filter((stream) => stream.startsWith('exec_'));
      expect(new Set(streams).size).toBe(streams.length);
      for (const { log } of nodes) expect(await allAppends(log)).toEqual(appends);
      await Promise.all([...nodes, fresh].map((node) => node.close()));
    },
  );
});
