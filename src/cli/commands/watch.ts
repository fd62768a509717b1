import { type Command, Option } from 'commander';

import type { Since } from '../../../packages/sdk-js/src/index.ts';
import type { CliContext } from '../context.ts';
import { wholeNumber } from '../format.ts';
import { online, onlineCommand, type OnlineOptions } from '../online.ts';
import { follow, leave, tellEnding } from '../run/follow.ts';

interface WatchOptions extends OnlineOptions {
  readonly since?: number;
  readonly after?: string;
  readonly tail?: number;
  readonly now?: true;
  readonly steps?: true;
}

/** `ihuman watch`: one execution as it goes on, from its beginning unless told otherwise. */
export function command(context: CliContext): Command {
  const others = ['since', 'after', 'tail', 'now'];
  const one = (option: Option): Option => option.conflicts(others.filter((name) => name !== option.attributeName()));
  return onlineCommand('watch', 'follow an execution to its end')
    .argument('<execution>', 'its id')
    .addOption(one(new Option('--since <number>', 'begin behind that event').argParser(wholeNumber(0))))
    .addOption(one(new Option('--after <cursor>', 'begin behind that place in the log')))
    .addOption(one(new Option('--tail <count>', 'begin with the last events').argParser(wholeNumber(0))))
    .addOption(one(new Option('--now', 'begin with what happens from now on')))
    .option('--steps', "tell how the steps of a workflow's run get on")
    .addHelpText(
      'after',
      `
A lost connection is made again, and nothing is missed. With --json each event is a line of JSON on stdout.
Ctrl-C ends the watching, not the execution. Exit code: 0 completed, 1 any other end.

Examples:
  ihuman watch "$(ihuman run countdown --detach)"
  ihuman watch "$(ihuman run countdown --detach)" --json`,
    )
    .action((executionId: string, options: WatchOptions) =>
      online(context, options, async (client) => {
        const { terminal } = context;
        // Asks once, so that what is not there, or not allowed, is known before anything is waited for.
        await client.getExecution(executionId);
        const bar = terminal.progressBar();
        const stop = context.onInterrupt(() => leave(terminal, bar, `${executionId} goes on unwatched.`));
        const since = sinceOf(options);
        const ndjson = options.json === true;
        const settings = { bar, ndjson, steps: options.steps === true, ...(since !== null && { since }) };
        const ending = await follow(context, client, executionId, settings).finally(stop);
        if (ending === null) terminal.note('It had ended before.');
        else if (!ndjson) tellEnding(context, ending);
        else if (ending.type === 'error') context.end('failed');
      }),
    );
}

function sinceOf({ since, after, tail, now }: WatchOptions): Since | null {
  if (since !== undefined) return { seq: since };
  if (after !== undefined) return { pos: after };
  if (tail !== undefined) return { tail };
  return now === true ? 'now' : null;
}
