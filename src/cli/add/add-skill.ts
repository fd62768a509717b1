import { mkdirSync, realpathSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { isJsonObject } from '../../kernel/json.ts';
import { checkSkills } from '../../skills/check-skill.ts';
import { inspectSkills } from '../../skills/inspect-skills.ts';
import { skillNamePattern } from '../../skills/metadata-fields.ts';
import { readSkillFolder } from '../../skills/skill-folder.ts';
import { placeOf } from '../../skills/skill-problem.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { npmText } from '../npm.ts';
import { pack, type Packed } from '../publish/packed.ts';
import { moveInto, refuseExisting, staging } from '../staging.ts';
import { LockFile, type LockedSkill } from './lock-file.ts';

/** A skill that is in its place now. */
export interface AddedSkill extends LockedSkill {
  /** The skill's name; `name` is the package's. */
  readonly skill: string;
  readonly folder: string;
}

/** A folder while its skill has no name yet. */
const unnamed = 'package';

/**
 * Puts a package of the registry into a skills folder as a skill, with what it depends on and without running any script of it.
 * It is checked before it is moved there. Throws what is `failed` when it is no skill, when something of its name is there, and when
 * its tarball is not the one that the lock file knows.
 */
export function addSkill(context: CliContext, skills: string, spec: string): Promise<AddedSkill> {
  return staging(context, skills, async (stage, commit) => {
    const lock = new LockFile(skills);
    const packed = await pack(context, spec, { cwd: context.cwd, destination: stage, scripts: false });
    refuseOtherTarball(lock, packed);
    await unpack(context, stage, packed);
    const skill = await nameAndCheck(stage, packed);
    const folder = join(skills, skill);
    const { name, version, integrity } = packed;
    await commit(() => {
      refuseExisting(folder);
      // Without its entry a folder would count as written here; without its folder an entry is made good by the next "add".
      lock.set(skill, { name, version, integrity });
      moveInto(join(stage, skill), folder);
    });
    return { skill, name, version, integrity, folder };
  });
}

/** The same version is the same tarball for ever. */
function refuseOtherTarball(lock: LockFile, { name, version, integrity }: Packed): void {
  const known = Object.values(lock.read()).find((locked) => locked.name === name && locked.version === version);
  if (known === undefined || known.integrity === integrity) return;
  throw new CliError(
    'failed',
    `${name} ${version} is not what it was: the registry gives ${integrity}, but ${lock.path} has ${known.integrity}\n` +
      'Do not use it before you know why.',
  );
}

/** Lets npm unpack the tarball, with its dependencies inside of it, as `package` in the stage. */
async function unpack(context: CliContext, stage: string, { tarball, name }: Packed): Promise<void> {
  const prefix = join(stage, 'unpacked');
  mkdirSync(prefix);
  const flags = ['--ignore-scripts', '--omit=dev', '--no-save', '--no-package-lock', '--install-strategy=nested'];
  await npmText(context, ['install', tarball, `--prefix=${prefix}`, ...flags, '--global=false'], prefix);
  renameSync(join(prefix, 'node_modules', name), join(stage, unnamed));
}

/** Gives the unpacked folder the name that the skill itself says, and checks it. Returns the name. */
async function nameAndCheck(stage: string, { name, version }: Packed): Promise<string> {
  const { folder } = readSkillFolder(stage, unnamed);
  const inspection =
    folder === null ? undefined : (await inspectSkills([folder.entry], [realpathSync(stage)])).get(folder.entry);
  const said = isJsonObject(inspection?.metadata) ? inspection.metadata.name : undefined;
  const skill = typeof said === 'string' && skillNamePattern.test(said) ? said : unnamed;
  if (skill !== unnamed) renameSync(join(stage, unnamed), join(stage, skill));
  const judgement = (await checkSkills(stage, [skill])).get(skill);
  if (judgement?.skill != null) return skill;
  const problems = (judgement?.problems ?? []).map((problem) => ({ path: placeOf(problem), message: problem.message }));
  throw new CliError('failed', `${name} ${version} is no skill that a server takes:`, problems);
}
