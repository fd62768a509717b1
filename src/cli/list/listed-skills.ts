import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { checkSkills } from '../../skills/check-skill.ts';
import { skillFolderNames } from '../../skills/skill-folder.ts';

/** Where a skill is: in a skills folder of this machine, on the server, or both. */
type Place = 'here' | 'server';

/** One row of `ihuman list`: one version of a skill. */
export interface ListedSkill {
  readonly name: string;
  readonly version: string;
  readonly category: string;
  readonly difficulty: string;
  readonly description: string;
  readonly author: string;
  readonly tags: readonly string[];
  readonly where: readonly Place[];
}

/** What a row may be asked for. */
export interface Filter {
  readonly category?: string;
  readonly difficulty?: string;
  /** Part of the name, the description or a tag, in any case. */
  readonly search?: string;
}

type Known = Omit<ListedSkill, 'where'>;

/** The skills of folders, on equal names the first folder's, and the names of folders that are none. `take` says what to look at. */
export async function localSkills(
  folders: readonly string[],
  take: (folder: string) => boolean = () => true,
): Promise<{ readonly skills: readonly Known[]; readonly broken: readonly string[] }> {
  const skills = new Map<string, Known>();
  const broken = new Set<string>();
  for (const root of folders.filter((folder) => existsSync(folder))) {
    const isNew = (name: string): boolean => !skills.has(name) && !broken.has(name);
    const names = skillFolderNames(root).filter((name) => isNew(name) && take(join(root, name)));
    for (const [name, { skill }] of await checkSkills(root, names)) {
      if (skill === null) broken.add(name);
      else skills.set(name, { tags: [], ...skill.metadata });
    }
  }
  return { skills: [...skills.values()], broken: [...broken] };
}

/** Both lists as one by name; a version that is in both places is one row. */
export function merged(here: readonly Known[], server: readonly Known[]): readonly ListedSkill[] {
  const rows = new Map<string, ListedSkill>();
  const add = (skills: readonly Known[], place: Place): void => {
    for (const { name, version, category, difficulty, description, author, tags } of skills) {
      const where = [...(rows.get(`${name} ${version}`)?.where ?? []), place];
      rows.set(`${name} ${version}`, { name, version, category, difficulty, description, author, tags, where });
    }
  };
  add(here, 'here');
  add(server, 'server');
  return [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** True for a row that is asked for. */
export function matches({ category, difficulty, search }: Filter, skill: ListedSkill): boolean {
  if (category !== undefined && skill.category !== category) return false;
  if (difficulty !== undefined && skill.difficulty !== difficulty) return false;
  const wanted = search?.toLowerCase() ?? '';
  return [skill.name, skill.description, ...skill.tags].some((text) => text.toLowerCase().includes(wanted));
}
