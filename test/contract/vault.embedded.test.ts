import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { StoreClient } from '../../src/store/store-client.ts';
import { createVault } from '../../src/vault/vault.ts';
import { tempDir } from '../support/temp-dir.ts';
import { describeVault } from './vault.contract.ts';

const base = tempDir();

describeVault({
  name: 'the embedded log',
  newPlace: () => mkdtempSync(join(base, 'vault-')),
  open: async (dataDir) => {
    const store = await StoreClient.start({ dataDir });
    const vault = createVault((method, ...args) => store.write(method, ...args));
    return { a: vault, b: vault, close: () => store.close() };
  },
});
