import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { showExecution } from '../executions/show.ts';
import { executionTable } from '../executions/table.ts';
import { oneOf } from '../format.ts';
import { type PageOptions, tellPage, withPage } from '../lists.ts';
import { groupCommand, online, onlineCommand } from '../online.ts';

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
  return withPage(onlineCommand('list', 'list executions, newest first; "ihuman executions" does it too'))
    .option('--status <status>', statuses.join(', '), oneOf(...statuses))
    .option('--skill <name>', 'only of this skill')
    .addHelpText('after', '\nExample:\n  ihuman executions --status failed --limit 5')
    .action((options: ListOptions) =>
      online(context, options, async (client) => {
        const { limit, offset, status, skill } = options;
        const query = {
          limit,
          offset,
          ...(status !== undefined && { status }),
          ...(skill !== undefined && { skillId: skill }),
        };
        tellPage(context.terminal, await client.getExecutionHistory(query), options, {
          name: 'executions',
          ...executionTable,
        });
      }),
    );
}
