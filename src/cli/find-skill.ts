import { statSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';

import { closest } from '../kernel/closest.ts';
import { skillFolderNames } from '../skills/skill-folder.ts';
import type { CliContext } from './context.ts';
import { CliError } from './exit-codes.ts';

/** A folder that should be a skill: `root` is the skills folder that it is looked at in. */
export interface FoundSkill {
  readonly root: string;
  readonly name: string;
  readonly folder: string;
}

/** The flag of every verb that looks for skills by name. */
export const skillsFlag = ['--skills <folder>', 'where skills are (default: $IHUMAN_SKILLS, or ./skills)'] as const;

/** Where skills are, absolute: as the flag says, as the server would have it (`IHUMAN_SKILLS`), or ./skills. */
export function skillFolders({ cwd, environment }: CliContext, flag?: string): readonly string[] {
  const text = flag ?? environment.IHUMAN_SKILLS ?? 'skills';
  const folders = text.split(',').map((folder) => folder.trim());
  return folders.filter((folder) => folder !== '').map((folder) => resolve(cwd, folder));
}

/**
 * The folder that a name or path means. A name is looked for in the skills folders, then in the current directory, then as the
 * current directory itself. Throws what is `failed` when there is none, with the nearest name.
 */
export function findSkill(context: CliContext, nameOrPath: string, flag?: string): FoundSkill {
  const folders = skillFolders(context, flag);
  const found = candidates(context.cwd, nameOrPath, folders).find(isFolder);
  if (found !== undefined) return { root: dirname(found), name: basename(found), folder: found };
  if (isPath(nameOrPath)) throw new CliError('failed', `there is no folder ${nameOrPath}`);
  const near = closest(nameOrPath, [...folders, context.cwd].flatMap(skillFolderNames));
  const where = folders.map((folder) => shown(context, folder)).join(', ');
  const advice = near === undefined ? '"ihuman list" shows what there is' : `did you mean ${near}?`;
  throw new CliError('failed', `there is no skill ${nameOrPath} in ${where} or here; ${advice}`);
}

/** A path as people in the current directory would write it. */
export function shown({ cwd }: Pick<CliContext, 'cwd'>, path: string): string {
  const near = relative(cwd, path);
  if (near === '') return '.';
  return near.startsWith('..') ? path : near;
}

function candidates(cwd: string, nameOrPath: string, folders: readonly string[]): string[] {
  if (isPath(nameOrPath)) return [resolve(cwd, nameOrPath)];
  const here = basename(cwd) === nameOrPath ? [cwd] : [];
  return [...folders, cwd].map((folder) => resolve(folder, nameOrPath)).concat(here);
}

function isPath(text: string): boolean {
  return isAbsolute(text) || text === '.' || text === '..' || text.includes('/') || text.includes(sep);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
