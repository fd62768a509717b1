import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';

/** `ihuman cancel`: asks an execution to stop. */
export function command(context: CliContext): Command {
  return onlineCommand('cancel', 'cancel an execution')
    .argument('<execution>', 'its id')
    .option('--reason <text>', 'kept in the log')
    .addHelpText(
      'after',
      '\nExample:\n  ihuman cancel "$(ihuman run countdown --detach)" --reason "not needed any more"',
    )
    .action((id: string, options: OnlineOptions & { readonly reason?: string }) =>
      online(context, options, async (client) => {
        const execution = await client.cancelExecution(id, options.reason);
        const { terminal } = context;
        if (options.json === true) terminal.json(execution);
        else if (execution.endedAt !== null) terminal.note(`${id} is ${execution.status}.`);
        else terminal.note(`${id} was asked to stop. How it ends: ihuman watch ${id}`);
      }),
    );
}
