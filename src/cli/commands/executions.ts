import type { Command } from 'commander';

import { closest } from '../../kernel/closest.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { showExecution } from '../executions/show.ts';
import { executionTable } from '../executions/table.ts';
import { oneOf } from '../format.ts';
import { type PageOptions, tellPage, withPage } from '../lists.ts';
import { groupCommand, online, onlineCommand } from '../online.ts';
import { noteUnknownSkills } from '../unknown-filters.ts';

const statuses = [
  ...(['queued', 'running', 'retrying', 'cancelling'] as const),
  ...(['completed', 'failed', 'timed-out', 'cancelled', 'expired'] as const),
];

interface ListOptions extends PageOptions {
  readonly status?: (typeof statuses)[number];
  readonly skill?: string;
}

/** `ihuman executions`: the history, and one of it with all that belongs to it. */
export function command(context: CliContext): Command {
  return groupCommand('executions', 'look at executions', [showExecution(context)]).addCommand(list(context), {
    isDefault: true,
  });
}

function list(context: CliContext): Command {
  return (
    withPage(onlineCommand('list', 'list executions, newest first; "ihuman executions" does it too'))
      // Whatever follows "executions" and is no verb of it comes here.
      .argument('[verb]')
      .usage('[options]')
      .option('--status <status>', statuses.join(', '), oneOf(...statuses))
      .option('--skill <name>', 'only of this skill')
      .addHelpText('after', '\nExample:\n  ihuman executions --status failed --limit 5')
      .action((unknown: string | undefined, options: ListOptions) => {
        if (unknown !== undefined) throw noSuchVerb(unknown);
        return online(context, options, async (client) => {
          const { limit, offset, status, skill } = options;
          const query = {
            limit,
            offset,
            ...(status !== undefined && { status }),
            ...(skill !== undefined && { skillId: skill }),
          };
          const page = await client.getExecutionHistory(query);
          tellPage(context.terminal, page, options, { name: 'executions', ...executionTable });
          if (page.total === 0 && skill !== undefined) await noteUnknownSkills(context, client, [skill]);
        });
      })
  );
}

function noSuchVerb(word: string): CliError {
  const isId = word.startsWith('exec_');
  const near = isId ? `show ${word}` : closest(word, ['list', 'show']);
  const advice = near === undefined ? 'There are: list, show' : `Did you mean: ihuman executions ${near}`;
  return new CliError('usage', `"${word}" is no verb of "ihuman executions". ${advice}`);
}
