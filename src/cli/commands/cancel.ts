import type { Command } from 'commander';

import { actionCommand } from '../action.ts';
import type { CliContext } from '../context.ts';
import type { OnlineOptions } from '../online.ts';

interface CancelOptions extends OnlineOptions {
  readonly reason?: string;
}

const example = 'ihuman cancel "$(ihuman run countdown --detach)" --reason "not needed any more"';

/** `ihuman cancel`: asks an execution to stop. */
export function command(context: CliContext): Command {
  const about = { name: 'cancel', summary: 'cancel an execution', subject: 'execution', example };
  return actionCommand<CancelOptions>(context, about, async (client, id, { reason }) => {
    const execution = await client.cancelExecution(id, reason);
    const how = `${id} was asked to stop. How it ends: ihuman watch ${id}`;
    return [execution, execution.endedAt === null ? how : `${id} is ${execution.status}.`];
  }).option('--reason <text>', 'kept in the log');
}
