import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';

import { CliError } from '../exit-codes.ts';
import type { LockedSkill } from './lock-file.ts';

/** Where a package is got. */
export interface PackageSource {
  /** What npm is asked for. */
  readonly spec: string;
  /** The same as the lock file has it; undefined for what a registry has. */
  readonly from: string | undefined;
}

/** A name in a registry, with a version or tag: everything else that npm takes is a place. */
const registrySpec = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:@[^/:]*)?$/i;
const tarball = /\.(?:tgz|tar\.gz|tar)$/i;
/** npm takes a name in front of a place too. */
const namedPlace = /^(?:@[^/@]+\/)?[^/@:]+@(?=(?:file|https?|git|git\+\w+|ssh|github|gitlab|bitbucket|gist):|[./~])/i;
const filePrefix = 'file:';

/**
 * What somebody means who names a package in `cwd`. What lies there is taken from there: npm would take `a/b` for a repository.
 * Throws a usage error for an address with a password, or with a query that may be one, which would get into the lock file.
 */
export function sourceOf(text: string, cwd: string, skills: string): PackageSource {
  if (registrySpec.test(text) && !tarball.test(text)) return { spec: text, from: undefined };
  const place = text.replace(namedPlace, '');
  const path = resolve(cwd, place.startsWith(filePrefix) ? place.slice(filePrefix.length) : place);
  if (existsSync(path)) return { spec: path, from: `${filePrefix}${relative(skills, path)}` };
  const url = URL.parse(place.replace(/^git\+/, ''));
  if (url !== null && mayBeSecret(url))
    throw new CliError(
      'usage',
      'the address has a password, a user or a query in it, which skills.lock.json must not have; fetch the tarball and add that',
    );
  return { spec: place, from: place };
}

/** The user of an address over ssh is no secret; over HTTP it may be a token. */
function mayBeSecret({ password, username, search, protocol }: URL): boolean {
  return password !== '' || search !== '' || (protocol.startsWith('http') && username !== '');
}

/** What has to be named to get what is locked again. */
export function lockedSpecOf({ name, version, from }: LockedSkill, skills: string): string {
  if (from === undefined) return `${name}@${version}`;
  return from.startsWith(filePrefix) ? resolve(skills, from.slice(filePrefix.length)) : from;
}
