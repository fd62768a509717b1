import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { encodeFrame, FrameReader } from '../../../src/runner/frames.ts';

const maxBytes = 1024 * 1024;
const message = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

function frameOf(body: string | Buffer, length = body.length): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length);
  return Buffer.concat([head, Buffer.from(body)]);
}

describe('a stream of frames', () => {
  it('gives every message once and in order, however it is cut into chunks', () => {
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat(40)), (messages, sizes) => {
        const bytes = Buffer.concat(messages.map(encodeFrame));
        const reader = new FrameReader(maxBytes);
        const got: unknown[] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          const chunk = bytes.subarray(at, at + size);
          at += chunk.length;
          got.push(...(reader.push(chunk) ?? ['no frames']));
        }
        expect(got).toEqual(messages);
      }),
    );
  });

  it('gives a message of many bytes for each character whole, cut in the middle of one', () => {
    const bytes = encodeFrame({ text: 'ü€😀' });
    const reader = new FrameReader(maxBytes);
    const got = [...bytes].flatMap((byte) => reader.push(Buffer.from([byte])) ?? ['no frames']);
    expect(got).toEqual([{ text: 'ü€😀' }]);
  });

  it('is refused by the length alone when a frame would be too large', () => {
    expect(new FrameReader(10).push(frameOf('', 11))).toBeNull();
    expect(new FrameReader(10).push(frameOf('"12345678"'))).toEqual(['12345678']);
    expect(new FrameReader(maxBytes).push(Buffer.from('HTTP/1.1 200 OK'))).toBeNull();
  });

  it.each(['', '{', 'undefined', "{'a':1}", '1 2', '\0'])(
    'is refused when a frame holds %j instead of JSON',
    (body) => {
      expect(new FrameReader(maxBytes).push(frameOf(body))).toBeNull();
    },
  );

  it('gives nothing for a frame that never ends', () => {
    const reader = new FrameReader(maxBytes);
    expect(reader.push(frameOf('"abc', 100))).toEqual([]);
    expect(reader.push(Buffer.alloc(0))).toEqual([]);
  });
});
