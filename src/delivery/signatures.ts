import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

const prefix = 'whsec_';
const newSecretBytes = 32;
const maxCachedKeys = 10_000;

/** A new secret as Standard Webhooks has them: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return prefix + randomBytes(newSecretBytes).toString('base64');
}

/** What is wrong with a secret that somebody chose; null when nothing is. Any text of 1 to 256 printable characters is one. */
export function checkSecret(text: string): string | null {
  if (!/^[\x20-\x7e\u00a0-\uffff]{1,256}$/.test(text)) return 'must be 1 to 256 printable characters';
  if (!text.startsWith(prefix)) return null;
  const bytes = Buffer.from(text.slice(prefix.length), 'base64');
  const isCanonical = bytes.toString('base64').replace(/=+$/, '') === text.slice(prefix.length).replace(/=+$/, '');
  if (isCanonical && bytes.length >= 16 && bytes.length <= 75) return null;
  return 'begins with whsec_ and must go on with 16 to 75 bytes in base64';
}

/** What is signed. */
export interface Signed {
  readonly id: string;
  /** Seconds since 1970: of the attempt, not of the event. */
  readonly timestampS: number;
  readonly body: Buffer;
  /** Newest first. */
  readonly secrets: readonly string[];
}

/**
 * The headers that prove where a delivery comes from. `webhook-signature` is that of Standard Webhooks 1.0.0: for each secret
 * `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, under the decoded bytes of a `whsec_` secret and under the text of any
 * other. `x-webhook-signature` is the hex HMAC-SHA256 of the body alone, under the text of the newest secret.
 */
export function signaturesOf({ id, timestampS, body, secrets }: Signed): Record<string, string> {
  const head = `${id}.${String(timestampS)}.`;
  const standard = secrets.map(
    (secret) => `v1,${createHmac('sha256', keyOf(secret)).update(head).update(body).digest('base64')}`,
  );
  const [newest = ''] = secrets;
  return {
    'webhook-signature': standard.join(' '),
    'x-webhook-signature': createHmac('sha256', textKeyOf(newest)).update(body).digest('hex'),
  };
}

const keys = new Map<string, KeyObject>();
const textKeys = new Map<string, KeyObject>();

function keyOf(secret: string): KeyObject {
  if (!secret.startsWith(prefix)) return textKeyOf(secret);
  return cached(keys, secret, () => Buffer.from(secret.slice(prefix.length), 'base64'));
}

function textKeyOf(secret: string): KeyObject {
  return cached(textKeys, secret, () => Buffer.from(secret));
}

function cached(known: Map<string, KeyObject>, secret: string, bytesOf: () => Buffer): KeyObject {
  const key = known.get(secret);
  if (key !== undefined) return key;
  if (known.size >= maxCachedKeys) known.clear();
  const made = createSecretKey(bytesOf());
  known.set(secret, made);
  return made;
}
