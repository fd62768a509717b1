import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import { addSkill } from '../add/add-skill.ts';
import { LockFile } from '../add/lock-file.ts';
import { lockedSpecOf, sourceOf } from '../add/package-source.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { shown, skillFolders, skillsFlag } from '../find-skill.ts';

interface Options {
  readonly skills?: string;
  readonly replace?: true;
  readonly json?: true;
}

/** `ihuman add`: a published skill into the skills folder, its integrity pinned. */
export function command(context: CliContext): Command {
  return new Command('add')
    .description(
      'Puts a published skill into the skills folder, where a running server takes it up. None of its ' +
        'scripts is run, and it is checked before it gets there. Its version and integrity are kept in ' +
        'skills.lock.json: adding it again must give the same. Without a package: everything that the ' +
        'lock file has and the folder has not.',
    )
    .argument('[package]', 'an npm package with a version or tag, if not the newest; or a folder or tarball')
    .option(...skillsFlag)
    .option('--replace', 'in the place of what was added under its name; without a version the newest')
    .option('--json', 'print a list of { skill, name, version, integrity, from, folder }')
    .addHelpText(
      'after',
      '\nExamples:\n  ihuman add react-setup\n  ihuman add @acme/report@1.2.0\n  ihuman add react-setup --replace\n  ihuman add ../my-skill\n  ihuman add',
    )
    .action(async (spec: string | undefined, options: Options) => {
      const [skills = context.cwd] = skillFolders(context, options.skills);
      const replace = options.replace === true;
      if (replace && spec === undefined) throw new CliError('usage', 'name the package that --replace is for');
      const specs = spec === undefined ? missing(skills) : [lockedSpec(skills, spec, replace)];
      const sources = specs.map((wanted) => sourceOf(wanted, context.cwd, skills));
      const added = [];
      for (const source of sources) {
        context.terminal.note(`Fetching ${source.spec} …`);
        added.push(await addSkill(context, skills, source, { replace }));
      }
      if (options.json === true) context.terminal.json(added);
      for (const { skill, version, folder } of options.json === true ? [] : added)
        context.terminal.result(`Added ${skill} ${version} in ${shown(context, folder)}`);
      if (added.length === 0) context.terminal.note('Everything in the lock file is there.');
    });
}

/** What the lock file has and the folder has not. */
function missing(skills: string): string[] {
  const lock = new LockFile(skills);
  if (!existsSync(lock.path))
    throw new CliError('usage', `name a package: there is no ${lock.path} that says what to add`);
  return Object.entries(lock.read())
    .filter(([skill]) => !existsSync(join(skills, skill)))
    .map(([, locked]) => lockedSpecOf(locked, skills));
}

/** A package without a version means the locked one, where there is one; to replace that, what there is now where it is from. */
function lockedSpec(skills: string, spec: string, replace: boolean): string {
  const locked = Object.values(new LockFile(skills).read()).find(({ name }) => name === spec);
  if (locked === undefined || (replace && locked.from === undefined)) return spec;
  return lockedSpecOf(locked, skills);
}
