import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { SkillProblem } from './skill-problem.ts';

/** The keyword of packages that are skills. */
export const skillKeyword = 'ihuman-skill';

/** Where Node's test runner looks for a skill's own tests, and a file in `tests` whatever it is called. */
const testPatterns = ['**/*.test.{js,mjs,cjs,ts,mts,cts}', 'tests/**/*.{js,mjs,cjs,ts,mts,cts}'];

/** The files of a skill's own tests, relative to its folder. */
export function testFiles(folder: string): readonly string[] {
  return globSync(testPatterns, { cwd: folder, exclude: ['**/node_modules/**'] }).toSorted();
}

/** What a server takes and people would miss. */
export function adviceOn(folder: string): readonly SkillProblem[] {
  const advice: SkillProblem[] = [];
  if (readText(join(folder, 'SKILL.md')).trim() === '') {
    advice.push({ file: 'SKILL.md', path: '', message: 'is missing', cure: 'say for people what the skill does' });
  }
  if (testFiles(folder).length === 0) {
    advice.push({ file: 'tests', path: '', message: 'there are none', cure: 'write tests/index.test.js' });
  }
  return [...advice, ...adviceOnManifest(manifestIn(folder), saysSkill(folder))];
}

/** True for a folder whose package says that it is a skill. */
export function saysSkill(folder: string): boolean {
  const { keywords } = manifestIn(folder);
  return Array.isArray(keywords) && keywords.includes(skillKeyword);
}

function adviceOnManifest(manifest: JsonObject, isMarked: boolean): SkillProblem[] {
  const file = 'package.json';
  const missing = ['name', 'version']
    .filter((key) => manifest[key] === undefined)
    .map((key) => ({ file, path: `/${key}`, message: 'is missing', cure: 'write it: npm wants it' }));
  if (isMarked) return missing;
  const cure = `add "${skillKeyword}", so that a published skill is found`;
  return [...missing, { file, path: '/keywords', message: `do not have ${skillKeyword}`, cure }];
}

function manifestIn(folder: string): JsonObject {
  try {
    const manifest: unknown = JSON.parse(readText(join(folder, 'package.json')));
    return isJsonObject(manifest) ? manifest : {};
  } catch {
    return {};
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
