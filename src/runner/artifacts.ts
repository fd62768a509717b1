import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { cp, type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';

import type { Artifact } from '../../schemas/generated/events.ts';
import { AppError } from '../kernel/errors.ts';
import { isInside } from '../skills/skill-folder.ts';

/** How much a skill may leave behind. What goes over is left out and deleted, with a warning in the execution's log. */
export interface ArtifactLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

export const defaultArtifactLimits: ArtifactLimits = {
  maxFiles: 1000,
  maxFileBytes: 64 * 1024 * 1024,
  maxTotalBytes: 256 * 1024 * 1024,
};

/** Whose artifacts they are. Each attempt has a folder of its own: one that is lost may end late, on a node that was cut off. */
export interface ArtifactPlace {
  readonly artifactsDir: string;
  readonly executionId: string;
  readonly attempt: number;
}

/** Where the artifacts of an attempt lie. */
export function artifactFolder({ artifactsDir, executionId, attempt }: ArtifactPlace): string {
  return join(artifactsDir, executionId, String(attempt));
}

/**
 * Moves what an attempt left in its work directory to where artifacts are kept, in the place of earlier attempts, and lists it.
 * Links and devices are dropped.
 */
export async function keepArtifacts(
  workDir: string,
  place: ArtifactPlace,
  limits: ArtifactLimits = defaultArtifactLimits,
): Promise<{ readonly artifacts: readonly Artifact[]; readonly dropped: readonly string[] }> {
  const artifacts: Artifact[] = [];
  const dropped: string[] = [];
  let total = 0;
  for await (const path of filesOf(workDir, dropped)) {
    const { size } = await lstat(path);
    const name = relative(workDir, path).replaceAll('\\', '/');
    if (artifacts.length >= limits.maxFiles || size > limits.maxFileBytes || total + size > limits.maxTotalBytes) {
      dropped.push(name);
      await rm(path, { force: true });
      continue;
    }
    total += size;
    artifacts.push({ path: name, sizeBytes: size, sha256: await sha256Of(path) });
  }
  if (artifacts.length > 0) {
    const target = artifactFolder(place);
    await rm(target, { recursive: true, force: true });
    await mkdir(dirname(target), { recursive: true });
    await move(workDir, target);
    await forgetEarlier(place);
  } else {
    await rm(workDir, { recursive: true, force: true });
  }
  return { artifacts, dropped };
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    // Another file system, shared by several nodes, say: nobody may see half of it.
    const draft = `${to}.new`;
    await cp(from, draft, { recursive: true });
    await rename(draft, to);
    await rm(from, { recursive: true, force: true });
  }
}

async function forgetEarlier({ artifactsDir, executionId, attempt }: ArtifactPlace): Promise<void> {
  const folder = join(artifactsDir, executionId);
  const earlier = (await readdir(folder)).filter((name) => Number(name) < attempt);
  for (const name of earlier) await rm(join(folder, name), { recursive: true, force: true });
}

async function* filesOf(folder: string, dropped: string[]): AsyncGenerator<string> {
  const children = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const child of children.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, child.name);
    if (child.isDirectory()) yield* filesOf(path, dropped);
    else if (child.isFile()) yield path;
    else {
      dropped.push(child.name);
      await rm(path, { force: true });
    }
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** An artifact ready to be sent. Throws ARTIFACT_NOT_FOUND for anything that is not a plain file below `folder`. */
export async function openArtifact(
  folder: string,
  path: string,
): Promise<{ readonly file: FileHandle; readonly sizeBytes: number }> {
  const wanted = join(folder, path);
  if (path.includes('\0') || !isInside(folder, wanted)) throw new AppError('ARTIFACT_NOT_FOUND');
  try {
    if (!isInside(await realpath(folder), await realpath(wanted))) throw new AppError('ARTIFACT_NOT_FOUND');
    const file = await open(wanted, constants.O_RDONLY | constants.O_NOFOLLOW);
    const stat = await file.stat();
    if (stat.isFile()) return { file, sizeBytes: stat.size };
    await file.close();
  } catch (error) {
    throw new AppError('ARTIFACT_NOT_FOUND', { cause: error });
  }
  throw new AppError('ARTIFACT_NOT_FOUND');
}
