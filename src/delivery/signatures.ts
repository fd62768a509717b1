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
 * other; where that text is base64, a second time under its decoded bytes. `x-webhook-signature` is the hex HMAC-SHA256 of the body alone, under the text of the newest secret.
 */
export function signaturesOf({
  id,
  timestampS,
  body,
  secrets,
}: Signed): Record<'webhook-signature' | 'x-webhook-signature', string> {
  const head = `${id}.${String(timestampS)}.`;
  const standard = secrets
    .flatMap(keysOf)
    .map((key) => `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`);
  const [newest = ''] = secrets;
  return {
    'webhook-signature': standard.join(' '),
    'x-webhook-signature': createHmac('sha256', textKeyOf(newest)).update(body).digest('hex'),
  };
}

const standardKeys = new Map<string, readonly KeyObject[]>();
const textKeys = new Map<string, KeyObject>();

/** Libraries take any secret for base64, with the prefix or without: one that could be has both keys, its text and its bytes. */
function keysOf(secret: string): readonly KeyObject[] {
  return cached(standardKeys, secret, () => {
    const base64 = secret.startsWith(prefix) ? secret.slice(prefix.length) : secret;
    const bytes = Buffer.from(base64, 'base64');
    if (secret.startsWith(prefix)) return [createSecretKey(bytes)];
    const text = textKeyOf(secret);
    return bytes.toString('base64') === base64 ? [text, createSecretKey(bytes)] : [text];
  });
}

function textKeyOf(secret: string): KeyObject {
  return cached(textKeys, secret, () => createSecretKey(Buffer.from(secret)));
}

function cached<T>(known: Map<string, T>, secret: string, make: () => T): T {
  const key = known.get(secret);
  if (key !== undefined) return key;
  if (known.size >= maxCachedKeys) known.clear();
  const made = make();
  known.set(secret, made);
  return made;
}
