import type { Command } from 'commander';

import { type Finding } from '../../kernel/finding.ts';
import type { CliContext } from '../context.ts';
import { examine } from '../doctor/examine.ts';
import { onlineCommand, type OnlineOptions } from '../online.ts';
import { printable, type Terminal } from '../terminal.ts';

/** What can be said to the doctor. */
interface DoctorOptions extends OnlineOptions {
  readonly dataDir?: string;
  readonly skills?: string;
}

/** `ihuman doctor`: why does it not work? */
export function command(context: CliContext): Command {
  return onlineCommand('doctor', 'look why something does not work')
    .description(
      'Looks why something does not work: at this folder as a server would find it, at the server, at the login.',
    )
    .option('--data-dir <directory>', 'of the server; default: IHUMAN_DATA_DIR, or ./.ihuman')
    .option('--skills <folders>', 'of the server; default: IHUMAN_SKILLS, or ./skills')
    .addHelpText(
      'after',
      '\nIt changes nothing. Exit code: 0 nothing stands in the way, 1 something does.\n\nExample:\n  ihuman doctor',
    )
    .action(async (options: DoctorOptions) => {
      const findings = await examine(context, options);
      const isWell = !findings.some(({ verdict }) => verdict === 'problem');
      if (options.json === true) context.terminal.json({ ok: isWell, findings });
      else for (const finding of findings) tell(context.terminal, finding);
      if (!isWell) context.end('failed');
    });
}

const marks = { ok: ['✓', 'green'], warning: ['!', 'yellow'], problem: ['✗', 'red'] } as const;

function tell(terminal: Terminal, { check, verdict, found, advice }: Finding): void {
  const [mark, colour] = marks[verdict];
  terminal.result(`${terminal.paint(colour, mark)} ${terminal.paint('bold', check)}: ${printable(found)}`);
  if (advice !== null) terminal.result(`    ${printable(advice)}`);
}
