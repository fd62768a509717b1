import { fit, widthOf } from './text-width.ts';

const barWidth = 24;

/** One line at the bottom of a terminal that says how far something is. */
export class ProgressBar {
  readonly #write: ((text: string) => void) | null;
  readonly #columns: () => number;
  #line: string | null = null;

  /** `write` is null where there is no terminal: then nothing is ever shown. */
  constructor(write: ((text: string) => void) | null, columns: () => number) {
    this.#write = write;
    this.#columns = columns;
  }

  /** Shows a percentage from 0 to 100 and what is going on. */
  update(percent: number, status = ''): void {
    const share = Math.max(0, Math.min(100, percent));
    const filled = Math.round((share / 100) * barWidth);
    this.#line = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${String(Math.round(share)).padStart(3)} % ${status}`;
    this.show();
  }

  /** Draws the line again. */
  show(): void {
    if (this.#line === null) return;
    const room = Math.max(1, this.#columns() - 1);
    this.#write?.(`\r\x1b[K${widthOf(this.#line) > room ? fit(this.#line, room) : this.#line}`);
  }

  /** Takes the line away until it is drawn again. */
  hide(): void {
    if (this.#line !== null) this.#write?.('\r\x1b[K');
  }

  /** Takes the line away for good. */
  clear(): void {
    this.hide();
    this.#line = null;
  }
}
