const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;

const paint =
  (code: string) =>
  (text: string): string =>
    colours ? `\x1b[${code}m${text}\x1b[0m` : text;

export const bold = paint('1');
export const dim = paint('2');
const accent = paint('36');

/** Prints a line. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints what comes next. */
export function heading(text: string): void {
  say(`\n${accent('▸')} ${bold(text)}`);
}

const barWidth = 32;

/** Draws a progress bar over itself; on what is no terminal, nothing. */
export function drawBar(percent: number, status: string): void {
  if (!process.stdout.isTTY) return;
  const filled = Math.round((percent / 100) * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  process.stdout.write(`\r\x1b[K    ${accent(bar)} ${percent.toFixed(0).padStart(3)} %  ${dim(status)}`);
}

/** Ends the line of the bar. */
export function endBar(percent: number): void {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  else say(`    progress ${percent.toFixed(0)} %`);
}
