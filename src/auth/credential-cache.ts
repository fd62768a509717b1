import type { Clock } from '../kernel/clock.ts';
import type { Principal } from './principal.ts';

/** A credential that was found, and until when it is valid. */
export interface FoundCredential {
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

interface Cached {
  readonly principal: Principal;
  readonly untilMs: number;
}

interface LookUp {
  readonly outcome: Promise<Principal | null>;
  /** The credential was revoked while it was being looked up. */
  revoked: boolean;
  /** Its account was erased, perhaps: what was found may be used this once. */
  passing: boolean;
}

const maxEntries = 10_000;
const maxAgeMs = 30_000;

/**
 * Recently seen credentials by digest, so that not every request asks the vault. Revoked ones are removed at once, and a
 * look-up that was under way when its credential was revoked finds nothing.
 */
export class CredentialCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Cached>();
  readonly #lookUps = new Map<string, LookUp>();

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

  /**
   * Asks `find` for a credential, once for all who ask at the same time, and remembers it for 30 seconds or until it
   * expires. `find` gets a question to ask after each wait: whether the credential has been revoked meanwhile.
   */
  lookUp(
    digest: string,
    find: (isRevoked: () => boolean) => Promise<FoundCredential | null>,
  ): Promise<Principal | null> {
    const running = this.#lookUps.get(digest);
    if (running !== undefined) return running.outcome;
    const { promise: outcome, resolve, reject } = Promise.withResolvers<Principal | null>();
    const lookUp: LookUp = { outcome, revoked: false, passing: false };
    this.#lookUps.set(digest, lookUp);
    const settle = (found: FoundCredential | null): void => {
      this.#end(digest, lookUp);
      if (found !== null && !lookUp.revoked && !lookUp.passing) this.#put(digest, found);
      resolve(lookUp.revoked ? null : (found?.principal ?? null));
    };
    find(() => lookUp.revoked).then(settle, (error: unknown) => {
      this.#end(digest, lookUp);
      reject(error);
    });
    return outcome;
  }

  remove(digest: string): void {
    this.#entries.delete(digest);
    const running = this.#lookUps.get(digest);
    if (running === undefined) return;
    running.revoked = true;
    this.#lookUps.delete(digest);
  }

  removeUser(userId: string): void {
    for (const [digest, { principal }] of this.#entries) {
      if (principal.userId === userId) this.#entries.delete(digest);
    }
    // Whose they are shows only when they end.
    for (const running of this.#lookUps.values()) running.passing = true;
  }

  #put(digest: string, { principal, expiresAtMs }: FoundCredential): void {
    this.#entries.delete(digest);
    this.#entries.set(digest, { principal, untilMs: Math.min(expiresAtMs, this.#clock.now() + maxAgeMs) });
    if (this.#entries.size <= maxEntries) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }

  #end(digest: string, lookUp: LookUp): void {
    if (this.#lookUps.get(digest) === lookUp) this.#lookUps.delete(digest);
  }
}
