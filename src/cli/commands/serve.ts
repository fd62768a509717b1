import { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { outputOf, runOwnProgram } from '../own-program.ts';

/** `ihuman serve`: the server, with its own flags, until Ctrl-C. */
export function command(context: CliContext): Command {
  return new Command('serve')
    .description('Starts a server in this folder; Ctrl-C stops it.')
    .usage('[--flag value …]')
    .argument('[flags...]')
    .allowUnknownOption()
    .addHelpText('after', () => `\nExample:\n  ihuman serve --port 8080 --data-dir ./data\n\n${settings(context)}`)
    .action((flags: readonly string[]) => runOwnProgram(context, 'main.ts', flags));
}

/** The settings as the server tells them, without its line on how it is called. */
function settings({ cwd }: CliContext): string {
  const help = outputOf({ cwd, environment: {} }, 'main.ts', ['--help']);
  return help.slice(help.indexOf('\n\n') + 2).trimEnd();
}
