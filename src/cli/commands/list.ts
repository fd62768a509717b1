import { existsSync } from 'node:fs';

import { Command, Option } from 'commander';

import type { SkillSummary } from '../../../packages/sdk-js/src/index.ts';
import { difficulties } from '../../skills/metadata-fields.ts';
import { saysSkill } from '../../skills/skill-advice.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { shown, skillFolders, skillsFlag } from '../find-skill.ts';
import { type Filter, type ListedSkill, localSkills, matches, merged } from '../list/listed-skills.ts';
import { fitting } from '../lists.ts';
import { online } from '../online.ts';
import { resolveSession } from '../session.ts';

interface Options extends Filter {
  readonly skills?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly local?: true;
  readonly json?: true;
}

const pageSize = 500;

/** `ihuman list`: the skills of the skills folder, and with a server those that it serves. */
export function command(context: CliContext): Command {
  return new Command('list')
    .description('Lists skills: those of the skills folder and, with a server, those that it serves.')
    .option(...skillsFlag)
    .option('--url <url>', 'a server (default: $IHUMAN_URL, or the one of "ihuman login")')
    .option('--token-file <file>', 'a file with a token or API key (default: $IHUMAN_TOKEN, or the login)')
    .option('--local', 'ask no server')
    .option('--category <category>', 'only those of a category')
    .addOption(new Option('--difficulty <difficulty>', 'only those of a difficulty').choices(difficulties))
    .option('--search <text>', 'only those with this in their name, description or tags')
    .option('--json', 'print a list of { name, version, category, difficulty, description, author, tags, where }')
    .addHelpText(
      'after',
      '\nExamples:\n  ihuman list\n  ihuman list --category frontend --json\n  ihuman list --url http://localhost:5173 --search react',
    )
    .action(async (options: Options) => {
      await list(context, options);
    });
}

async function list(context: CliContext, options: Options): Promise<void> {
  const folders = skillFolders(context, options.skills);
  // Where there is no folder of skills, the current one may hold those that were made here.
  const isHere = options.skills === undefined && !folders.some((folder) => existsSync(folder));
  const looking = isHere ? localSkills([context.cwd], saysSkill) : localSkills(folders);
  const [local, remote] = await Promise.all([looking, serverSkills(context, options)]);
  const skills = merged(local.skills, remote ?? []).filter((skill) => matches(options, skill));
  if (options.json === true) context.terminal.json(skills);
  else if (skills.length > 0) showTable(context, skills, remote !== null);
  if (skills.length === 0) {
    const where = isHere ? 'this folder' : folders.map((folder) => shown(context, folder)).join(', ');
    context.terminal.note(
      `There is no such skill in ${where}${remote === null ? '' : ' or on the server'}; "ihuman create" makes one.`,
    );
  }
  for (const name of local.broken) context.terminal.note(`${name} is left out; why: ihuman validate ${name}`);
}

function showTable({ terminal }: CliContext, skills: readonly ListedSkill[], withPlaces: boolean): void {
  const head = ['NAME', 'VERSION', 'CATEGORY', 'DIFFICULTY', ...(withPlaces ? ['WHERE'] : []), 'DESCRIPTION'];
  const rowOf = ({ name, version, category, difficulty, where, description }: ListedSkill): readonly string[] => {
    return [name, version, category, difficulty, ...(withPlaces ? [where.join(', ')] : []), description];
  };
  const spare = ['DIFFICULTY', 'CATEGORY', ...(withPlaces ? ['WHERE'] : []), 'VERSION'];
  terminal.table(fitting({ head, rowOf, flexible: 'DESCRIPTION', spare }, skills, terminal.width));
}

/**
 * What the server serves; null when none is meant. One that was named must answer; one that there is only a login for may be away.
 */
async function serverSkills(context: CliContext, options: Options): Promise<readonly SkillSummary[] | null> {
  if (options.local === true) return null;
  const isNamed = options.url !== undefined || (context.environment.IHUMAN_URL ?? '') !== '';
  if (!isNamed && resolveSession(options, context.environment).token === null) return null;
  try {
    return await online(context, options, async (client) => {
      const skills: SkillSummary[] = [];
      for (;;) {
        const page = await client.listSkills({ limit: pageSize, offset: skills.length });
        skills.push(...page);
        if (page.length === 0 || skills.length >= page.total) return skills;
      }
    });
  } catch (error) {
    if (isNamed || !(error instanceof CliError)) throw error;
    context.terminal.note(`Without the server’s: ${error.message}`);
    return null;
  }
}
