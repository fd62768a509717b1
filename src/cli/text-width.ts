import fastStringWidth from 'fast-string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return fastStringWidth(text);
}

/** The text in exactly `width` columns, one or more: filled with spaces, or cut with an ellipsis. */
export function fit(text: string, width: number): string {
  const taken = widthOf(text);
  if (taken <= width) return text + ' '.repeat(width - taken);
  let shown = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = used + widthOf(segment);
    if (next > width - 1) break;
    shown += segment;
    used = next;
  }
  return `${shown}…${' '.repeat(width - 1 - used)}`;
}
