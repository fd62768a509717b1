import type { Command } from 'commander';

import { createProgram } from '../../src/cli/program.ts';
import { Terminal } from '../../src/cli/terminal.ts';

/** The help text of every command, by the words that lead to it: '' for the program, then `list`, `webhooks create`, … */
export async function commandHelp(): Promise<ReadonlyMap<string, string>> {
  let written = '';
  const output = { write: (text: string) => (written += text) };
  const program = await createProgram(
    {
      terminal: new Terminal(output, output, {}),
      cwd: '/',
      environment: {},
      stdin: process.stdin,
      end: () => undefined,
      onInterrupt: () => () => undefined,
    },
    'all',
  );
  const texts = new Map<string, string>();
  const collect = (command: Command, words: readonly string[]): void => {
    written = '';
    command.outputHelp();
    texts.set(words.join(' '), written);
    for (const child of command.commands) collect(child, [...words, child.name()]);
  };
  collect(program, []);
  return texts;
}

/** The reference page of the command line. */
export function commandLinePage(help: ReadonlyMap<string, string>): string {
  const sections = [...help].map(([words, text]) => {
    const title = words === '' ? '' : `## ${words}\n\n`;
    return `${title}\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
  });
  const intro =
    'Made by `npm run generate` from the commands themselves. In a clone `node bin/cli.js` is `ihuman`; `npm link` puts `ihuman` on the path.';
  return `# Command line\n\n${intro}\n\n${sections.join('\n')}`;
}
