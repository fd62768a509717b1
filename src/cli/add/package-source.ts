import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';

import type { LockedSkill } from './lock-file.ts';

/** A name in a registry, with a version or tag: everything else that npm takes is a place. */
const registrySpec = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:@[^/:]*)?$/i;
const tarball = /\.(?:tgz|tar\.gz|tar)$/i;
const filePrefix = 'file:';

/** Where a package is from, as the lock file of a skills folder has it; undefined for one of the registry. */
export function sourceOf(spec: string, cwd: string, skills: string): string | undefined {
  if (registrySpec.test(spec) && !tarball.test(spec)) return undefined;
  const path = resolve(cwd, spec.startsWith(filePrefix) ? spec.slice(filePrefix.length) : spec);
  return existsSync(path) ? `${filePrefix}${relative(skills, path)}` : spec;
}

/** What npm has to be asked for to get what is locked again. */
export function lockedSpecOf({ name, version, from }: LockedSkill, skills: string): string {
  if (from === undefined) return `${name}@${version}`;
  return from.startsWith(filePrefix) ? resolve(skills, from.slice(filePrefix.length)) : from;
}
