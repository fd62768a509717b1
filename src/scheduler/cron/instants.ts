import type { Cron } from './cron.ts';

/** The instants after one time up to another, `limit` at most, and whether there are more of them. */
export function instantsBetween(
  cron: Cron,
  afterMs: number,
  untilMs: number,
  limit: number,
): { readonly instants: readonly number[]; readonly more: boolean } {
  const instants: number[] = [];
  for (let atMs = cron.next(afterMs); atMs !== null && atMs <= untilMs; atMs = cron.next(atMs)) {
    if (instants.length === limit) return { instants, more: true };
    instants.push(atMs);
  }
  return { instants, more: false };
}

/** The last instant before one time, and not before another; null when there is none. */
export function lastInstantBefore(cron: Cron, beforeMs: number, notBeforeMs: number): number | null {
  const atMs = cron.previous(beforeMs);
  return atMs !== null && atMs >= notBeforeMs ? atMs : null;
}

/** How much later than its times a schedule fires: 0 to `jitterMs - 1`, always the same for an id (FNV-1a, 32 bits, mixed as MurmurHash3 ends). */
export function spreadMs(id: string, jitterMs: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return Math.floor((hash / 0x1_0000_0000) * jitterMs);
}
