import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { AppError } from '../kernel/errors.ts';
import { isJsonObject, type JsonValue } from '../kernel/json.ts';
import { dataFiles, lockDataDir, prepareDataDir } from './data-dir.ts';
import { LogFile } from './log-file.ts';
import { openDatabase } from './sqlite.ts';

/** What a snapshot says of itself, in `snapshot.json`. */
export interface SnapshotManifest {
  readonly format: 1;
  /** The log that it is of. */
  readonly epoch: string;
  /** Position of the newest append in it, and the chain hash there, in hexadecimal. */
  readonly head: number;
  readonly headHash: string;
  readonly createdAt: string;
  readonly files: readonly { readonly name: string; readonly sizeBytes: number; readonly sha256: string }[];
}

type OnProgress = (what: string) => void;

const manifestFile = 'snapshot.json';
/** The read models first: they may be behind the log that they are restored with, never ahead of it. */
const parts = [dataFiles.readModels, dataFiles.log] as const;

/**
 * Copies log and read models of a data directory, whether or not a server is using it, into a new directory: what a node needs to
 * join without reading the log from its beginning. Vault, keys and artifacts are not in it. Throws DATA_DIR_UNUSABLE.
 */
export async function createSnapshot(dataDir: string, to: string, onProgress: OnProgress): Promise<SnapshotManifest> {
  if (!existsSync(join(dataDir, dataFiles.log))) throw unusable(`${dataDir} has no log.`);
  if (existsSync(to)) throw unusable(`${to} is there already; a snapshot goes into a directory of its own.`);
  const draft = `${to}.partial`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  const copied = parts.filter((name) => existsSync(join(dataDir, name)));
  for (const name of copied) {
    onProgress(`copying ${name}`);
    copyDatabase(join(dataDir, name), join(draft, name));
  }
  onProgress('reading it back');
  const files = await Promise.all(
    copied.map(async (name) => {
      const path = join(draft, name);
      return { name, sizeBytes: statSync(path).size, sha256: await sha256Of(path) };
    }),
  );
  const log = new LogFile(join(draft, dataFiles.log), { readOnly: true });
  const { epoch, head, headHash } = log;
  log.close();
  const manifest: SnapshotManifest = {
    format: 1,
    epoch,
    head,
    headHash: Buffer.from(headHash).toString('hex'),
    createdAt: new Date().toISOString(),
    files,
  };
  writeFileSync(join(draft, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(draft, to);
  return manifest;
}

/**
 * Puts a snapshot into a data directory that has no log, after it was checked: files against their digests, and the whole hash
 * chain. A node that starts there reads only what came after. Throws LOG_CORRUPT for a damaged snapshot, DATA_DIR_UNUSABLE for a
 * directory that cannot take it, DATA_DIR_LOCKED.
 */
export async function restoreSnapshot(
  from: string,
  dataDir: string,
  onProgress: OnProgress,
): Promise<SnapshotManifest> {
  const manifest = readManifest(from);
  prepareDataDir(dataDir);
  const { release } = lockDataDir(dataDir);
  try {
    if (existsSync(join(dataDir, dataFiles.log)))
      throw unusable(`${dataDir} has a log already. Restore into a directory without one.`);
    onProgress('checking files');
    for (const { name, sha256 } of manifest.files) {
      const path = join(from, name);
      if (!existsSync(path) || (await sha256Of(path)) !== sha256) throw damaged(from, `${name} is not what it was`);
    }
    onProgress('checking the hash chain');
    requireChain(from, manifest);
    for (const name of parts.filter((part) => manifest.files.some((file) => file.name === part))) {
      onProgress(`copying ${name}`);
      const draft = join(dataDir, `${name}.restoring`);
      copyFileSync(join(from, name), draft);
      chmodSync(draft, 0o600);
      // The log comes last, and whole: a directory that has one is complete.
      renameSync(draft, join(dataDir, name));
    }
    return manifest;
  } finally {
    release();
  }
}

/** One consistent state, whoever writes meanwhile: a read transaction of its own, from the first page to the last. */
function copyDatabase(from: string, to: string): void {
  const db = openDatabase(from, { durability: 'normal', readOnly: true });
  try {
    db.prepare('VACUUM INTO ?').run(to);
  } finally {
    db.close();
  }
}

function requireChain(from: string, { epoch, headHash }: SnapshotManifest): void {
  const log = new LogFile(join(from, dataFiles.log), { readOnly: true });
  try {
    const chain = log.verifyChain(0);
    if (!chain.intact) throw damaged(from, `at position ${String(chain.position)}: ${chain.reason}`);
    if (chain.headHash !== headHash || log.epoch !== epoch)
      throw damaged(from, 'its log is not the one of its manifest');
  } finally {
    log.close();
  }
}

function readManifest(from: string): SnapshotManifest {
  const path = join(from, manifestFile);
  if (!existsSync(path)) throw unusable(`${from} is no snapshot: it has no ${manifestFile}.`);
  let content: JsonValue = null;
  try {
    content = JSON.parse(readFileSync(path, 'utf8')) as JsonValue;
  } catch {
    // Anything else than JSON is told below.
  }
  if (!isJsonObject(content) || content.format !== 1 || !Array.isArray(content.files))
    throw damaged(from, `${manifestFile} is none that this program wrote`);
  return content as unknown as SnapshotManifest;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function unusable(message: string): AppError {
  return new AppError('DATA_DIR_UNUSABLE', { message });
}

function damaged(from: string, reason: string): AppError {
  return new AppError('LOG_CORRUPT', { message: `The snapshot ${from} is damaged: ${reason}. Nothing was changed.` });
}
