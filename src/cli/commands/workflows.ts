import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { groupCommand } from '../online.ts';
import { checkWorkflow, defineWorkflow, deleteWorkflow, runWorkflow } from '../workflows/change.ts';
import { listRuns, listVersions, listWorkflows, showWorkflow } from '../workflows/read.ts';

const parts = [
  ...[listWorkflows, defineWorkflow, checkWorkflow, showWorkflow, listVersions, runWorkflow, listRuns, deleteWorkflow],
];

/** `ihuman workflows`: steps that need each other. */
export function command(context: CliContext): Command {
  return groupCommand(
    'workflows',
    'run skills as steps that need each other',
    parts.map((part) => part(context)),
  );
}
