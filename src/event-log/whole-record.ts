const maxVarintBytes = 8;

/**
 * True when the bytes are one append with that many events, as `encodeRecord` writes it, and nothing else. What the events hold
 * is not looked at. For bytes that anybody may have written: it reads no further than they go, whatever lengths they claim.
 */
export function isWholeRecord(bytes: Uint8Array, eventCount: number): boolean {
  const walk = new Walk(bytes);
  // appendId, atMs, actor, causationId, correlationId, events: the fields of schemas/record.avsc.
  const head = walk.skipText() && isMoment(walk.number()) && walk.skipText();
  return head && walk.skipOptionalText() && walk.skipOptionalText() && walk.countTexts() === eventCount && walk.atEnd;
}

/** Up to the year 144683: less than a `Date` takes, and the most that {@link Walk.number} reads. */
function isMoment(atMs: number | null): boolean {
  return atMs !== null && atMs >= 0;
}

/** Goes over Avro's binary encoding; every step says whether the bytes had what was expected. */
class Walk {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** A long, in zigzag and base 128; null when there is none, or one of 2^52 or more. */
  number(): number | null {
    let value = 0;
    for (let i = 0; i < maxVarintBytes; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return null;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      if (!Number.isSafeInteger(value)) return null;
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return null;
  }

  /** A text or bytes: the length, and then so many. */
  skipText(): boolean {
    const length = this.number();
    if (length === null || length < 0 || length > this.#bytes.length - this.#at) return false;
    this.#at += length;
    return true;
  }

  skipOptionalText(): boolean {
    const branch = this.number();
    return branch === 0 || (branch === 1 && this.skipText());
  }

  /** How many an array of bytes has, in one block; null when it is none. */
  countTexts(): number | null {
    const count = this.number();
    if (count === 0) return 0;
    // Each takes a byte at least: a claim of more is none.
    if (count === null || count < 0 || count > this.#bytes.length - this.#at) return null;
    for (let i = 0; i < count; i++) if (!this.skipText()) return null;
    return this.number() === 0 ? count : null;
  }
}
