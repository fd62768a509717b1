import type { Command } from 'commander';

import { closest } from '../kernel/closest.ts';

/** The command that a command line is about: `webhooks verify`; the program itself is the empty text. */
interface NamedCommand {
  readonly command: Command;
  readonly path: string;
  /** The word behind it that should name one of its verbs and does not. */
  readonly unknown: string | undefined;
}

/** Follows the words of a command line down the command tree, up to the first flag. */
export function namedCommand(program: Command, args: readonly string[]): NamedCommand {
  let command = program;
  const path: string[] = [];
  for (const word of args) {
    if (word.startsWith('-') || command.commands.length === 0) break;
    if (word === 'help') continue;
    const child = command.commands.find((each) => each.name() === word);
    if (child === undefined) return { command, path: path.join(' '), unknown: word };
    path.push(word);
    command = child;
  }
  return { command, path: path.join(' '), unknown: undefined };
}

/** Throws commander's error when somebody asks for the help of a verb that is none: commander would show another one's. */
export function refuseHelpOfUnknown(args: readonly string[], { command, unknown }: NamedCommand): void {
  const last = args.at(-1);
  const asksHelp = args.includes('help') || last === '--help' || last === '-h';
  if (!asksHelp || unknown === undefined) return;
  const names = command.commands.map((each) => each.name());
  const near = closest(unknown, names);
  const advice = near === undefined ? '' : `\n(Did you mean ${near}?)`;
  command.error(`error: unknown command '${unknown}'${advice}`, { code: 'commander.unknownCommand' });
}
