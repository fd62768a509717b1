import { Command, Option } from 'commander';

import type { CliContext } from '../context.ts';
import { groupCommand } from '../online.ts';
import { runOwnProgram } from '../own-program.ts';

interface VerifyOptions {
  readonly dataDir?: string;
  readonly export?: string;
  readonly knownHash?: string;
}

/** `ihuman log`: what can be done with a log where it lies. */
export function command(context: CliContext): Command {
  return groupCommand('log', 'check an event log', [verify(context)]);
}

function verify(context: CliContext): Command {
  return new Command('verify')
    .summary('check that nothing of a log was lost or changed')
    .description(
      'Checks that nothing of a log was lost or changed: in a data directory (also of a running server, whose read models are compared with the log), or in a file of "ihuman events export".',
    )
    .option('--data-dir <directory>', 'default: IHUMAN_DATA_DIR, or ./.ihuman')
    .addOption(new Option('--export <file>', 'an exported log, instead').conflicts('dataDir'))
    .option('--known-hash <hex>', 'the log has to pass through this hash, noted from an earlier check of an export')
    .addHelpText(
      'after',
      '\nExit code: 0 all is well, 1 it is not, 2 it could not be checked.\n\nExample:\n  ihuman log verify',
    )
    .action(({ dataDir, export: file, knownHash }: VerifyOptions) =>
      runOwnProgram(context, 'verify-main.ts', [
        ...(dataDir === undefined ? [] : [`--data-dir=${dataDir}`]),
        ...(file === undefined ? [] : [`--export=${file}`]),
        ...(knownHash === undefined ? [] : [`--known-hash=${knownHash}`]),
      ]),
    );
}
