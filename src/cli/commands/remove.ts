import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { Command } from 'commander';

import { closest } from '../../kernel/closest.ts';
import { skillNamePattern } from '../../skills/metadata-fields.ts';
import { skillFolderNames } from '../../skills/skill-folder.ts';
import { LockFile } from '../add/lock-file.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { shown, skillFolders, skillsFlag } from '../find-skill.ts';
import { askConsent } from '../questions.ts';
import { staging } from '../staging.ts';

interface Options {
  readonly skills?: string;
  readonly yes?: true;
}

/** `ihuman remove`: a skill out of the skills folder. */
export function command(context: CliContext): Command {
  return new Command('remove')
    .description(
      'Takes a skill out of the skills folder and out of skills.lock.json. A skill that was not put ' +
        'there by "ihuman add" may be the only copy of somebody’s work: then it asks.',
    )
    .argument('<skill>', 'the skill’s name')
    .option(...skillsFlag)
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  ihuman remove react-setup')
    .action(async (skill: string, { skills, yes }: Options) => {
      const [root = context.cwd] = skillFolders(context, skills);
      await remove(context, root, skill, yes === true);
    });
}

async function remove(context: CliContext, root: string, skill: string, yes: boolean): Promise<void> {
  const folder = join(root, skill);
  const lock = new LockFile(root);
  const wasAdded = Object.hasOwn(lock.read(), skill);
  const isThere = skillNamePattern.test(skill) && existsSync(folder);
  if (!isThere && !wasAdded)
    throw new CliError('failed', `there is no skill ${skill} in ${shown(context, root)}${nearest(root, skill)}`);
  const isSure =
    yes || wasAdded || (await askConsent(context, `Delete ${shown(context, folder)} and all that is in it?`, '--yes'));
  if (!isSure) {
    context.terminal.note('Nothing was removed.');
    return;
  }
  await staging(context, root, (stage, commit) =>
    commit(() => {
      lock.exclusively(() => {
        // Out of the server's sight in one step, before file after file goes.
        if (isThere) renameSync(folder, join(stage, skill));
        lock.delete(skill);
      });
    }),
  );
  context.terminal.result(`Removed ${skill}`);
}

function nearest(root: string, skill: string): string {
  const near = closest(skill, skillFolderNames(root));
  return near === undefined ? '' : `; did you mean ${near}?`;
}
