import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { EmbeddedLog } from '../../src/event-log/embedded/embedded-log.ts';
import { StoreClient } from '../../src/store/store-client.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeEventLog } from './event-log.contract.ts';

const base = tempDir();

describeEventLog({
  name: 'the embedded store',
  newPlace: () => mkdtempSync(join(base, 'log-')),
  open: async (dataDir) => {
    const store = await StoreClient.start({ dataDir });
    const log = await EmbeddedLog.open(store);
    return {
      log,
      crash: () => store.crash(),
      close: async () => {
        await log.close();
        await store.close();
      },
    };
  },
});
