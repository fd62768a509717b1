import { Command } from 'commander';

import { checkSkills } from '../../skills/check-skill.ts';
import { adviceOn } from '../../skills/skill-advice.ts';
import type { CliContext } from '../context.ts';
import { findSkill, skillsFlag } from '../find-skill.ts';
import { problemLines, type Report, reportLines } from '../validation-report.ts';

interface Options {
  readonly skills?: string;
  readonly json?: true;
}

/** `ihuman validate`: everything that keeps a folder from being a skill that a server takes. */
export function command(context: CliContext): Command {
  return new Command('validate')
    .description(
      'Tells every problem of a skill, each with its file, place and a cure. A skill without problems is one that a server takes.',
    )
    .argument('<skill>', 'a skill’s name, or a path')
    .option(...skillsFlag)
    .option('--json', 'print { skill, folder, valid, problems, advice }')
    .addHelpText('after', '\nExamples:\n  ihuman validate react-setup\n  ihuman validate ./skills/react-setup --json')
    .action(async (skill: string, { skills, json }: Options) => {
      const report = await validate(context, skill, skills);
      if (json === true) context.terminal.json(report);
      else context.terminal.result(reportLines(report, context.terminal).join('\n'));
      if (json !== true && report.advice.length > 0) {
        context.terminal.note(['Advice:', ...problemLines(report.advice, context.terminal)].join('\n'));
      }
      if (!report.valid) context.end('failed');
    });
}

/** What there is to say of the skill with that name or path. Throws when there is no such folder. */
async function validate(context: CliContext, nameOrPath: string, skills: string | undefined): Promise<Report> {
  const { root, name, folder } = findSkill(context, nameOrPath, skills);
  const judgement = (await checkSkills(root, [name])).get(name);
  const { problems = [], skill = null } = judgement ?? {};
  const version = skill?.metadata.version ?? null;
  return { skill: name, version, folder, valid: skill !== null, problems, advice: adviceOn(folder) };
}
