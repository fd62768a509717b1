import measure from 'fast-string-truncated-width';

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return measure(text).width;
}

/** The text in exactly `width` columns: filled with spaces, or cut with an ellipsis. */
export function fit(text: string, width: number): string {
  const { index, ellipsed, width: taken } = measure(text, { limit: width, ellipsis: '…' });
  const shown = ellipsed ? `${text.slice(0, index)}…` : text.slice(0, index);
  return shown + ' '.repeat(Math.max(0, width - taken));
}
