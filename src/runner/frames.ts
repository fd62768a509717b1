const lengthBytes = 4;

/** A frame: 4 bytes of length (big-endian), then JSON. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(lengthBytes + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, lengthBytes);
  return frame;
}

/**
 * Cuts a byte stream into frames. The length is checked before anything is gathered, so that a hostile writer cannot make
 * the reader keep more than `maxBytes`.
 */
export class FrameReader {
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages completed by this chunk; null when the stream is not one of frames. */
  push(chunk: Buffer): readonly unknown[] | null {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: unknown[] = [];
    while (data.length >= lengthBytes) {
      const length = data.readUInt32BE(0);
      if (length > this.#maxBytes) return null;
      if (data.length < lengthBytes + length) break;
      const message = parse(data.toString('utf8', lengthBytes, lengthBytes + length));
      if (message === undefined) return null;
      messages.push(message);
      data = data.subarray(lengthBytes + length);
    }
    this.#rest = data;
    return messages;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
