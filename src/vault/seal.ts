import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

import { AppError } from '../kernel/errors.ts';

const algorithm = 'aes-256-gcm';
const formatVersion = 1;
const ivBytes = 12;
const tagBytes = 16;
const headBytes = 1 + ivBytes + tagBytes;

/** Seals values and names of the vault under keys derived from the key file's. */
export class Sealer {
  readonly #valueKey: Buffer;
  readonly #nameKey: Buffer;

  constructor(key: Buffer) {
    this.#valueKey = derive(key, 'ihuman vault values');
    this.#nameKey = derive(key, 'ihuman vault names');
  }

  /** Encrypts `value`; `context` must be the same when it is opened, so that a blob cannot be moved to another place. */
  seal(value: string, context: string): Buffer {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, this.#valueKey, iv, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(formatVersion), iv, cipher.getAuthTag(), sealed]);
  }

  /** Decrypts a blob. Throws VAULT_KEY_MISMATCH when key, context or blob are not the ones it was sealed with. */
  open(blob: Uint8Array, context: string): string {
    const buffer = Buffer.from(blob);
    try {
      if (buffer.length < headBytes || buffer[0] !== formatVersion) throw new AppError('VAULT_KEY_MISMATCH');
      const iv = buffer.subarray(1, 1 + ivBytes);
      // authTagLength refuses the short tags that GCM would otherwise accept.
      const decipher = createDecipheriv(algorithm, this.#valueKey, iv, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(buffer.subarray(1 + ivBytes, headBytes));
      return Buffer.concat([decipher.update(buffer.subarray(headBytes)), decipher.final()]).toString('utf8');
    } catch (error) {
      throw new AppError('VAULT_KEY_MISMATCH', { cause: error });
    }
  }

  /** What stands in the file for a name: equal names give equal text, and nobody can tell the name without the key. */
  nameOf(kind: string, name: string): string {
    return createHmac('sha256', this.#nameKey).update(`${kind}\0${name}`).digest('base64url');
  }
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, 32));
}
