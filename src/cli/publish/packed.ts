import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isJsonObject } from '../../kernel/json.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { npmJson } from '../npm.ts';

/** A package as npm packs it. */
export interface Packed {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the tarball. */
  readonly tarball: string;
  /** SHA-512 of the tarball, as lock files write it. */
  readonly integrity: string;
  /** Bytes of the tarball. */
  readonly size: number;
  readonly files: readonly PackedFile[];
}

interface PackedFile {
  readonly path: string;
  /** Bytes, unpacked. */
  readonly size: number;
}

/** Packs what npm knows under `spec` into a folder: a package of the registry, or `.` for the one in `cwd`. Throws npm's errors. */
export async function pack(
  context: CliContext,
  spec: string,
  { cwd, destination, scripts }: { readonly cwd: string; readonly destination: string; readonly scripts: boolean },
): Promise<Packed> {
  const flags = [`--pack-destination=${destination}`, ...(scripts ? [] : ['--ignore-scripts'])];
  const answer = await npmJson(context, ['pack', spec, ...flags], cwd);
  const [about] = Array.isArray(answer) ? (answer as unknown[]) : isJsonObject(answer) ? Object.values(answer) : [];
  if (!isAbout(about))
    throw new CliError('failed', `npm pack ${spec} said nothing that is understood; is npm up to date?`);
  const tarball = join(destination, about.filename.replace(/^@/, '').replace('/', '-'));
  const content = readFileSync(tarball);
  return {
    name: about.name,
    version: about.version,
    tarball,
    integrity: integrityOf(content),
    size: content.length,
    files: about.files.map(({ path, size }) => ({ path, size })),
  };
}

/** SHA-512 as lock files write it. */
export function integrityOf(content: Buffer): string {
  return `sha512-${createHash('sha512').update(content).digest('base64')}`;
}

/** What `npm pack --json` says of a package. */
interface About {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly files: readonly PackedFile[];
}

function isAbout(value: unknown): value is About {
  if (!isJsonObject(value) || !Array.isArray(value.files)) return false;
  return ['name', 'version', 'filename'].every((key) => typeof value[key] === 'string');
}
