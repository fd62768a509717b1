/**
 * A map whose entries come and go by the thousand a second. V8's Map makes itself a new table whenever the old one is full of what was
 * deleted, and every table keeps what it held then and a link to the next one. Once one of them has outlived two collections it
 * keeps, dead, all that came after it alive until the old objects are collected. Here the tables hold keys and numbers, and each
 * value is let go when it is deleted. It takes as much room as its largest number of entries did.
 */
export class FleetingMap<K extends string | number, V extends object> {
  readonly #places = new Map<K, number>();
  readonly #values: (V | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.size;
  }

  has(key: K): boolean {
    return this.#places.has(key);
  }

  get(key: K): V | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#values[place];
  }

  set(key: K, value: V): void {
    const known = this.#places.get(key);
    const place = known ?? this.#free.pop() ?? this.#values.length;
    if (known === undefined) this.#places.set(key, place);
    this.#values[place] = value;
  }

  delete(key: K): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    this.#values[place] = undefined;
    this.#free.push(place);
    return true;
  }

  clear(): void {
    this.#places.clear();
    this.#values.length = 0;
    this.#free.length = 0;
  }

  /** In the order in which they came. */
  keys(): IterableIterator<K> {
    return this.#places.keys();
  }

  /** In the order in which they came; deleting while it is read is allowed. */
  *values(): Generator<V, void, void> {
    for (const place of this.#places.values()) {
      const value = this.#values[place];
      if (value !== undefined) yield value;
    }
  }
}

/** The same for what has no name. */
export class FleetingSet<V extends object> {
  readonly #members = new FleetingMap<number, V>();
  #last = 0;

  get size(): number {
    return this.#members.size;
  }

  /** Returns what takes the value out again. */
  add(value: V): () => void {
    const number = ++this.#last;
    this.#members.set(number, value);
    return () => {
      this.#members.delete(number);
    };
  }

  /** In the order in which they came; what comes or goes while it is read may do so. */
  values(): Iterable<V> {
    return this.#members.values();
  }
}
