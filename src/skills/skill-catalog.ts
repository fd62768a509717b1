import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { AppError } from '../kernel/errors.ts';
import { judgeSkill } from './check-skill.ts';
import { FolderWatch } from './folder-watch.ts';
import { inspectSkills, type Inspection } from './inspect-skills.ts';
import type { LoadedSkill } from './skill.ts';
import { foldersThere, type ReadFolder, readSkillFolder, type SkillFolder, skillFolderNames } from './skill-folder.ts';
import type { SkillProblem } from './skill-problem.ts';

interface CatalogOptions {
  /** Folders whose subfolders are skills; on equal names the first folder wins. */
  readonly folders: readonly string[];
  /** Where to remember what modules export, by digest, so that a start need not load them again. */
  readonly cacheFile: string;
  /** Look for changed files while running. */
  readonly watch: boolean;
  /** Told about what cannot be used, and why. */
  readonly onProblems: (skill: string, problems: readonly SkillProblem[]) => void;
}

interface Catalogue {
  readonly loaded: ReadonlyMap<string, LoadedSkill>;
  readonly problems: ReadonlyMap<string, readonly SkillProblem[]>;
}

interface Cache {
  readonly form: number;
  readonly inspections: Readonly<Record<string, Inspection>>;
}

const debounceMs = 150;

/** The skills of this node: found in folders, checked, known by name. A broken skill is reported and left out. */
export class SkillCatalog {
  readonly #options: CatalogOptions;
  readonly #listeners = new Set<(skills: readonly LoadedSkill[]) => void>();
  readonly #watches: FolderWatch[] = [];
  readonly #inspections: Map<string, Inspection>;
  #catalogue: Catalogue = { loaded: new Map(), problems: new Map() };
  #reload: NodeJS.Timeout | null = null;
  #loading: Promise<void> = Promise.resolve();

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#inspections = readCache(options.cacheFile);
  }

  /** Reads all folders; loads only modules whose digest is new. */
  async load(): Promise<void> {
    // Before the first look: what changes during it is looked at again.
    if (this.#options.watch && this.#watches.length === 0) this.#watch();
    const load = this.#loading.then(() => this.#loadNow());
    // One failed load must not fail all that come after it.
    this.#loading = load.catch(() => undefined);
    await load;
  }

  get(name: string): LoadedSkill | undefined {
    return this.#catalogue.loaded.get(name);
  }

  /** The skill of that name. Throws SKILL_NOT_FOUND, or SKILL_INVALID when there is one that cannot be used as it is. */
  find(name: string): LoadedSkill {
    const skill = this.get(name);
    if (skill !== undefined) return skill;
    throw new AppError(this.#catalogue.problems.has(name) ? 'SKILL_INVALID' : 'SKILL_NOT_FOUND');
  }

  /** All usable skills by name. */
  list(): readonly LoadedSkill[] {
    return [...this.#catalogue.loaded.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  /** What cannot be used and why, by folder name. */
  problems(): ReadonlyMap<string, readonly SkillProblem[]> {
    return this.#catalogue.problems;
  }

  /** Calls `listener` with all skills after each reload that changed any. */
  onChange(listener: (skills: readonly LoadedSkill[]) => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    if (this.#reload !== null) clearTimeout(this.#reload);
    for (const folder of this.#watches) folder.close();
    this.#watches.length = 0;
    this.#listeners.clear();
  }

  async #loadNow(): Promise<void> {
    const read = this.#scan();
    const folders = [...read.values()].flatMap(({ folder }) => folder ?? []);
    const unknown = folders.filter((folder) => !this.#inspections.has(keyOf(folder)));
    if (unknown.length > 0) await this.#inspect(unknown);
    const loaded = new Map<string, LoadedSkill>();
    const problems = new Map<string, readonly SkillProblem[]>();
    for (const [name, found] of read) {
      const inspection = found.folder === null ? undefined : this.#inspections.get(keyOf(found.folder));
      const { skill, problems: wrong } = judgeSkill(found, inspection);
      if (skill === null) problems.set(name, wrong);
      else loaded.set(name, skill);
    }
    const changed = !sameSkills(loaded, this.#catalogue.loaded);
    this.#catalogue = { loaded, problems };
    for (const [name, list] of problems) this.#options.onProblems(name, list);
    if (changed) for (const listener of this.#listeners) listener(this.list());
  }

  #scan(): Map<string, ReadFolder> {
    const read = new Map<string, ReadFolder>();
    for (const root of this.#options.folders) {
      for (const name of skillFolderNames(root)) if (!read.has(name)) read.set(name, readSkillFolder(root, name));
    }
    return read;
  }

  async #inspect(folders: readonly SkillFolder[]): Promise<void> {
    const inspections = await inspectSkills(
      folders.map((folder) => folder.entry),
      foldersThere(this.#options.folders),
    );
    for (const folder of folders) {
      const inspection = inspections.get(folder.entry);
      if (inspection !== undefined) this.#inspections.set(keyOf(folder), inspection);
    }
    writeCache(this.#options.cacheFile, this.#inspections);
  }

  #watch(): void {
    const reload = (): void => {
      if (this.#reload !== null) clearTimeout(this.#reload);
      this.#reload = setTimeout(() => {
        this.load().catch(() => undefined);
      }, debounceMs);
    };
    this.#watches.push(...this.#options.folders.map((root) => new FolderWatch(root, reload)));
  }
}

function keyOf(folder: SkillFolder): string {
  return `${folder.digest}:${folder.entry}`;
}

function sameSkills(a: ReadonlyMap<string, LoadedSkill>, b: ReadonlyMap<string, LoadedSkill>): boolean {
  return a.size === b.size && [...a].every(([name, skill]) => b.get(name)?.digest === skill.digest);
}

/** What a cache of another form holds is found out again. */
const cacheForm = 2;

function readCache(path: string): Map<string, Inspection> {
  try {
    const { form, inspections } = JSON.parse(readFileSync(path, 'utf8')) as Cache;
    return new Map(form === cacheForm ? Object.entries(inspections) : []);
  } catch {
    return new Map();
  }
}

function writeCache(path: string, inspections: ReadonlyMap<string, Inspection>): void {
  const cache: Cache = { form: cacheForm, inspections: Object.fromEntries(inspections) };
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(cache), { mode: 0o600 });
}
