import type { Command } from 'commander';

import type { Page } from '../../packages/sdk-js/src/index.ts';
import { noteOfMore, wholeNumber } from './format.ts';
import type { OnlineOptions } from './online.ts';
import type { Table, Terminal } from './terminal.ts';
import { widthOf } from './text-width.ts';

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

/** How the items of a list stand in a table. */
export interface Columns<T> {
  readonly head: readonly string[];
  readonly rowOf: (item: T) => readonly string[];
  readonly flexible?: string;
  /** What is left out first, and then, where the terminal is too narrow. */
  readonly spare?: readonly string[];
}

/** Shows a page: as a table, or as JSON with `total` beside the items under their name. */
export function tellPage<T>(
  terminal: Terminal,
  page: Page<T>,
  { json = false, quiet = false, offset }: PageOptions,
  { name, ...columns }: Columns<T> & { readonly name: string },
): void {
  if (json) {
    terminal.json({ [name]: page, total: page.total });
    return;
  }
  if (quiet) {
    for (const item of page) terminal.result(columns.rowOf(item)[0] ?? '');
    return;
  }
  if (page.length === 0)
    terminal.note(page.total === 0 ? 'There are none.' : `There are ${String(page.total)}, none of them here.`);
  else terminal.table(fitting(columns, page, terminal.width));
  const next = offset + page.length;
  if (page.length > 0 && next < page.total) noteOfMore(terminal, page.length, page.total, `--offset ${String(next)}`);
}

/** The table without as many of the spare columns as it takes to fit. */
export function fitting<T>(
  { head, rowOf, flexible, spare = [] }: Columns<T>,
  items: readonly T[],
  width: number,
): Table {
  const rows = items.map(rowOf);
  const [name, ...others] = spare;
  const cut = head.includes(flexible ?? '') ? flexible : head.at(-1);
  const needed = head.map((title, i) =>
    title === cut ? narrowest : Math.max(widthOf(title), ...rows.map((row) => widthOf(row[i] ?? ''))),
  );
  const total = needed.reduce((sum, each) => sum + each + 2, -2);
  if (total <= width || name === undefined) return { head, rows, ...(cut !== undefined && { flexible: cut }) };
  const at = head.indexOf(name);
  const without = (row: readonly string[]): readonly string[] => row.filter((_, i) => i !== at);
  const left = { head: without(head), rowOf: (item: T) => without(rowOf(item)), spare: others };
  return fitting({ ...left, ...(flexible !== undefined && { flexible }) }, items, width);
}

/** Columns that a flexible column keeps. */
const narrowest = 8;
