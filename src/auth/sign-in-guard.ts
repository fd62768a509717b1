import type { Clock } from '../kernel/clock.ts';
import { networkOf } from './network.ts';
import { digestOf } from './tokens.ts';

/** Tries of one account from one network. */
interface PairTries {
  count: number;
  lastAtMs: number;
  blockedUntilMs: number;
}

/** Tries of one account from anywhere, within one window. */
interface AccountTries {
  count: number;
  windowFromMs: number;
  blockedUntilMs: number;
  /** When a delay of the account was last worth an event. */
  recordedAtMs: number;
}

const quietMs = 15 * 60_000;
const freeTries = 5;
const firstDelayMs = 1000;
const maxDelayMs = 15 * 60_000;
const recordedFromMs = 60_000;
const accountWindowMs = 3_600_000;
const accountFreeTries = 100;
/** 100 an hour, evenly spread. */
const accountDelayMs = accountWindowMs / accountFreeTries;
const maxRemembered = 10_000;

/** A try that was let through. It counts as a failure until it turns out otherwise. */
export interface Try {
  /** Tries of this account from this network that count, with this one. */
  readonly failures: number;
  /** When the next one is allowed, in milliseconds since 1970. */
  readonly untilMs: number;
  /** Whether this failure begins a delay that belongs on the log: at most once an hour for an account. */
  readonly worthRecording: boolean;
}

/**
 * Slows down guessing. From the 5th failure for an account from one network (/24 or /64) on, each further try waits 1, 2, 4 …
 * seconds, at most 15 minutes, until there was no try for 15 minutes. From the 100th failure for an account within an hour on,
 * from wherever, tries of that account are 36 seconds apart. Nothing is ever locked, and API keys are not concerned.
 *
 * A try is counted before the password is checked: a hundred guesses sent at once must not all be tested.
 * Kept in memory, 10,000 of each: failed sign-ins must not be able to fill the log or the vault.
 */
export class SignInGuard {
  readonly #clock: Clock;
  readonly #pairs = new Map<string, PairTries>();
  readonly #accounts = new Map<string, AccountTries>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds to wait before this account may be tried from this address; 0 when it may be tried now. */
  delayMs(account: string, address: string): number {
    const pair = this.#pairs.get(pairOf(account, address));
    const whole = this.#accounts.get(digestOf(account));
    const untilMs = Math.max(pair?.blockedUntilMs ?? 0, whole?.blockedUntilMs ?? 0);
    return Math.max(0, untilMs - this.#clock.now());
  }

  /** Counts a try that is about to be made. */
  begin(account: string, address: string): Try {
    const now = this.#clock.now();
    const pair = this.#pairTries(pairOf(account, address), now);
    const delayMs = delayAfter(++pair.count);
    pair.blockedUntilMs = now + delayMs;
    const whole = this.#accountTries(digestOf(account), now);
    const isManyAtOnce = ++whole.count >= accountFreeTries;
    if (isManyAtOnce) whole.blockedUntilMs = now + accountDelayMs;
    const worthRecording = (delayMs > recordedFromMs || isManyAtOnce) && now - whole.recordedAtMs >= accountWindowMs;
    if (worthRecording) whole.recordedAtMs = now;
    return { failures: pair.count, untilMs: Math.max(pair.blockedUntilMs, whole.blockedUntilMs), worthRecording };
  }

  /** The try was right: forgets the failures from that network. Those from elsewhere still count. */
  succeeded(account: string, address: string): void {
    this.#pairs.delete(pairOf(account, address));
    this.#uncount(account);
  }

  /** The try was not made after all (the server was too busy): it does not count, and may be repeated after a second. */
  dropped(account: string, address: string): void {
    const pair = this.#pairs.get(pairOf(account, address));
    if (pair !== undefined) {
      pair.count = Math.max(0, pair.count - 1);
      pair.blockedUntilMs = Math.min(pair.blockedUntilMs, this.#clock.now() + firstDelayMs);
    }
    this.#uncount(account);
  }

  #uncount(account: string): void {
    const whole = this.#accounts.get(digestOf(account));
    if (whole === undefined) return;
    whole.count = Math.max(0, whole.count - 1);
    if (whole.count < accountFreeTries) whole.blockedUntilMs = 0;
  }

  #pairTries(name: string, now: number): PairTries {
    const known = this.#pairs.get(name);
    const isOver = known === undefined || now - Math.max(known.lastAtMs, known.blockedUntilMs) > quietMs;
    const tries = isOver ? { count: 0, lastAtMs: now, blockedUntilMs: 0 } : known;
    tries.lastAtMs = now;
    remember(this.#pairs, name, tries);
    return tries;
  }

  #accountTries(name: string, now: number): AccountTries {
    const known = this.#accounts.get(name);
    const recordedAtMs = known?.recordedAtMs ?? Number.NEGATIVE_INFINITY;
    const isOver = known === undefined || now - known.windowFromMs >= accountWindowMs;
    const tries = isOver ? { count: 0, windowFromMs: now, blockedUntilMs: 0, recordedAtMs } : known;
    remember(this.#accounts, name, tries);
    return tries;
  }
}

/** How long to wait after that many failures from one network. */
function delayAfter(failures: number): number {
  return failures < freeTries ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - freeTries));
}

/** Puts an entry last, and forgets the one that was used longest ago when there are too many. */
function remember<T>(entries: Map<string, T>, name: string, entry: T): void {
  entries.delete(name);
  entries.set(name, entry);
  if (entries.size <= maxRemembered) return;
  const oldest = entries.keys().next();
  if (oldest.done !== true) entries.delete(oldest.value);
}

function pairOf(account: string, address: string): string {
  // A digest: whatever was typed as an account can be long, or personal.
  return digestOf(`${account}\n${networkOf(address)}`);
}
