import { Argument, Command } from 'commander';

import { commandWords } from '../completion/command-words.ts';
import { completionScript, type Shell, shells } from '../completion/scripts.ts';
import type { CliContext } from '../context.ts';

/** `ihuman completion`: made from the command tree, which is loaded in full for it. */
export function command(context: CliContext): Command {
  return new Command('completion')
    .description('Prints a script that completes verbs, flags and names of skills when you press Tab.')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(ihuman completion bash)\n  ihuman completion fish > ~/.config/fish/completions/ihuman.fish',
    )
    .action((shell: Shell, _, own: Command) => {
      const words = own.parent === null ? [] : commandWords(own.parent);
      context.terminal.result(completionScript(shell, words).trimEnd());
    });
}
