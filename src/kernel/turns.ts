/** Runs pieces of work one after the other, in the order in which they were given; a failed one does not stop the next. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Waits for its turn in `line` only: work of different lines does not wait for each other. */
  take<T>(work: () => Promise<T>, line = ''): Promise<T> {
    const result = (this.#last.get(line) ?? Promise.resolve()).then(work);
    const over = result
      .catch(() => undefined)
      .finally(() => {
        if (this.#last.get(line) === over) this.#last.delete(line);
      });
    this.#last.set(line, over);
    return result;
  }
}
