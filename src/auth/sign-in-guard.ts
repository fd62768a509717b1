import { isIP } from 'node:net';

import type { Clock } from '../kernel/clock.ts';

interface Failures {
  count: number;
  firstAtMs: number;
  blockedUntilMs: number;
}

const windowMs = 15 * 60_000;
const freeFailures = 5;
const maxDelayMs = 15 * 60_000;
const maxRemembered = 10_000;

/** What a failure led to: how long the pair is delayed, and whether the delay is worth an event. */
export interface FailureOutcome {
  readonly failures: number;
  readonly untilMs: number;
  readonly worthRecording: boolean;
}

/**
 * Slows down guessing: after 5 failures within 15 minutes for an account from one network, each further try waits
 * 1, 2, 4 … seconds, at most 15 minutes. Kept in memory: failed sign-ins must not be able to fill the log.
 */
export class SignInGuard {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds to wait before this account may be tried from this address; 0 when it may be tried now. */
  delayMs(account: string, address: string): number {
    const known = this.#failures.get(pairOf(account, address));
    return Math.max(0, (known?.blockedUntilMs ?? 0) - this.#clock.now());
  }

  /** Counts a failure. Worth recording is the first delay of a minute or more in a window, so at most one event each. */
  failed(account: string, address: string): FailureOutcome {
    const now = this.#clock.now();
    const pair = pairOf(account, address);
    const known = this.#failures.get(pair);
    const fresh = known === undefined || now - known.firstAtMs > windowMs + maxDelayMs;
    const failures = fresh ? { count: 0, firstAtMs: now, blockedUntilMs: 0 } : known;
    failures.count++;
    const extra = failures.count - freeFailures;
    const delayMs = extra < 0 ? 0 : Math.min(maxDelayMs, 1000 * 2 ** extra);
    failures.blockedUntilMs = now + delayMs;
    this.#remember(pair, failures);
    return { failures: failures.count, untilMs: failures.blockedUntilMs, worthRecording: 1000 * 2 ** extra === 64_000 };
  }

  /** Forgets the failures of an account from an address after a successful sign-in. */
  succeeded(account: string, address: string): void {
    this.#failures.delete(pairOf(account, address));
  }

  #remember(pair: string, failures: Failures): void {
    this.#failures.delete(pair);
    this.#failures.set(pair, failures);
    if (this.#failures.size <= maxRemembered) return;
    const oldest = this.#failures.keys().next();
    if (oldest.done !== true) this.#failures.delete(oldest.value);
  }
}

function pairOf(account: string, address: string): string {
  return `${account}\n${networkOf(address)}`;
}

/** The /24 or /64 that an address belongs to: a guesser has a whole network of addresses, not one. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:/i, '');
  if (isIP(plain) === 4) return plain.split('.').slice(0, 3).join('.');
  return plain.split(':').slice(0, 4).join(':');
}
