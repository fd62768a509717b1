import type { Clock } from '../kernel/clock.ts';
import type { Vault } from '../vault/vault.ts';
import { CredentialCache, type FoundCredential } from './credential-cache.ts';
import { type Principal, scopesOf } from './principal.ts';
import type { StoredKey, StoredSession } from './stored.ts';
import { ticketMs, Tickets } from './tickets.ts';
import { credentialKind, digestOf, newSessionToken } from './tokens.ts';

const sessionIdleMs = 12 * 3_600_000;
const sessionMaxMs = 30 * 86_400_000;
const sessionTouchMs = 10 * 60_000;
/** The oldest ones end when there are more. */
const maxSessionsPerUser = 100;

/** A session that was just begun. */
export interface NewSession {
  readonly token: string;
  readonly credentialId: string;
  readonly expiresAtMs: number;
}

/** What opens the door: sessions, API keys and tickets. They lie in the vault by digest, the recent ones in memory too. */
export class Credentials {
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #cache: CredentialCache;
  readonly #tickets: Tickets;
  readonly #revokedListeners = new Set<(credentialId: string) => void>();

  constructor(vault: Vault, clock: Clock) {
    this.#vault = vault;
    this.#clock = clock;
    this.#cache = new CredentialCache(clock);
    this.#tickets = new Tickets(vault, clock);
    vault.onRemoved((kind, key) => {
      if (kind !== 'session' && kind !== 'api-key') return;
      this.#cache.remove(key);
      this.#tellRevoked(key);
    });
  }

  /** Who this credential belongs to, from memory: undefined when it has to be looked up. For the hot path. */
  authenticateCached(credential: string): Principal | undefined {
    return this.#cache.get(digestOf(credential));
  }

  /** Who this credential belongs to; null when it is unknown, expired or revoked. */
  async authenticate(credential: string): Promise<Principal | null> {
    const digest = digestOf(credential);
    const cached = this.#cache.get(digest);
    if (cached !== undefined) return cached;
    const kind = credentialKind(credential);
    if (kind === null) return null;
    return this.#lookUp(kind, digest);
  }

  /** True while the principal's session or key is neither revoked nor expired. */
  async isCurrent({ via, credentialId }: Principal): Promise<boolean> {
    return (await this.#lookUp(via, credentialId)) !== null;
  }

  /** Begins a session, and ends the account's expired and superfluous ones. */
  async startSession(userId: string, role: Principal['role']): Promise<NewSession> {
    const token = newSessionToken();
    const credentialId = digestOf(token);
    const now = this.#clock.now();
    const session: StoredSession = { userId, role, createdAtMs: now, usedAtMs: now };
    await this.#vault.put('session', credentialId, userId, session);
    await this.#sweepSessions(userId);
    return { token, credentialId, expiresAtMs: now + sessionIdleMs };
  }

  /** Ends the session or, for an API key, does nothing. */
  async signOut(principal: Principal): Promise<void> {
    if (principal.via === 'session') await this.end('session', principal.credentialId);
  }

  /** Ends all sessions of an account but one. */
  async endOtherSessions(userId: string, credentialId: string): Promise<void> {
    for (const { key } of await this.#vault.list('session', userId)) {
      if (key !== credentialId) await this.end('session', key);
    }
  }

  /** Removes all that the vault holds of an account. From this call on nobody gets in with a session or key of it. */
  async eraseAccount(userId: string): Promise<void> {
    const sessions = await this.#vault.list('session', userId);
    const credentials = [...sessions, ...(await this.#vault.list('api-key', userId))];
    for (const { key } of credentials) this.#cache.remove(key);
    await this.#vault.eraseOwner(userId);
    this.#cache.removeUser(userId);
    for (const { key } of credentials) this.#tellRevoked(key);
  }

  /** A ticket that opens one WebSocket within 30 seconds, so that no token stands in a URL. */
  async issueTicket(principal: Principal): Promise<{ readonly ticket: string; readonly expiresInMs: number }> {
    const ticket = await this.#tickets.issue(principal);
    return { ticket, expiresInMs: ticketMs };
  }

  /**
   * Redeems a ticket: the principal that it was issued to; null when it is unknown, used or expired, or when the session or
   * key that it was issued for has been revoked.
   */
  async takeTicket(ticket: string): Promise<Principal | null> {
    const principal = await this.#tickets.take(ticket);
    return principal !== null && (await this.isCurrent(principal)) ? principal : null;
  }

  /** Calls `listener` with the credential id whenever a session or key stops being valid. Returns the way to stop it. */
  onRevoked(listener: (credentialId: string) => void): () => void {
    this.#revokedListeners.add(listener);
    return () => this.#revokedListeners.delete(listener);
  }

  /** Removes a session or key; false when it was gone already. From this call on nobody gets in with it. */
  async end(kind: Principal['via'], digest: string): Promise<boolean> {
    this.#cache.remove(digest);
    const removed = await this.#vault.take(kind, digest);
    // Once more: a look-up that began in between may have seen it.
    this.#cache.remove(digest);
    this.#tellRevoked(digest);
    return removed !== null;
  }

  /** Ends an account's expired sessions and, beyond {@link maxSessionsPerUser}, those that were used longest ago. */
  async #sweepSessions(userId: string): Promise<void> {
    const now = this.#clock.now();
    const items = await this.#vault.list('session', userId);
    const byAge = items
      .map(({ key, value }) => ({ key, stored: value as StoredSession }))
      .sort((a, b) => b.stored.usedAtMs - a.stored.usedAtMs);
    for (const [i, { key, stored }] of byAge.entries()) {
      if (i >= maxSessionsPerUser || sessionEndMs(stored) <= now) await this.end('session', key);
    }
  }

  #lookUp(kind: Principal['via'], digest: string): Promise<Principal | null> {
    return this.#cache.lookUp(digest, (isRevoked) =>
      kind === 'session' ? this.#session(digest, isRevoked) : this.#apiKey(digest),
    );
  }

  async #session(digest: string, isRevoked: () => boolean): Promise<FoundCredential | null> {
    const stored = (await this.#vault.get('session', digest)) as StoredSession | null;
    if (stored === null) return null;
    const now = this.#clock.now();
    if (sessionEndMs(stored) <= now) {
      await this.end('session', digest);
      return null;
    }
    const { userId, role } = stored;
    const session = now - stored.usedAtMs > sessionTouchMs ? { ...stored, usedAtMs: now } : stored;
    if (session !== stored && !isRevoked()) {
      await this.#vault.put('session', digest, userId, session);
      // Signed out while this was written: it would have come back to life.
      if (isRevoked()) await this.#vault.take('session', digest);
    }
    const credential = { via: 'session', credentialId: digest, actor: userId } as const;
    return { principal: { userId, role, scopes: scopesOf(role), ...credential }, expiresAtMs: sessionEndMs(session) };
  }

  async #apiKey(digest: string): Promise<FoundCredential | null> {
    const stored = (await this.#vault.get('api-key', digest)) as StoredKey | null;
    if (stored === null) return null;
    const expiresAtMs = stored.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
    if (expiresAtMs <= this.#clock.now()) return null;
    const { userId, role, keyId } = stored;
    const credential = { via: 'api-key', credentialId: digest, actor: `key_${keyId}` } as const;
    return { principal: { userId, role, scopes: new Set(stored.scopes), ...credential }, expiresAtMs };
  }

  #tellRevoked(credentialId: string): void {
    for (const listener of this.#revokedListeners) listener(credentialId);
  }
}

function sessionEndMs({ createdAtMs, usedAtMs }: StoredSession): number {
  return Math.min(usedAtMs + sessionIdleMs, createdAtMs + sessionMaxMs);
}
