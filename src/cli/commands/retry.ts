import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { runToEnd } from '../run/run-to-end.ts';

/** `ihuman retry`: runs again what has ended, as an execution of its own. */
export function command(context: CliContext): Command {
  return onlineCommand('retry', 'run an execution again with the same parameters')
    .description(
      'Runs an execution again with the same parameters, as a new one. A run of a workflow goes on from the steps that did not complete.',
    )
    .argument('<execution>', 'its id')
    .option('-d, --detach', 'print the id of the new execution instead of waiting for its end')
    .addHelpText('after', '\nExample:\n  ihuman retry "$(ihuman run countdown --detach)" --detach')
    .action((id: string, options: OnlineOptions & { readonly detach?: boolean }) =>
      online(context, options, async (client) => {
        const { executionId } = await client.retryExecution(id);
        await runToEnd(context, client, executionId, options);
      }),
    );
}
