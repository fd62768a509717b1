import type { Command } from 'commander';

import type { JsonObject } from '../../kernel/json.ts';
import type { CliContext } from '../context.ts';
import { details, timeText, valueText, wholeNumber } from '../format.ts';
import { executionTable } from '../executions/table.ts';
import { type PageOptions, tellPage, withPage } from '../lists.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';

/** `list`. */
export function listWorkflows(context: CliContext): Command {
  return withPage(onlineCommand('list', 'list workflows'))
    .addHelpText('after', '\nExample:\n  ihuman workflows list')
    .action((options: PageOptions) =>
      online(context, options, async (client) => {
        const { limit, offset } = options;
        tellPage(context.terminal, await client.workflows.list({ limit, offset }), options, {
          name: 'workflows',
          head: ['WORKFLOW', 'VERSION', 'STEPS', 'CHANGED', 'DESCRIPTION'],
          spare: ['CHANGED'],
          rowOf: ({ name, version, steps, changedAt, description }) => [
            ...[name, String(version), Array.isArray(steps) ? steps.join(', ') : '-'],
            ...[timeText(changedAt), valueText(description)],
          ],
        });
      }),
    );
}

/** `show`: with its definition. */
export function showWorkflow(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('show', 'show one workflow')
    .argument('<workflow>', 'its name')
    .option('--workflow-version <number>', 'default: the newest', wholeNumber(1))
    .addHelpText('after', '\nExample:\n  ihuman workflows show "$(ihuman workflows list -q --limit 1)"')
    .action((name: string, options: OnlineOptions & { readonly workflowVersion?: number }) =>
      online(context, options, async (client) => {
        const { workflowVersion: version } = options;
        const workflow = await (version === undefined
          ? client.workflows.get(name)
          : client.workflows.version(name, version));
        if (options.json === true) terminal.json(workflow);
        else {
          const { definition, steps, userId: _, ...shown } = workflow as JsonObject;
          details(terminal, { ...shown, steps: Array.isArray(steps) ? steps.join(', ') : steps });
          terminal.result(JSON.stringify(definition, null, 2));
        }
      }),
    );
}

/** `versions`. */
export function listVersions(context: CliContext): Command {
  const { terminal } = context;
  return onlineCommand('versions', 'list the versions of a workflow, newest first')
    .argument('<workflow>', 'its name')
    .addHelpText('after', '\nExample:\n  ihuman workflows versions "$(ihuman workflows list -q --limit 1)"')
    .action((name: string, options: OnlineOptions) =>
      online(context, options, async (client) => {
        const versions = (await client.workflows.versions(name)) as readonly JsonObject[];
        if (options.json === true) terminal.json({ versions });
        else
          terminal.table({
            head: ['VERSION', 'DEFINED', 'BY', 'STEPS'],
            rows: versions.map(({ version, definedAt, definedBy, steps }) => [
              ...[valueText(version), timeText(definedAt), valueText(definedBy)],
              Array.isArray(steps) ? steps.join(', ') : '-',
            ]),
          });
      }),
    );
}

/** `runs`. */
export function listRuns(context: CliContext): Command {
  return withPage(onlineCommand('runs', 'list the runs of a workflow, newest first'))
    .argument('<workflow>', 'its name')
    .addHelpText('after', '\nExample:\n  ihuman workflows runs "$(ihuman workflows list -q --limit 1)"')
    .action((name: string, options: PageOptions) =>
      online(context, options, async (client) => {
        const { limit, offset } = options;
        tellPage(context.terminal, await client.workflows.runs(name, { limit, offset }), options, {
          name: 'executions',
          ...executionTable,
        });
      }),
    );
}
