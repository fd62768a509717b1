import type { Command } from 'commander';

import type { Page } from '../../packages/sdk-js/src/index.ts';
import { noteOfMore, wholeNumber } from './format.ts';
import type { OnlineOptions } from './online.ts';
import type { Table, Terminal } from './terminal.ts';

/** Which part of a list. */
export interface PageOptions extends OnlineOptions {
  readonly limit: number;
  readonly offset: number;
  readonly quiet?: boolean;
}

/** The options that say which part of a list. */
export function withPage(command: Command): Command {
  return command
    .option('--limit <count>', 'most to show', wholeNumber(1), 20)
    .option('--offset <count>', 'to pass over', wholeNumber(0), 0)
    .option('-q, --quiet', 'print nothing but the first column');
}

/** Shows a page: as a table, or as JSON with `total` beside the items under their name. */
export function tellPage<T>(
  terminal: Terminal,
  page: Page<T>,
  { json = false, quiet = false, offset }: PageOptions,
  { name, ...table }: Omit<Table, 'rows'> & { readonly name: string; readonly rowOf: (item: T) => readonly string[] },
): void {
  if (json) {
    terminal.json({ [name]: page, total: page.total });
    return;
  }
  if (quiet) {
    for (const item of page) terminal.result(table.rowOf(item)[0] ?? '');
    return;
  }
  if (page.length === 0)
    terminal.note(page.total === 0 ? 'There are none.' : `There are ${String(page.total)}, none of them here.`);
  else terminal.table({ ...table, rows: page.map(table.rowOf) });
  const next = offset + page.length;
  if (page.length > 0 && next < page.total) noteOfMore(terminal, page.length, page.total, `--offset ${String(next)}`);
}
