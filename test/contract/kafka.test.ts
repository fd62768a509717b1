import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe } from 'vitest';

import { KafkaLog } from '../../src/event-log/kafka/kafka-log.ts';
import { KafkajsTransport } from '../../src/event-log/kafka/kafkajs-transport.ts';
import { logRules, vaultRules } from '../../src/event-log/kafka/topic.ts';
import { randomText } from '../../src/kernel/ids.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { takeKafka } from '../support/kafka.ts';
import { openTwoKafkaVaults } from '../support/kafka-vault.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeEventLog } from './event-log.contract.ts';
import { describeVault } from './vault.contract.ts';

const base = tempDir();
const kafka = await takeKafka();
afterAll(() => kafka.stop());

describe.skipIf(kafka.missing !== null)('with a broker', () => {
  describeEventLog({
    name: 'Kafka',
    // A place is a topic and this node's data directory.
    newPlace: () => mkdtempSync(join(base, 'log-')),
    open: async (dataDir) => {
      const cell = dataDir.slice(-6);
      const transport = new KafkajsTransport({
        brokers: kafka.brokers,
        topic: `ihuman.${cell}.log`,
        rules: logRules,
        clientId: `test-${randomText(6)}`,
      });
      const { log, store } = await KafkaLog.open({
        transport,
        cell,
        openStore: (epoch) => StoreClient.start({ dataDir, copyOf: epoch }),
        onFailure: () => undefined,
        // After a crash nobody waits long for what was on its way.
        resendMs: 300,
        outcomeMs: 1500,
      });
      return {
        log,
        crash: async () => {
          await store.crash();
          await transport.close();
        },
        close: async () => {
          await log.close();
          await store.close();
        },
      };
    },
  });

  describeVault({
    name: 'Kafka',
    newPlace: () => mkdtempSync(join(base, 'vault-')),
    open: (place) =>
      openTwoKafkaVaults(place, () => {
        const topic = `ihuman.${place.slice(-6)}.vault`;
        return new KafkajsTransport({ brokers: kafka.brokers, topic, rules: vaultRules, clientId: 'test' });
      }),
  });
});
