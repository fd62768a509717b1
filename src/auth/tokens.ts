import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { randomText } from '../kernel/ids.ts';

const secretChars = 32;
const checkChars = 6;
const keyIdChars = 8;
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const shapes = {
  session: /^skt_[0-9A-Za-z]{38}$/,
  'api-key': /^ihk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/,
  ticket: /^tkt_[0-9A-Za-z]{38}$/,
} as const;

/** A new session token: `skt_`, 32 random characters (190 bits), 6 check characters. */
export function newSessionToken(): string {
  return withCheck(`skt_${randomText(secretChars)}`);
}

/** A new API key: `ihk_`, its public id, `_`, 32 random characters, 6 check characters. */
export function newApiKey(): { readonly key: string; readonly keyId: string } {
  const keyId = randomText(keyIdChars);
  return { key: withCheck(`ihk_${keyId}_${randomText(secretChars)}`), keyId };
}

/** A new one-use ticket for opening a WebSocket. */
export function newTicket(): string {
  return withCheck(`tkt_${randomText(secretChars)}`);
}

/** What kind of credential this is; null when it cannot be one (a mistyped or made-up text fails its check characters). */
export function credentialKind(text: string): 'session' | 'api-key' | null {
  if (isWellFormed('session', text)) return 'session';
  return isWellFormed('api-key', text) ? 'api-key' : null;
}

/** True when the text can be a ticket. */
export function isTicket(text: string): boolean {
  return isWellFormed('ticket', text);
}

/**
 * What is stored in place of a token: look-ups by digest need no constant-time comparison, because nobody can steer
 * the digest of a guess towards a stored one.
 */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

function isWellFormed(kind: keyof typeof shapes, text: string): boolean {
  return shapes[kind].test(text) && withCheck(text.slice(0, -checkChars)) === text;
}

/** CRC-32 in base 62: all 32 bits fit into 6 characters. */
function withCheck(text: string): string {
  let rest = crc32(text);
  let check = '';
  for (let i = 0; i < checkChars; i++) {
    check = alphabet.charAt(rest % alphabet.length) + check;
    rest = Math.floor(rest / alphabet.length);
  }
  return text + check;
}
