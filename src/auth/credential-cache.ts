import type { Clock } from '../kernel/clock.ts';
import type { Principal } from './principal.ts';

interface Cached {
  readonly principal: Principal;
  readonly untilMs: number;
}

const maxEntries = 10_000;
const maxAgeMs = 30_000;

/** Recently seen credentials by digest, so that not every request asks the vault. Revoked ones are removed at once. */
export class CredentialCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Cached>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(digest: string): Principal | undefined {
    const cached = this.#entries.get(digest);
    if (cached === undefined) return undefined;
    if (cached.untilMs > this.#clock.now()) return cached.principal;
    this.#entries.delete(digest);
    return undefined;
  }

  /** Remembers a credential for 30 seconds, or until it expires. */
  put(digest: string, principal: Principal, expiresAtMs: number): void {
    if (this.#entries.size >= maxEntries) this.#entries.clear();
    this.#entries.set(digest, { principal, untilMs: Math.min(expiresAtMs, this.#clock.now() + maxAgeMs) });
  }

  remove(digest: string): void {
    this.#entries.delete(digest);
  }
}
