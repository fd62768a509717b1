import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, extname, join, relative, sep } from 'node:path';

import type { Problem } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { skillNamePattern } from './metadata.ts';
import type { SkillFormat } from './skill.ts';

/** A folder that looks like a skill: where its module is, and what its files hash to. */
export interface SkillFolder {
  readonly name: string;
  readonly folder: string;
  readonly entry: string;
  readonly format: SkillFormat;
  readonly digest: string;
}

const ignored = new Set(['node_modules', '.git', 'tests', 'test', 'coverage']);
const entries = [
  'src/index.js',
  'src/index.ts',
  'src/index.mjs',
  'src/index.cjs',
  'index.js',
  'index.ts',
  'index.mjs',
  'index.cjs',
];
const maxFiles = 5000;
const maxBytes = 50 * 1024 * 1024;

/** Reads what a skill folder says about itself, without running any of it. Returns the problems when it cannot be a skill. */
export function readSkillFolder(root: string, name: string): SkillFolder | readonly Problem[] {
  const folder = join(root, name);
  try {
    return readFolder(root, folder, name);
  } catch (error) {
    // Files may go while they are read, or may not be readable: that is this skill's problem, not the others'.
    return [{ path: folder, message: `cannot be read: ${error instanceof Error ? error.message : String(error)}` }];
  }
}

function readFolder(root: string, folder: string, name: string): SkillFolder | readonly Problem[] {
  if (!skillNamePattern.test(name))
    return [{ path: folder, message: `a skill's folder name must match ${skillNamePattern.source}` }];
  // A link out of the skills folder would run code that nobody put there.
  const real = realpathSync(folder);
  if (!isInside(realpathSync(root), real))
    return [{ path: folder, message: 'is a link that leads out of the skills folder' }];
  const manifest = readManifest(real);
  if (!isJsonObject(manifest)) return [{ path: join(folder, 'package.json'), message: String(manifest) }];
  const entry = entryOf(real, manifest.main);
  if (entry === null)
    return [{ path: folder, message: `has no module; looked for package.json "main" and ${entries.join(', ')}` }];
  if (!isInside(real, realpathSync(entry))) return [{ path: entry, message: 'leads out of the skill folder' }];
  const digest = digestOf(real);
  if (digest === null)
    return [{ path: folder, message: `holds more than ${String(maxFiles)} files or ${String(maxBytes)} bytes` }];
  return { name, folder: real, entry, format: formatOf(entry, manifest.type), digest };
}

/** True when `path` is `folder` or lies below it. */
export function isInside(folder: string, path: string): boolean {
  const rest = relative(folder, path);
  return rest === '' || (!rest.startsWith('..') && !rest.startsWith(sep));
}

function readManifest(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    return error instanceof SyntaxError ? `is not JSON: ${error.message}` : 'is missing';
  }
}

function entryOf(folder: string, main: unknown): string | null {
  const candidates = typeof main === 'string' ? [main, ...entries] : entries;
  const found = candidates
    .map((candidate) => join(folder, candidate))
    .find((path) => existsSync(path) && statSync(path).isFile());
  return found ?? null;
}

function formatOf(entry: string, type: unknown): SkillFormat {
  const extension = extname(entry);
  if (extension === '.ts' || extension === '.mts' || extension === '.cts') return 'typescript';
  if (extension === '.mjs') return 'module';
  return type === 'module' && extension !== '.cjs' ? 'module' : 'commonjs';
}

function digestOf(folder: string): string | null {
  const hash = createHash('sha256');
  let bytes = 0;
  let files = 0;
  for (const path of filesOf(folder)) {
    const content = readFileSync(path);
    bytes += content.length;
    if (++files > maxFiles || bytes > maxBytes) return null;
    hash.update(`${relative(folder, path)}\0${String(content.length)}\0`).update(content);
  }
  return hash.digest('hex');
}

function* filesOf(folder: string): Generator<string> {
  const children = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const child of children) {
    if (ignored.has(child.name)) continue;
    const path = join(folder, child.name);
    if (child.isDirectory()) yield* filesOf(path);
    else if (child.isFile()) yield path;
  }
}

/** Names of the folders below a skills folder; none when it does not exist. */
export function skillFolderNames(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => !name.startsWith('.') && isFolder(join(root, name)))
    .map((name) => basename(name));
}

/** A link that leads nowhere is no folder. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
