import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, extname, join, relative, sep } from 'node:path';

import type { JsonObject } from '../kernel/json.ts';
import { skillNamePattern } from './metadata-fields.ts';
import { readManifest } from './package-manifest.ts';
import type { SkillFormat } from './skill.ts';
import type { SkillProblem } from './skill-problem.ts';

/** The folders of skills that are there by now, where they really lie. */
export function foldersThere(folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => {
    try {
      return [realpathSync(folder)];
    } catch {
      return [];
    }
  });
}

/** A folder that looks like a skill: where its module is, and what its files hash to. */
export interface SkillFolder {
  readonly name: string;
  readonly folder: string;
  readonly entry: string;
  readonly format: SkillFormat;
  readonly digest: string;
  /** Its `package.json`; empty when that cannot be read. */
  readonly manifest: JsonObject;
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

/** What a folder says about itself: where its module is, if there is one that may be loaded, and what is wrong so far. */
export interface ReadFolder {
  readonly folder: SkillFolder | null;
  readonly problems: readonly SkillProblem[];
}

/** Reads what a skill folder says about itself, without running any of it. */
export function readSkillFolder(root: string, name: string): ReadFolder {
  try {
    return readFolder(root, join(root, name), name);
  } catch (error) {
    // Files may go while they are read, or may not be readable: that is this skill's problem, not the others'.
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return nothing({ file: '.', path: '', message, cure: 'give the server the right to read it' });
  }
}

function readFolder(root: string, path: string, name: string): ReadFolder {
  // A link out of the skills folder would run code that nobody put there.
  const real = realpathSync(path);
  if (!isInside(realpathSync(root), real)) {
    const message = 'is a link that leads out of the skills folder';
    return nothing({ file: '.', path: '', message, cure: 'put the folder itself there' });
  }
  const { manifest, problems } = readManifest(real);
  if (!skillNamePattern.test(name)) {
    const message = `is called ${name}; a skill's folder name must match ${skillNamePattern.source}`;
    problems.push({ file: '.', path: '', message, cure: 'rename it: lower-case letters, digits and dashes' });
  }
  const entry = entryOf(real, manifest?.main, problems);
  const digest = digestOf(real);
  if (digest === null) {
    const message = `holds more than ${String(maxFiles)} files or ${String(maxBytes)} bytes`;
    problems.push({ file: '.', path: '', message, cure: 'take out what the skill does not need' });
  }
  if (manifest === null || entry === null || digest === null) return { folder: null, problems };
  const format = formatOf(entry, manifest.type);
  return { folder: { name, folder: real, entry, format, digest, manifest }, problems };
}

function nothing(problem: SkillProblem): ReadFolder {
  return { folder: null, problems: [problem] };
}

/** True when `path` is `folder` or lies below it. */
export function isInside(folder: string, path: string): boolean {
  const rest = relative(folder, path);
  return rest === '' || (!rest.startsWith('..') && !rest.startsWith(sep));
}

/** The module, or null after the reason has been added to `problems`. */
function entryOf(folder: string, main: unknown, problems: SkillProblem[]): string | null {
  if (main !== undefined && (typeof main !== 'string' || !isFile(join(folder, main)))) {
    const message = `is ${JSON.stringify(main)}, which is no file of this folder`;
    problems.push({ file: 'package.json', path: '/main', message, cure: 'name the module, or take "main" out' });
  }
  const candidates = typeof main === 'string' ? [main, ...entries] : entries;
  const entry = candidates.map((candidate) => join(folder, candidate)).find(isFile);
  if (entry === undefined) {
    const message = `has no module; looked for package.json "main" and ${entries.join(', ')}`;
    problems.push({ file: '.', path: '', message, cure: 'write src/index.js' });
    return null;
  }
  if (isInside(folder, realpathSync(entry))) return entry;
  const file = relative(folder, entry);
  problems.push({ file, path: '', message: 'leads out of the skill folder', cure: 'put the module into the folder' });
  return null;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
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
