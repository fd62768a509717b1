import { Command } from 'commander';

import { SkillCatalog } from '../../skills/skill-catalog.ts';
import type { CliContext } from '../context.ts';

export function command(context: CliContext): Command {
  return new Command('list')
    .description('Lists skills.')
    .option('--skills <folder>', 'the folder of skills', './skills')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  ihuman list --json')
    .action(async () => {
      await Promise.resolve();
      context.terminal.note(`to come ${String(SkillCatalog.name)}`);
    });
}
