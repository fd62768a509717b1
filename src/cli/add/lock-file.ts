import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isJsonObject } from '../../kernel/json.ts';
import { CliError } from '../exit-codes.ts';
import { exclusively } from './file-lock.ts';

/**
 * Where an added skill is from: a package, its version, and the SHA-512 of its tarball as lock files write it, uncompressed where it is
 * from somewhere else than a registry.
 */
export interface LockedSkill {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  /** Where it is from when that is no registry: `file:` and a path from the lock file's folder, or what else npm takes. */
  readonly from?: string;
}

/** The added skills of a skills folder, by skill: `skills.lock.json`. What somebody wrote there by hand is not in it. */
export class LockFile {
  readonly path: string;
  #isHeld = false;

  constructor(folder: string) {
    this.path = join(folder, 'skills.lock.json');
  }

  /** All of it; empty when there is no file. Throws what is `failed` for a file that says something else. */
  read(): Readonly<Record<string, LockedSkill>> {
    const value = this.#parse();
    if (value === null) return {};
    const skills = isJsonObject(value) && value.lockfileVersion === 1 ? value.skills : undefined;
    if (isJsonObject(skills) && Object.values(skills).every(isLocked))
      return skills as unknown as Record<string, LockedSkill>;
    throw new CliError(
      'failed',
      `${this.path} is not as ihuman writes it; mend it, or take it away and add the skills again`,
    );
  }

  /** Does what changes the file, and what goes with that in the folder, while no other process does. */
  exclusively<T>(work: () => T): T {
    if (this.#isHeld) return work();
    return exclusively(`${this.path}.lock`, () => {
      this.#isHeld = true;
      try {
        return work();
      } finally {
        this.#isHeld = false;
      }
    });
  }

  set(skill: string, locked: LockedSkill): void {
    this.exclusively(() => {
      this.#write({ ...this.read(), [skill]: locked });
    });
  }

  /** False when it was not there. */
  delete(skill: string): boolean {
    return this.exclusively(() => {
      const { [skill]: locked, ...others } = this.read();
      if (locked !== undefined) this.#write(others);
      return locked !== undefined;
    });
  }

  #parse(): unknown {
    try {
      return JSON.parse(readFileSync(this.path, 'utf8'));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : 'damaged';
    }
  }

  /** Whoever reads sees the old file or the new one, never half of one. */
  #write(skills: Readonly<Record<string, LockedSkill>>): void {
    const sorted = Object.fromEntries(Object.entries(skills).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const next = `${this.path}.${String(process.pid)}`;
    try {
      writeFileSync(next, `${JSON.stringify({ lockfileVersion: 1, skills: sorted }, null, 2)}\n`);
      renameSync(next, this.path);
    } finally {
      rmSync(next, { force: true });
    }
  }
}

function isLocked(value: unknown): boolean {
  if (!isJsonObject(value) || (value.from !== undefined && typeof value.from !== 'string')) return false;
  return ['name', 'version', 'integrity'].every((key) => typeof value[key] === 'string');
}
