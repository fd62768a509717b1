import type { Problem } from '../kernel/errors.ts';

/** What is wrong, and what to do about it. */
export interface CuredProblem extends Problem {
  readonly cure: string;
}

/** Something that keeps a folder from being a skill: in which file, where in it, what is wrong and what to do. */
export interface SkillProblem extends CuredProblem {
  /** Relative to the skill's folder; `.` for the folder itself. */
  readonly file: string;
  /** A JSON pointer into what the file holds or exports, a line and column (`3:5`), or nothing for all of it. */
  readonly path: string;
}

/** Where a problem is: `package.json /version`, `src/index.js:3:5`. */
export function placeOf({ file, path }: Pick<SkillProblem, 'file' | 'path'>): string {
  if (path === '') return file;
  return path.startsWith('/') ? `${file} ${path}` : `${file}:${path}`;
}
