/** How many values were found, and how large they were, at one moment. */
export interface HistogramReading {
  /** For each bound in rising order, and for infinity at last: how many values are not above it. */
  readonly upTo: readonly { readonly bound: number; readonly count: number }[];
  readonly sum: number;
}

/** Counts values in buckets: cheap enough for every append. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** One for each bound, and one for what is above all of them. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** Takes the upper bounds of the buckets in rising order; each belongs to its bucket. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
  }

  read(): HistogramReading {
    let count = 0;
    const upTo = [...this.#bounds, Infinity].map((bound, i) => ({ bound, count: (count += this.#counts[i] ?? 0) }));
    return { upTo, sum: this.#sum };
  }
}
