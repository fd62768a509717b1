import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { type Command, Option } from 'commander';

import type { IhumanClient, Skill } from '../../../packages/sdk-js/src/index.ts';
import type { ParameterSpec } from '../../skills/skill.ts';
import type { CliContext } from '../context.ts';
import { CliError } from '../exit-codes.ts';
import { anyNumber, durationMs, timeOf } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { type GivenParameters, parametersFrom, withParameters } from '../run/parameters.ts';
import { runToEnd } from '../run/run-to-end.ts';
import { nearSkill } from '../unknown-filters.ts';

interface RunOptions extends OnlineOptions, GivenParameters {
  readonly detach?: boolean;
  readonly timeout?: number;
  readonly delay?: number;
  readonly at?: string;
  readonly priority?: number;
  readonly idempotencyKey?: string;
}

/** `ihuman run`: one execution of a skill, from request to result. */
export function command(context: CliContext): Command {
  return withParameters(onlineCommand('run', 'run a skill and show its result'))
    .argument('<skill>', 'its name')
    .option('-d, --detach', 'print the id of the execution instead of waiting for its end')
    .option('--timeout <duration>', 'limit of one attempt, such as 90s', durationMs)
    .option('--delay <duration>', 'not to be started for so long', durationMs)
    .addOption(new Option('--at <time>', 'not to be started before').argParser(timeOf).conflicts('delay'))
    .option('--priority <number>', 'higher runs first; -100 to 100', anyNumber)
    .option('--idempotency-key <key>', 'running it again with the same key runs nothing twice')
    .addHelpText(
      'after',
      `
Progress and log lines go to stderr, the result to stdout as JSON (with --json:
all of the outcome). Ctrl-C asks the server to cancel the execution, a second
one leaves at once. Exit code: 0 completed, 1 any other end.

Examples:
  ihuman run countdown --param from=3
  printf 'name,size\\na,1\\nb,2\\n' > data.csv
  ihuman run csv-profile --param-file csv=data.csv > profile.json
  ihuman run countdown --params '{"from":3}'
  echo '{"from":3}' | ihuman run countdown --params -`,
    )
    .action((skillId: string, options: RunOptions) =>
      online(context, options, async (client) => {
        const skill = await skillOf(context, client, skillId);
        const params = await parametersFrom(
          context,
          skill.parameters as Readonly<Record<string, ParameterSpec>>,
          options,
        );
        const { timeout, delay, at, priority, idempotencyKey } = options;
        const { executionId } = await client.executeSkill(skill.id, params, {
          ...(timeout !== undefined && { timeoutMs: timeout }),
          ...(delay !== undefined && { delayMs: delay }),
          ...(at !== undefined && { runAt: at }),
          ...(priority !== undefined && { priority }),
          ...(idempotencyKey !== undefined && { idempotencyKey }),
        });
        await runToEnd(context, client, executionId, options);
      }),
    );
}

/** A skill that was made a moment ago is there as soon as the server has looked again. */
const freshSkillMs = 5000;
const lookAgainMs = 200;

async function skillOf(context: CliContext, client: IhumanClient, skillId: string): Promise<Skill> {
  const isHere = existsSync(join(context.cwd, 'skills', skillId));
  for (let leftMs = isHere ? freshSkillMs : 0; ; leftMs -= lookAgainMs) {
    try {
      return await client.getSkill(skillId);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'SKILL_NOT_FOUND')) throw error;
      if (leftMs <= 0) break;
      await setTimeout(lookAgainMs);
    }
  }
  const near = await nearSkill(client, skillId);
  const others = near === undefined ? '"ihuman list" shows the skills that there are.' : `Did you mean ${near}?`;
  const here = 'It is in ./skills here, but the server does not use it: "ihuman validate" says why.';
  throw new CliError('failed', `There is no skill ${skillId}. ${isHere ? here : others}`);
}
