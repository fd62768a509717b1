import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { Command } from 'commander';

import { difficulties } from '../../skills/metadata-fields.ts';
import type { CliContext } from '../context.ts';
import { adviceOnCategory, type Answers, checkName, gatherAnswers } from '../create/answers.ts';
import { skillFiles } from '../create/template.ts';
import { shown } from '../find-skill.ts';
import { moveInto, refuseExisting, staging } from '../staging.ts';

interface Options extends Partial<Answers> {
  readonly dir?: string;
  readonly typescript?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** `ihuman create`: five questions, and a skill that validates, passes its tests and runs at once. */
export function command(context: CliContext): Command {
  return new Command('create')
    .description('Makes a new skill. Asks what no flag answers.')
    .option('--name <name>', 'its name in kebab-case, also the folder’s')
    .option('--description <text>', 'what it does, in a sentence')
    .option('--category <category>', 'a group of skills, such as frontend')
    .option('--difficulty <difficulty>', difficulties.join(', '))
    .option('--author <name>', 'who writes it')
    .option('--typescript', 'write TypeScript instead of JavaScript')
    .option('--dir <folder>', 'where to put it (default: ./skills if there are skills, else here)')
    .option('-y, --yes', 'ask nothing: take what would be suggested')
    .option('--json', 'print { name, folder, files }')
    .addHelpText('after', '\nExamples:\n  ihuman create\n  ihuman create --name react-setup --category frontend --yes')
    .action(async (options: Options) => {
      await create(context, options);
    });
}

async function create(context: CliContext, { dir, typescript, yes, json, ...given }: Options): Promise<void> {
  const parent = dir === undefined ? placeFor(context.cwd) : resolve(context.cwd, dir);
  const refuse = (name: string): string | null =>
    existsSync(join(parent, name)) ? `there is already ${shown(context, join(parent, name))}` : null;
  if (given.name !== undefined && checkName(given.name) === null) refuseExisting(join(parent, given.name));
  const answers = await gatherAnswers(context, given, yes === true, refuse);
  const folder = join(parent, answers.name);
  const files = skillFiles(answers, typescript === true ? 'typescript' : 'javascript');
  refuseExisting(folder);
  await staging(context, parent, async (stage, commit) => {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(stage, answers.name, path)), { recursive: true });
      writeFileSync(join(stage, answers.name, path), text);
    }
    await commit(() => {
      moveInto(join(stage, answers.name), folder);
    });
  });
  if (json === true) context.terminal.json({ name: answers.name, folder, files: [...files.keys()] });
  else context.terminal.result(`\n✅ Skill created successfully: ${answers.name}`);
  const advice = given.category === undefined ? null : adviceOnCategory(given.category);
  if (advice !== null) context.terminal.note(advice);
  tellNextSteps(context, folder, answers.name);
}

/** In `./skills` where there is one, or in a clone of ihuman; else in the current directory. */
function placeFor(cwd: string): string {
  const skills = join(cwd, 'skills');
  return existsSync(skills) || isClone(cwd) ? skills : cwd;
}

function isClone(cwd: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as { readonly name?: unknown };
    return name === 'ihuman';
  } catch {
    return false;
  }
}

function tellNextSteps(context: CliContext, folder: string, name: string): void {
  const place = dirname(folder);
  const isFound = place === join(context.cwd, 'skills');
  const named = isFound || place === context.cwd ? name : shown(context, folder);
  const steps = [
    [`validate ${named}`, 'what keeps it from being a skill'],
    [`test ${named}`, 'its own tests, and what every skill must keep to'],
    [
      `serve${isFound ? '' : ` --skills ${shown(context, place)}`}`,
      'a server; it takes new and changed skills while it runs',
    ],
  ] as const;
  const width = Math.max(...steps.map(([verb]) => verb.length));
  const lines = steps.map(([verb, what]) => `  ihuman ${verb.padEnd(width)}  ${what}`);
  context.terminal.note([`It is in ${shown(context, folder)}. Next:`, ...lines].join('\n'));
}
