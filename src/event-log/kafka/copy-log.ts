import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { AppError } from '../../kernel/errors.ts';
import { randomText } from '../../kernel/ids.ts';
import { dataFiles } from '../../store/data-dir.ts';
import { LogFile, ownIdMark, type ProposedAppend } from '../../store/log-file.ts';
import type { StoredRecord } from '../../store/log-pages.ts';
import { StoreClient } from '../../store/store-client.ts';
import { decodeRecord } from '../record.ts';
import { KafkaLog } from './kafka-log.ts';
import { KafkaVault } from './kafka-vault.ts';
import { manifestRecord, recordOf } from './log-record.ts';
import type { KafkaTransport, LogRecord } from './transport.ts';

/** What was copied, and the chain hash at its end, in hexadecimal: the same on both sides. */
export interface CopiedLog {
  readonly appends: number;
  readonly headHash: string;
}

interface CopyOptions {
  readonly transport: KafkaTransport;
  readonly cell: string;
  /** The key of the vault; empty: the new data directory has the file. */
  readonly vaultKey: Uint8Array;
  readonly onProgress: (what: string, done: number, of: number) => void;
}

const pageEvents = 2000;
const maxTries = 20;
const retryMs = 500;

/**
 * Writes the log of a data directory into the empty topic of a new cell, and reads it back into `newDataDir`, which is a node's
 * from then on. Throws CONFIG_INVALID when the topic holds something, LOG_CORRUPT when what came back is not what was written.
 */
export async function copyToKafka(
  dataDir: string,
  newDataDir: string,
  { transport, cell, vaultKey, onProgress }: CopyOptions,
): Promise<CopiedLog> {
  const source = new LogFile(join(dataDir, dataFiles.log), { readOnly: true });
  try {
    await transport.prepareTopic();
    if ((await transport.endOffset()) > 0) {
      await transport.close();
      throw new AppError('CONFIG_INVALID', {
        message: `The topic of the cell ${cell} holds a log already. Choose another cell; or, where a copy was interrupted, delete the topic and begin again.`,
      });
    }
    await produce(transport, [manifestRecord({ epoch: randomText(12), cell })]);
    for (let after = 0; after < source.head;) {
      const page = source.readAll(after, pageEvents);
      await produce(transport, page.map(kafkaRecordOf));
      after = page.at(-1)?.position ?? source.head;
      onProgress('writing', after, source.head);
    }
    const { log, store } = await KafkaLog.open({
      transport,
      cell,
      openStore: (epoch) => StoreClient.start({ dataDir: newDataDir, vaultKey, copyOf: epoch }),
      onFailure: () => undefined,
      onProgress: ({ taken, of }) => {
        onProgress('reading back', taken, of);
      },
    });
    await log.close();
    await store.close();
    return requireSame(source, newDataDir);
  } finally {
    source.close();
  }
}

/**
 * Reads the log and the vault of a cell into a new data directory of an embedded log. The key of the vault has to be there
 * already. Throws LOG_CORRUPT when the two logs are not the same in the end.
 */
export async function copyFromKafka(
  newDataDir: string,
  { transport, vaultTransport, cell, vaultKey, onProgress }: CopyOptions & { readonly vaultTransport: KafkaTransport },
): Promise<CopiedLog> {
  const nodeDir = mkdtempSync(join(newDataDir, 'copying-'));
  try {
    const { log, store } = await KafkaLog.open({
      transport,
      cell,
      openStore: (epoch) => StoreClient.start({ dataDir: nodeDir, copyOf: epoch }),
      onFailure: () => undefined,
      onProgress: ({ taken, of }) => {
        onProgress('reading', taken, of);
      },
    });
    await log.close();
    await store.close();
    const source = new LogFile(join(nodeDir, dataFiles.log), { readOnly: true });
    try {
      writeEmbedded(source, join(newDataDir, dataFiles.log), onProgress);
      await takeVault(newDataDir, vaultKey, vaultTransport);
      return requireSame(source, newDataDir);
    } finally {
      source.close();
    }
  } finally {
    rmSync(nodeDir, { recursive: true, force: true });
  }
}

function writeEmbedded(source: LogFile, path: string, onProgress: CopyOptions['onProgress']): void {
  const target = new LogFile(path);
  for (let after = 0; after < source.head;) {
    const page = source.readAll(after, pageEvents);
    target.appendAll(page.map(embeddedAppendOf));
    after = page.at(-1)?.position ?? source.head;
    onProgress('writing', after, source.head);
  }
  target.close();
}

/** The vault of the cell as one of its own. */
async function takeVault(dataDir: string, vaultKey: Uint8Array, transport: KafkaTransport): Promise<void> {
  const store = await StoreClient.start({ dataDir, vaultKey });
  try {
    const call = <T>(method: string, ...args: readonly unknown[]): Promise<T> => store.write<T>(method, ...args);
    const vault = await KafkaVault.open({ transport, call, onFailure: () => undefined });
    await vault.close();
    await store.write('vault.endCopy');
  } finally {
    await store.close();
  }
}

/** An append whose caller gave no id gets one here: a partition wants one, and the record stays as it is. */
function kafkaRecordOf(stored: StoredRecord): LogRecord {
  const { appendId } = decodeRecord(stored.record);
  return recordOf({
    ...proposalOf(stored),
    appendId: appendId === '' ? `${ownIdMark}${randomText(16)}` : appendId,
  });
}

function embeddedAppendOf(stored: StoredRecord): ProposedAppend {
  const { appendId } = decodeRecord(stored.record);
  return { ...proposalOf(stored), appendId: appendId === '' || appendId.startsWith(ownIdMark) ? null : appendId };
}

function proposalOf({ stream, firstRevision, eventCount, record }: StoredRecord): Omit<ProposedAppend, 'appendId'> {
  return { stream, expected: firstRevision - 1, eventCount, record };
}

/** A request that failed may have been written all the same: written twice, the second one counts for nothing. */
async function produce(transport: KafkaTransport, records: readonly LogRecord[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await transport.produce(records);
      return;
    } catch (error) {
      if (tries === maxTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

/** The hash at the original's end covers all that is before it: a copy that has the same hash somewhere has all of it. */
function requireSame(source: LogFile, dataDir: string): CopiedLog {
  const copy = new LogFile(join(dataDir, dataFiles.log), { readOnly: true });
  try {
    const [there, here] = [source.verifyChain(0), copy.verifyChain(0)];
    if (!there.intact || !here.intact || !copy.hasHash(source.headHash)) {
      throw new AppError('LOG_CORRUPT', {
        message: 'The copy is not the same log as the original, which is as it was.',
      });
    }
    return { appends: there.records, headHash: there.headHash };
  } finally {
    copy.close();
  }
}

/** Makes a directory for a copy. Throws DATA_DIR_UNUSABLE when it has a log or a vault. */
export function newDirectory(path: string, taken: (file: string) => boolean): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const file of [dataFiles.log, dataFiles.vault]) {
    if (!taken(join(path, file))) continue;
    throw new AppError('DATA_DIR_UNUSABLE', { message: `${path} has a ${file} already. Choose a new directory.` });
  }
}
