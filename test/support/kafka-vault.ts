import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { KafkaVault } from '../../src/event-log/kafka/kafka-vault.ts';
import type { KafkaTransport } from '../../src/event-log/kafka/transport.ts';
import { StoreClient } from '../../src/store/store-client.ts';

/** The vault of a cell as one node has it, and what went wrong on the way. */
export interface OpenedVault {
  readonly vault: KafkaVault;
  readonly failures: readonly Error[];
  close(): Promise<void>;
}

/** Opens the vault of a cell on a node with its data directory. */
export async function openKafkaVault(dataDir: string, transport: KafkaTransport): Promise<OpenedVault> {
  const failures: Error[] = [];
  const store = await StoreClient.start({ dataDir, copyOf: 'epoch' });
  try {
    const vault = await KafkaVault.open({
      transport,
      call: (method, ...args) => store.write(method, ...args),
      onFailure: (error) => failures.push(error),
      resendMs: 300,
    });
    const close = async (): Promise<void> => {
      await vault.close();
      await store.close();
    };
    return { vault, failures, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Opens the vault on two nodes of one cell, whose data directories lie in `place`. */
export async function openTwoKafkaVaults(
  place: string,
  connect: () => KafkaTransport,
): Promise<{ a: KafkaVault; b: KafkaVault; close: () => Promise<void> }> {
  const a = await openKafkaVault(join(place, 'a'), connect());
  const dataDir = join(place, 'b');
  shareKey(join(place, 'a'), dataDir);
  const b = await openKafkaVault(dataDir, connect());
  const close = async (): Promise<void> => {
    await Promise.all([a.close(), b.close()]);
  };
  return { a: a.vault, b: b.vault, close };
}

/** What an operator does for a new node: it gets the key of the cell. */
export function shareKey(from: string, to: string): void {
  if (existsSync(join(to, 'vault.key'))) return;
  mkdirSync(to, { mode: 0o700, recursive: true });
  copyFileSync(join(from, 'vault.key'), join(to, 'vault.key'));
}
