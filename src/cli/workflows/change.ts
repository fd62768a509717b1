import type { Command } from 'commander';

import type { WorkflowDefinition } from '../../../packages/sdk-js/src/index.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { ParameterSpec } from '../../skills/skill.ts';
import { needConsent } from '../consent.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { textIn } from '../files.ts';
import { valueText, wholeNumber } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { type GivenParameters, parametersFrom, withParameters } from '../run/parameters.ts';
import { runToEnd } from '../run/run-to-end.ts';

/** A definition as a file has it: JSON, or YAML as it is. */
async function definitionIn(context: CliContext, file: string): Promise<WorkflowDefinition | string> {
  const text = await textIn(context, file);
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value as unknown as WorkflowDefinition;
  } catch {
    if (file.endsWith('.json')) throw new CliError('usage', `${file} is not JSON.`);
  }
  return text;
}

/** `define`. */
export function defineWorkflow(context: CliContext): Command {
  return onlineCommand('define', 'define a workflow, or its next version')
    .argument('<file>', 'with the definition, in YAML or JSON; "-" is standard input')
    .addHelpText(
      'after',
      '\nExample:\n  echo \'{"name":"once","steps":{"only":{"skill":"countdown"}}}\' | ihuman workflows define -',
    )
    .action((file: string, options: OnlineOptions) =>
      online(context, options, async (client) => {
        const workflow = await client.workflows.define(await definitionIn(context, file));
        const { name, version } = workflow;
        if (options.json === true) context.terminal.json(workflow);
        else
          context.terminal.note(`${name} is defined, version ${String(version)}. Run it: ihuman workflows run ${name}`);
      }),
    );
}

/** `check`. */
export function checkWorkflow(context: CliContext): Command {
  return onlineCommand('check', 'check whether a definition would be taken')
    .argument('<file>', 'with the definition, in YAML or JSON; "-" is standard input')
    .addHelpText(
      'after',
      '\nExample:\n  echo \'{"name":"once","steps":{"only":{"skill":"countdown"}}}\' | ihuman workflows check -',
    )
    .action((file: string, options: OnlineOptions) =>
      online(context, options, async (client) => {
        const { terminal } = context;
        const kept: JsonObject = (await client.workflows.check(await definitionIn(context, file))) as JsonObject;
        const steps = Array.isArray(kept.steps) ? kept.steps : [];
        if (options.json === true) terminal.json(kept);
        else
          terminal.note(
            `${terminal.paintNote('green', '✓')} ${file} would be taken; steps in order: ${namesOf(steps)}`,
          );
      }),
    );
}

function namesOf(steps: readonly unknown[]): string {
  return steps.map((step) => (isJsonObject(step) ? valueText(step.id) : valueText(step))).join(', ');
}

interface RunOptions extends OnlineOptions, GivenParameters {
  readonly workflowVersion?: number;
  readonly detach?: boolean;
  readonly steps: boolean;
  readonly idempotencyKey?: string;
}

/** `run`: a run from request to result, with its steps. */
export function runWorkflow(context: CliContext): Command {
  return withParameters(onlineCommand('run', 'run a workflow and show its result'))
    .argument('<workflow>', 'its name')
    .option('--workflow-version <number>', 'default: the newest', wholeNumber(1))
    .option('-d, --detach', 'print the id of the execution instead of waiting for its end')
    .option('--no-steps', 'do not tell how the steps get on')
    .option('--idempotency-key <key>', 'running it again with the same key runs nothing twice')
    .addHelpText(
      'after',
      '\nOutput, Ctrl-C and exit code are as those of "ihuman run".\n\nExample:\n  ihuman workflows run "$(ihuman workflows list -q --limit 1)"',
    )
    .action((name: string, options: RunOptions) =>
      online(context, options, async (client) => {
        const { workflowVersion: version, idempotencyKey } = options;
        const workflow = await (version === undefined
          ? client.workflows.get(name)
          : client.workflows.version(name, version));
        const params = await parametersFrom(context, inputOf(workflow), options);
        const { executionId } = await client.workflows.run(name, params, {
          ...(version !== undefined && { version }),
          ...(idempotencyKey !== undefined && { idempotencyKey }),
        });
        await runToEnd(context, client, executionId, options);
      }),
    );
}

/** The parameters that a workflow takes: its input. */
function inputOf({ definition }: Readonly<Record<string, unknown>>): Readonly<Record<string, ParameterSpec>> | null {
  const input = isJsonObject(definition) ? definition.input : null;
  return isJsonObject(input) ? (input as unknown as Readonly<Record<string, ParameterSpec>>) : null;
}

/** `delete`, after a question. */
export function deleteWorkflow(context: CliContext): Command {
  return onlineCommand('delete', 'take a workflow away; its runs go on')
    .argument('<workflow>', 'its name')
    .option('-y, --yes', 'without being asked')
    .addHelpText('after', '\nExample:\n  ihuman workflows delete "$(ihuman workflows list -q --limit 1)"')
    .action((name: string, options: OnlineOptions & { readonly yes?: boolean }) =>
      online(context, options, async (client) => {
        await needConsent(context, `Take the workflow ${name} away?`, options.yes);
        const changed = await client.workflows.delete(name);
        if (options.json === true) context.terminal.json(changed);
        else context.terminal.note(`${name} is taken away.`);
      }),
    );
}
