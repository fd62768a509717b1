import { hash, randomFillSync } from 'node:crypto';

import type { Clock } from './clock.ts';

/** What an identifier names; its first letters on the wire (`exec_…`). */
export type IdPrefix =
  | 'exec'
  | 'user'
  | 'skill'
  | 'key'
  | 'batch'
  | 'conn'
  | 'evt'
  | 'log'
  | 'tkt'
  | 'rep'
  | 'hook'
  | 'dlv'
  | 'replay'
  | 'sched'
  | 'fill'
  | 'wf'
  | 'req';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base = alphabet.length;
const timeChars = 8;
const randomChars = 8;
const digestChars = 12;

const pool = new Uint8Array(4096);
let poolAt = pool.length;

/**
 * `length` random characters of 0-9A-Za-z (5.95 bits each), from the operating system's generator.
 * Bytes of 248 and above are thrown away, so that each character is equally likely.
 */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    if (poolAt === pool.length) {
      randomFillSync(pool);
      poolAt = 0;
    }
    const byte = pool[poolAt++] ?? 0;
    if (byte < 248) text += alphabet.charAt(byte % base);
  }
  return text;
}

function timeText(atMs: number): string {
  let rest = atMs;
  let text = '';
  for (let i = 0; i < timeChars; i++) {
    text = alphabet.charAt(rest % base) + text;
    rest = Math.floor(rest / base);
  }
  return text;
}

/**
 * A new identifier: prefix, 8 characters of time (milliseconds, so that ids sort by age and index inserts stay at the
 * right edge) and 8 random characters (47 bits).
 */
export function newId(prefix: IdPrefix, clock: Clock): string {
  return `${prefix}_${timeText(clock.now())}${randomText(randomChars)}`;
}

/**
 * A new node's identifier. Short, as it stands three times in the history of every execution: of 10,000 nodes that ever were,
 * two are named alike with a probability of 1 to 70,000 (62 to the 7th).
 */
export function newNodeId(): string {
  return `node_${randomText(7)}`;
}

/** The identifier that `parts` always give: equal parts, equal id. Used where a second attempt must meet the first. */
export function derivedId(prefix: IdPrefix, ...parts: readonly string[]): string {
  return `${prefix}_${digestText(parts, timeChars + randomChars)}`;
}

/**
 * The same for what follows from something that happened at a time: 8 characters of that, and 12 that follow from `parts` (71 bits).
 * Ids that come to be together then lie together in every index, as those of {@link newId} do: an index of ids without order
 * costs a page of the disk for each.
 */
export function derivedIdAt(prefix: IdPrefix, atMs: number, ...parts: readonly string[]): string {
  return `${prefix}_${timeText(atMs)}${digestText(parts, digestChars)}`;
}

function digestText(parts: readonly string[], length: number): string {
  const digest = hash('sha256', JSON.stringify(parts), 'latin1');
  let text = '';
  for (let i = 0; i < length; i++) text += alphabet.charAt(digest.charCodeAt(i) % base);
  return text;
}
