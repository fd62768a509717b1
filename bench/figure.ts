/** One line of the report: ours beside the limit that was measured in the same run. */
export interface Figure {
  readonly name: string;
  readonly ours: number;
  readonly limit: number | null;
  readonly unit: string;
  /** What `limit` is. */
  readonly against: string;
  /** The ratio (or, without a limit, the value) that is wanted. */
  readonly wanted: { readonly atLeast?: number; readonly atMost?: number };
  readonly parameters: string;
}

/** What the target is compared with: ours over the limit where there is one. */
export function measured({ ours, limit }: Figure): number {
  return limit === null ? ours : ours / limit;
}

/** True when the figure is what is wanted. */
export function isReached(figure: Figure): boolean {
  const value = measured(figure);
  const { atLeast = -Infinity, atMost = Infinity } = figure.wanted;
  return value >= atLeast && value <= atMost;
}

/** The median. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which the given share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
