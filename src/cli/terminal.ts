import { stripVTControlCharacters, styleText } from 'node:util';

import { fit, widthOf } from './text-width.ts';
import { ProgressBar } from './progress-bar.ts';

type Format = Parameters<typeof styleText>[0];

/** The part of a stream that a terminal needs. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What decides about colours. */
export interface ColourVariables {
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

/** The rows of a table; the column named `flexible` is cut where the terminal is too narrow for all. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly flexible?: string;
}

/** Results go to stdout, everything else to stderr; colours, tables and bars are for people at a terminal only. */
export class Terminal {
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #variables: ColourVariables;
  #bar: ProgressBar | null = null;

  constructor(stdout: Output, stderr: Output, variables: ColourVariables) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#variables = variables;
  }

  /** True when somebody reads stdout as it comes. */
  get isResultTTY(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** True when somebody reads stderr as it comes: only then are there bars. */
  get isNoteTTY(): boolean {
    return this.#stderr.isTTY === true;
  }

  /** Columns of stdout; unlimited when it is no terminal. */
  get width(): number {
    return this.isResultTTY ? this.#stdout.columns || 80 : Number.POSITIVE_INFINITY;
  }

  /** Writes a line, or several, of the command's result. */
  result(text: string): void {
    this.#withoutBar(() => this.#stdout.write(`${text}\n`));
  }

  /** Writes a value as JSON on stdout: indented for people, on one line for programs. */
  json(value: unknown): void {
    this.result(JSON.stringify(value, null, this.isResultTTY ? 2 : 0));
  }

  /** Tells something beside the result. */
  note(text: string): void {
    this.#withoutBar(() => this.#stderr.write(`${text}\n`));
  }

  /** `text` in a colour or weight, where stdout is shown to people who want colours. */
  paint(format: Format, text: string): string {
    return coloured(this.#stdout, this.#variables) ? styled(format, text) : text;
  }

  /** The same for notes. */
  paintNote(format: Format, text: string): string {
    return coloured(this.#stderr, this.#variables) ? styled(format, text) : text;
  }

  /** Writes rows below each other in columns, as a result. */
  table({ head, rows, flexible }: Table): void {
    const cells = [head, ...rows].map((row) => row.map(printable));
    const widths = head.map((_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ''))));
    const cut = head.indexOf(flexible ?? head.at(-1) ?? '');
    const others = widths.reduce((sum, width, i) => sum + (i === cut ? 0 : width + 2), 0);
    widths[cut] = Math.max(8, Math.min(widths[cut] ?? 0, this.width - others));
    const lines = cells.map((row) =>
      row
        .map((cell, i) => fit(cell, widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
    const [first = '', ...rest] = lines;
    this.result([this.paint('bold', first), ...rest].join('\n'));
  }

  /** A bar on stderr from 0 to 100 percent, below whatever else is written; it shows nothing where stderr is no terminal. */
  progressBar(): ProgressBar {
    const columns = (): number => this.#stderr.columns || 80;
    this.#bar = new ProgressBar(this.isNoteTTY ? (text) => void this.#stderr.write(text) : null, columns);
    return this.#bar;
  }

  #withoutBar(write: () => unknown): void {
    this.#bar?.hide();
    write();
    this.#bar?.show();
  }
}

/** Text from elsewhere without what would move the cursor or change the terminal; line breaks become spaces. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/\p{Cc}+/gu, ' ');
}

function styled(format: Format, text: string): string {
  return styleText(format, text, { validateStream: false });
}

function coloured({ isTTY }: Output, { NO_COLOR, FORCE_COLOR, TERM }: ColourVariables): boolean {
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return isTTY === true && TERM !== 'dumb';
}
