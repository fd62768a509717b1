import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { exportEvents } from '../events/export.ts';
import { tailEvents } from '../events/tail.ts';
import { groupCommand } from '../online.ts';

/** `ihuman events`: the event log from outside. */
export function command(context: CliContext): Command {
  return groupCommand('events', 'follow the event log, or take it away', [tailEvents(context), exportEvents(context)]);
}
