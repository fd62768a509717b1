import { readFileSync } from 'node:fs';

import { Command } from 'commander';

import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { type Verb, verbs } from './verbs.ts';

/** Columns of every help text: the same on every terminal, so that they can be made in advance. */
const helpWidth = 80;

const footer = `
Results are written to stdout, everything else to stderr.
Exit codes: ${String(exitCodes.ok)} done, ${String(exitCodes.failed)} failed, ${String(exitCodes.usage)} not understood, ${String(exitCodes.unreachable)} server not reachable,
            ${String(exitCodes.notAllowed)} not allowed, ${String(exitCodes.interrupted)} interrupted.
Variables:  IHUMAN_URL and IHUMAN_TOKEN (which server, and as whom), NO_COLOR,
            FORCE_COLOR, IHUMAN_DEBUG (shows where an error comes from).
`;

/** Which verbs are there in full: one by its name, or all of them. The others are known by name and summary only. */
export type Loaded = { readonly verb: string | undefined } | 'all';

/** The command tree. Nothing in it ends the process: it throws commander's errors and those of the verbs. */
export async function createProgram(context: CliContext, loaded: Loaded): Promise<Command> {
  const program = new Command('ihuman')
    .description('Makes, checks and runs skills, here and on an ihuman server.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [verb]', 'print the help of a verb')
    .usage('<verb> [options]')
    .configureHelp({ helpWidth, commandUsage: usageOf, subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => {
        context.terminal.result(text.trimEnd());
      },
      writeErr: (text) => {
        context.terminal.note(text.trimEnd());
      },
      // main.ts tells errors, all in one form.
      outputError: () => undefined,
      getOutHelpWidth: () => helpWidth,
      getErrHelpWidth: () => helpWidth,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText('after', footer);
  const needsAll = loaded !== 'all' && verbs.some(({ name, needsAll: all }) => name === loaded.verb && all === true);
  for (const verb of verbs) program.addCommand(await commandOf(verb, context, needsAll ? 'all' : loaded));
  for (const command of program.commands) inherit(command, program);
  return program;
}

async function commandOf(verb: Verb, context: CliContext, loaded: Loaded): Promise<Command> {
  const isLoaded = loaded === 'all' || loaded.verb === verb.name;
  if (!isLoaded) return new Command(verb.name).summary(verb.summary);
  const { command } = await verb.load();
  return command(context).summary(verb.summary);
}

/** Commands that are added, not made by their parent, do not take over how it shows help and ends. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  command.helpOption('-h, --help', 'print this help');
  for (const child of command.commands) inherit(child, command);
}

function usageOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return `${names.join(' ')} ${command.usage()}`;
}

function packageVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
