import type { CliContext } from './context.ts';
import { endingOf, exitCodes, type Outcome } from './exit-codes.ts';
import { namedCommand, refuseHelpOfUnknown } from './named-command.ts';
import { createProgram } from './program.ts';
import { printable, Terminal } from './terminal.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const args = process.argv.slice(2);
const { stdout, stderr, stdin, env: environment } = process;

// Whoever reads the result may stop reading, as `head` does: that is no failure of the command.
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
});

const terminal = new Terminal(stdout, stderr, environment);
const context: CliContext = {
  terminal,
  cwd: process.cwd(),
  environment,
  stdin,
  end: (outcome: Outcome) => {
    process.exitCode = exitCodes[outcome];
  },
  onInterrupt: (listener) => {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
};

const verb = args.find((arg) => !arg.startsWith('-') && arg !== 'help');
let path = '';
try {
  const program = await createProgram(context, { verb });
  const named = namedCommand(program, args);
  ({ path } = named);
  refuseHelpOfUnknown(args, named);
  await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' });
} catch (error) {
  const { outcome, lines } = endingOf(error, path);
  const text = lines
    .flatMap((line) => line.split('\n'))
    .map(printable)
    .join('\n');
  if (text !== '') terminal.note(`ihuman: ${text}`);
  const hasDebug = environment.IHUMAN_DEBUG !== undefined && environment.IHUMAN_DEBUG !== '';
  if (hasDebug && error instanceof Error && outcome !== 'ok') terminal.note(error.stack ?? '');
  process.exitCode = exitCodes[outcome];
}
