import type { Command } from 'commander';

import type { IhumanClient } from '../../packages/sdk-js/src/index.ts';
import type { CliContext } from './context.ts';
import { online, onlineCommand, type OnlineOptions } from './online.ts';

interface Action {
  readonly name: string;
  readonly summary: string;
  /** What it is about: the name of its one argument. */
  readonly subject: string;
  /** As it is to be pasted. */
  readonly example: string;
}

/** A command that does something to one thing, and says in a sentence what it did; with `--json` it gives the server's answer. */
export function actionCommand<Options extends OnlineOptions>(
  context: CliContext,
  { name, summary, subject, example }: Action,
  work: (client: IhumanClient, id: string, options: Options) => Promise<readonly [answer: unknown, sentence: string]>,
): Command {
  return onlineCommand(name, summary)
    .argument(`<${subject}>`, 'its id')
    .addHelpText('after', `\nExample:\n  ${example}`)
    .action((id: string, options: Options) =>
      online(context, options, async (client) => {
        const [answer, sentence] = await work(client, id, options);
        if (options.json === true) context.terminal.json(answer);
        else context.terminal.note(sentence);
      }),
    );
}
