import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Receiver } from 'ws';

import { textFrame } from '../../../src/realtime/frame.ts';

/** What an independent reader of the protocol finds in the bytes. */
async function read(bytes: Buffer): Promise<string[]> {
  const texts: string[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer) => texts.push(data.toString('utf8')));
  await new Promise<void>((resolve, reject) => {
    receiver.on('error', reject);
    receiver.on('finish', resolve);
    receiver.end(bytes);
  });
  return texts;
}

describe('a text frame', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536])('of %i bytes is read back whole', async (length) => {
    const text = 'x'.repeat(length);
    expect(await read(textFrame(text))).toEqual([text]);
  });

  it('counts bytes, not characters', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 4 }), async (texts) => {
        expect(await read(Buffer.concat(texts.map(textFrame)))).toEqual(texts);
      }),
    );
  });
});
