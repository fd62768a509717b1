import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { SkillProblem } from './skill-problem.ts';

const file = 'package.json';

/** The `package.json` of a skill's folder and what is wrong with it. Null: Node could load nothing beside it. */
export function readManifest(folder: string): {
  readonly manifest: JsonObject | null;
  readonly problems: SkillProblem[];
} {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    if (isJsonObject(manifest)) return { manifest, problems: [] };
    const cure = 'write { "name": …, "version": … }';
    return { manifest: null, problems: [{ file, path: '', message: 'is no object', cure }] };
  } catch (error) {
    if (error instanceof SyntaxError) return { manifest: null, problems: [notJson(error)] };
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const cure = 'write { "name": …, "version": "0.1.0", "main": "src/index.js" }';
    return { manifest: {}, problems: [{ file, path: '', message: 'is missing', cure }] };
  }
}

function notJson({ message }: SyntaxError): SkillProblem {
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec(message) ?? [];
  const path = line === undefined ? '' : `${line}:${String(column)}`;
  return {
    file,
    path,
    message: `is not JSON: ${message}`,
    cure: 'mend it there: JSON has no comments and no commas at ends',
  };
}

/** Where a manifest says something else than the skill's metadata. What either does not say contradicts nothing. */
export function contradictions(manifest: JsonObject, metadata: unknown): SkillProblem[] {
  const problems: SkillProblem[] = [];
  const { name, version } = isJsonObject(metadata) ? metadata : {};
  if (manifest.name !== undefined && typeof name === 'string' && !namesSkill(manifest.name, name)) {
    const message = `is ${JSON.stringify(manifest.name)}, but the skill is called ${name}`;
    const cure = `call the package ${name}, or something that ends in -${name}, with or without a scope`;
    problems.push({ file, path: '/name', message, cure });
  }
  if (manifest.version !== undefined && typeof version === 'string' && manifest.version !== version) {
    const message = `is ${JSON.stringify(manifest.version)}, but the metadata say ${JSON.stringify(version)}`;
    problems.push({ file, path: '/version', message, cure: 'write the same version in both' });
  }
  return problems;
}

/** True for the skill's name itself, and one that ends in it: `ihuman-skill-greet`, `@acme/greet`. */
function namesSkill(packageName: unknown, skill: string): boolean {
  if (typeof packageName !== 'string') return false;
  const name = packageName.replace(/^@[^/]+\//, '');
  return name === skill || name.endsWith(`-${skill}`);
}
