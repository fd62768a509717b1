import { realpathSync } from 'node:fs';
import { relative } from 'node:path';

import { inspectSkills, type Inspection } from './inspect-skills.ts';
import { checkMetadata } from './metadata.ts';
import { contradictions } from './package-manifest.ts';
import type { LoadedSkill } from './skill.ts';
import { type ReadFolder, readSkillFolder } from './skill-folder.ts';
import type { CuredProblem, SkillProblem } from './skill-problem.ts';

/** A skill that a server takes, or everything that is wrong with it. */
export type Judgement =
  | { readonly skill: LoadedSkill; readonly problems: readonly [] }
  | { readonly skill: null; readonly problems: readonly SkillProblem[] };

/** Whether a folder is a skill, by what it says and by what its module showed. The one judge, of the server and of `ihuman validate`. */
export function judgeSkill({ folder, problems }: ReadFolder, inspection: Inspection | undefined): Judgement {
  if (folder === null) return { skill: null, problems };
  const file = relative(folder.folder, folder.entry);
  const inModule = (problem: CuredProblem): SkillProblem => ({ ...problem, file });
  if (inspection === undefined) {
    const problem = { file, path: '', message: 'could not be loaded', cure: 'try again' };
    return { skill: null, problems: [...problems, problem] };
  }
  const found = [...problems, ...inspection.problems.map(inModule)];
  if (inspection.metadata === undefined) return { skill: null, problems: found };
  const { metadata, problems: wrong } = checkMetadata(inspection.metadata, folder.name);
  found.push(...wrong.map(inModule), ...contradictions(folder.manifest, inspection.metadata));
  if (metadata === null || found.length > 0) return { skill: null, problems: found };
  const { digest, entry, format } = folder;
  return { skill: { metadata, digest, folder: folder.folder, entry, format }, problems: [] };
}

/** Checks folders below `root` as a server does that has it as its skills folder, by name. */
export async function checkSkills(root: string, names: readonly string[]): Promise<ReadonlyMap<string, Judgement>> {
  const read = new Map(names.map((name) => [name, readSkillFolder(root, name)]));
  const entries = [...read.values()].flatMap(({ folder }) => folder?.entry ?? []);
  const inspections = await inspectSkills(entries, [realpathSync(root)]);
  const judgements = [...read].map(([name, found]) => {
    return [name, judgeSkill(found, inspections.get(found.folder?.entry ?? ''))] as const;
  });
  return new Map(judgements);
}
