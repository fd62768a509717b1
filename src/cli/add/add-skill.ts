import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { isJsonObject } from '../../kernel/json.ts';
import { checkSkills } from '../../skills/check-skill.ts';
import { inspectSkills } from '../../skills/inspect-skills.ts';
import { skillNamePattern } from '../../skills/metadata-fields.ts';
import { readSkillFolder } from '../../skills/skill-folder.ts';
import { placeOf } from '../../skills/skill-problem.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { npmText } from '../npm.ts';
import { integrityOf, pack, type Packed } from '../publish/packed.ts';
import { moveInto, refuseExisting, staging } from '../staging.ts';
import { LockFile, type LockedSkill } from './lock-file.ts';
import type { PackageSource } from './package-source.ts';

/** A skill that is in its place now. */
export interface AddedSkill extends LockedSkill {
  /** The skill's name; `name` is the package's. */
  readonly skill: string;
  readonly folder: string;
}

/** How a skill is added. */
interface AddOptions {
  /** A skill of its name that was added before goes; without this it stays, and nothing is added. */
  readonly replace: boolean;
}

/** A folder while its skill has no name yet. */
const unnamed = 'package';
/** What was in the place of the new one; it goes with the stage. No skill is called so. */
const replaced = '.replaced';

/**
 * Puts a package of a registry, a folder or a tarball into a skills folder as a skill, with what it depends on and without running
 * any script of it. It is checked before it is moved there. Throws what is `failed` when it is no skill, when something of its name
 * is there that is not to be replaced, and when its tarball is not the one that the lock file knows.
 */
export function addSkill(
  context: CliContext,
  skills: string,
  { spec, from }: PackageSource,
  { replace }: AddOptions,
): Promise<AddedSkill> {
  return staging(context, skills, async (stage, commit) => {
    const lock = new LockFile(skills);
    const packed = await pack(context, spec, { cwd: context.cwd, destination: stage, scripts: false });
    // npm has just compressed what is not from a registry, which does not give the same bytes everywhere.
    const integrity = from === undefined ? packed.integrity : integrityOf(gunzipSync(readFileSync(packed.tarball)));
    refuseOtherTarball(lock, { ...packed, integrity }, { from, replace });
    await unpack(context, stage, packed);
    const skill = await nameAndCheck(stage, packed);
    const folder = join(skills, skill);
    const { name, version } = packed;
    const locked = { name, version, integrity, ...(from !== undefined && { from }) };
    await commit(() => {
      lock.exclusively(() => {
        if (replace) refuseOwnWork(lock, skill, folder);
        else refuseExisting(folder, '--replace exchanges what was added, "ihuman remove" takes it away');
        // Without its entry a folder would count as written here; without its folder an entry is made good by the next "add".
        lock.set(skill, locked);
        exchange(join(stage, skill), folder, join(stage, replaced));
      });
    });
    return { skill, ...locked, folder };
  });
}

/** Gives a folder its final name, and what was there another one. */
function exchange(made: string, folder: string, former: string): void {
  const isThere = existsSync(folder);
  if (isThere) renameSync(folder, former);
  try {
    moveInto(made, folder);
  } catch (error) {
    if (isThere) renameSync(former, folder);
    throw error;
  }
}

/** What was not put there by "ihuman add" may be the only copy of somebody's work. */
function refuseOwnWork(lock: LockFile, skill: string, folder: string): void {
  if (!existsSync(folder) || Object.hasOwn(lock.read(), skill)) return;
  throw new CliError(
    'failed',
    `${folder} was not put there by "ihuman add"; take it away first: ihuman remove ${skill}`,
  );
}

/** In a registry the same version is the same tarball for ever; what lies elsewhere may be taken in changed when that is asked for. */
function refuseOtherTarball(
  lock: LockFile,
  { name, version, integrity }: Packed,
  { from, replace }: { readonly from: string | undefined; readonly replace: boolean },
): void {
  const known = Object.values(lock.read()).find((locked) => locked.name === name && locked.version === version);
  if (known === undefined || known.integrity === integrity) return;
  const mayChange = from !== undefined || known.from !== undefined;
  if (mayChange && replace) return;
  throw new CliError(
    'failed',
    `${name} ${version} is not what it was: it has ${integrity} now, but ${lock.path} has ${known.integrity}\n` +
      (mayChange ? 'If that is meant, add it with --replace.' : 'Do not use it before you know why.'),
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
