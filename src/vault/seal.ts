import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import { AppError } from '../kernel/errors.ts';

const algorithm = 'aes-256-gcm';
const formatVersion = 1;
const keyIdBytes = 4;
const ivBytes = 12;
const tagBytes = 16;
const ivAt = 1 + keyIdBytes;
const tagAt = ivAt + ivBytes;
const headBytes = tagAt + tagBytes;

/** Where a value belongs. It is authenticated with the value, so that a blob cannot be moved to another place. */
export interface Place {
  readonly kind: string;
  /** What stands in the file for the key: see {@link Sealer.nameOf}. */
  readonly name: string;
  readonly owner: string | null;
}

/**
 * Seals values and names of the vault under keys derived from the key file's.
 * A blob is: format version (1 byte), key id (4), initialisation vector (12), tag (16), ciphertext.
 */
export class Sealer {
  readonly #valueKey: Buffer;
  readonly #nameKey: Buffer;
  readonly #digestKey: Buffer;
  readonly #keyId: Buffer;

  constructor(key: Buffer) {
    this.#valueKey = derive(key, 'ihuman vault values');
    this.#nameKey = derive(key, 'ihuman vault names');
    this.#digestKey = derive(key, 'ihuman vault digests');
    this.#keyId = createHash('sha256').update(this.#valueKey).digest().subarray(0, keyIdBytes);
  }

  /** Encrypts `value` for one place. */
  seal(value: string, place: Place): Buffer {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.#valueKey, iv, { authTagLength: tagBytes });
    cipher.setAAD(contextOf(place));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(formatVersion), this.#keyId, iv, cipher.getAuthTag(), sealed]);
  }

  /** Decrypts a blob. Throws VAULT_KEY_MISMATCH when key, place or blob are not the ones it was sealed with. */
  open(blob: Uint8Array, place: Place): string {
    const buffer = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
    if (buffer.length < headBytes || buffer[0] !== formatVersion) throw damaged();
    if (!buffer.subarray(1, ivAt).equals(this.#keyId)) throw new AppError('VAULT_KEY_MISMATCH');
    try {
      // authTagLength refuses the short tags that GCM would otherwise accept.
      const options = { authTagLength: tagBytes };
      const decipher = createDecipheriv(algorithm, this.#valueKey, buffer.subarray(ivAt, tagAt), options);
      decipher.setAAD(contextOf(place));
      decipher.setAuthTag(buffer.subarray(tagAt, headBytes));
      return Buffer.concat([decipher.update(buffer.subarray(headBytes)), decipher.final()]).toString('utf8');
    } catch (error) {
      throw damaged(error);
    }
  }

  /** What stands in the file for a key: equal keys give equal text, and nobody can tell the key without the key file. */
  nameOf(kind: string, key: string): string {
    return createHmac('sha256', this.#nameKey).update(`${kind}\0${key}`).digest('base64url');
  }

  /** What may stand outside the vault for a text: nobody can tell the text, or try guesses, without the key file. */
  digestOf(text: string): string {
    return createHmac('sha256', this.#digestKey).update(text).digest('base64url');
  }
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, 32));
}

function contextOf({ kind, name, owner }: Place): Buffer {
  return Buffer.from(JSON.stringify([formatVersion, kind, name, owner]));
}

function damaged(cause?: unknown): AppError {
  return new AppError('VAULT_KEY_MISMATCH', {
    message: 'A vault entry was changed outside of this program, or moved to a place that is not its own.',
    cause,
  });
}
