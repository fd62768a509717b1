import type { Command } from 'commander';

/** Something that can be typed at a place of the command line. */
interface Word {
  readonly text: string;
  readonly summary: string;
  /** True for a flag that wants a value. */
  readonly takesValue: boolean;
  /** The values that it may have; none: any. */
  readonly values: readonly string[];
}

/** All that can be typed after the words that lead to a command. */
export interface CommandWords {
  /** `''` for the program itself, then `list`, `webhooks create`, … */
  readonly path: string;
  readonly verbs: readonly Word[];
  readonly flags: readonly Word[];
  /** Values of its first argument, where they are few. */
  readonly values: readonly string[];
  /** True when its argument is the name of a skill. */
  readonly takesSkill: boolean;
}

/** The command tree as lists of words. */
export function commandWords(command: Command, words: readonly string[] = []): readonly CommandWords[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command);
  const flags = help.visibleOptions(command).flatMap(({ long, description, required, optional, argChoices }) => {
    const takesValue = required || optional;
    return long === undefined || long === null
      ? []
      : [{ text: long, summary: description, takesValue, values: argChoices ?? [] }];
  });
  const [argument] = command.registeredArguments;
  const own = {
    path: words.join(' '),
    verbs: children.map((child) => {
      return { text: child.name(), summary: help.subcommandDescription(child), takesValue: false, values: [] };
    }),
    flags,
    values: argument?.argChoices ?? [],
    takesSkill: argument?.name() === 'skill',
  };
  // `help` is made by commander itself: it takes the names of the others.
  const known = children.filter((child) => command.commands.includes(child));
  const others = own.verbs.filter(({ text }) => text !== 'help');
  const about =
    known.length < children.length ? [{ ...own, path: [...words, 'help'].join(' '), verbs: others, flags: [] }] : [];
  return [own, ...about, ...known.flatMap((child) => commandWords(child, [...words, child.name()]))];
}
