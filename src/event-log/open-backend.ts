import { connectionOf, type KafkaSettings } from '../kafka/connection.ts';
import { StoreClient } from '../store/store-client.ts';
import { EmbeddedLog } from './embedded/embedded-log.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import type { EventLog } from './event-log.ts';
import { KafkaLog } from './kafka/kafka-log.ts';
import { KafkaVault } from './kafka/kafka-vault.ts';
import { logRules, vaultRules } from './kafka/topic.ts';
import { aloneAs, type Membership } from './membership.ts';

/** The backends that a log can stand on. */
export type LogBackend = 'embedded' | 'kafka';

/** Which log to open, and how to reach it. */
export interface BackendOptions {
  readonly backend: LogBackend;
  readonly dataDir: string;
  /** The key of the vault; empty: the file in the data directory has it. */
  readonly vaultKey: Uint8Array;
  /** This node's id. */
  readonly node: string;
  readonly kafka: KafkaSettings & {
    readonly cell: string;
    /** What the cluster has not confirmed for this long has an unknown outcome. */
    readonly outcomeMs: number;
  };
  /** How many records of the log this node has taken in, while it opens. */
  readonly onProgress: (progress: { readonly taken: number; readonly of: number }) => void;
  /** The log has stopped for good: the node can do nothing more. */
  readonly onFailure: (error: Error) => void;
  /** The log's topic has a record that ihuman did not write; it counts for nothing. */
  readonly onForeign: (offset: number) => void;
  /** The node is no member of its cell for the moment. */
  readonly onCutOff: (error: unknown) => void;
}

/** What a log stands on: the log itself, the store that holds it or this node's copy of it, the vault, and the other nodes. */
export interface Backend {
  readonly log: EventLog;
  readonly store: StoreClient;
  readonly vault: Vault;
  readonly membership: Membership;
  /** Closes all of it: what is on its way is waited for. */
  close(): Promise<void>;
}

/** Opens the chosen backend: the one place that knows which there are. */
export function openBackend(options: BackendOptions): Promise<Backend> {
  switch (options.backend) {
    case 'embedded':
      return openEmbedded(options);
    case 'kafka':
      return openKafka(options);
  }
}

async function openEmbedded({ dataDir, vaultKey, node }: BackendOptions): Promise<Backend> {
  const store = await StoreClient.start({ dataDir, vaultKey });
  try {
    const log = await EmbeddedLog.open(store);
    const vault = createVault((method, ...args) => store.write(method, ...args));
    return backendOf({ log, store, vault, membership: aloneAs(node) });
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openKafka({ dataDir, vaultKey, node, kafka, ...told }: BackendOptions): Promise<Backend> {
  // Loaded only where they are used: the client alone takes longer to load than the server.
  const { KafkajsTransport } = await import('./kafka/kafkajs-transport.ts');
  const { KafkaMembership } = await import('./kafka/kafka-membership.ts');
  const { onFailure, onCutOff, onForeign, onProgress } = told;
  const { cell, outcomeMs } = kafka;
  const connection = connectionOf(kafka, node);
  const { log, store } = await KafkaLog.open({
    transport: new KafkajsTransport({ ...connection, topic: `ihuman.${cell}.log`, rules: logRules }),
    cell,
    openStore: (epoch) => StoreClient.start({ dataDir, vaultKey, copyOf: epoch }),
    onFailure,
    onForeign,
    onProgress,
    outcomeMs,
  });
  try {
    const vault = await KafkaVault.open({
      transport: new KafkajsTransport({ ...connection, topic: `ihuman.${cell}.vault`, rules: vaultRules }),
      call: (method, ...args) => store.write(method, ...args),
      onFailure,
      outcomeMs,
    });
    return backendOf({
      log,
      store,
      vault,
      membership: new KafkaMembership({ ...connection, cell, onError: onCutOff }),
    });
  } catch (error) {
    await log.close();
    await store.close();
    throw error;
  }
}

function backendOf(parts: Omit<Backend, 'close'>): Backend {
  const { log, store, vault, membership } = parts;
  return {
    ...parts,
    close: async () => {
      const closed = await Promise.allSettled([membership.leave(), log.close(), vault.close()]);
      await store.close();
      const failed = closed.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
