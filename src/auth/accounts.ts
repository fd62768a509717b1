import type { EventOf } from '../../schemas/generated/events.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Vault } from '../vault/vault.ts';
import { CredentialCache, type FoundCredential } from './credential-cache.ts';
import { dummyHash, hashPassword, needsRehash, requireGoodPassword, verifyPassword } from './passwords.ts';
import { mayRead, type Principal, requireScope, type Scope, scopes, scopesOf } from './principal.ts';
import { SignInGuard, type Try } from './sign-in-guard.ts';
import {
  accountOf,
  administratorName,
  requireEmail,
  requireUsername,
  type StoredKey,
  type StoredProfile,
  type StoredSession,
} from './stored.ts';
import { ticketMs, Tickets } from './tickets.ts';
import { credentialKind, digestOf, newApiKey, newSessionToken } from './tokens.ts';
import { Turns } from '../kernel/turns.ts';

/** An account as its owner sees it. */
export interface Profile {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly role: Principal['role'];
  readonly createdAtMs: number;
}

/** An API key without its secret part. */
export interface KeyInfo {
  readonly keyId: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** An API key as it is asked for. */
type WantedKey = Pick<KeyInfo, 'label' | 'scopes' | 'expiresAtMs'>;

type UserEvent = EventOf<
  'UserRegistered' | 'PasswordChanged' | 'UserErased' | 'ApiKeyIssued' | 'ApiKeyRevoked' | 'SignInDelayed'
>;

interface AccountsDependencies {
  readonly vault: Vault;
  readonly clock: Clock;
  /** Appends to the user's stream; rejects when it must be new and is not. */
  readonly record: (userId: string, event: UserEvent, actor: string) => Promise<void>;
  /**
   * Whether the log knows the user. Must answer from the log or from what is never behind it, and reject when it cannot: an
   * account that is wrongly called unknown loses its e-mail address to the next who registers it.
   */
  readonly isRegistered: (userId: string) => Promise<boolean>;
}

const sessionIdleMs = 12 * 3_600_000;
const sessionMaxMs = 30 * 86_400_000;
const sessionTouchMs = 10 * 60_000;
const maxKeysPerUser = 100;
/** The oldest ones end when there are more. */
const maxSessionsPerUser = 100;
/** In the place of a network, where the guess comes from within a session. */
const insideSession = 'a session';

/** Accounts, sessions, API keys and tickets. Everything personal or secret is in the vault; the log has ids only. */
export class Accounts {
  readonly #deps: AccountsDependencies;
  readonly #guard: SignInGuard;
  readonly #cache: CredentialCache;
  /** Changes of accounts look before they write; one at a time, so that what they saw still holds. */
  readonly #turns = new Turns();
  readonly #tickets: Tickets;
  readonly #revokedListeners = new Set<(credentialId: string) => void>();

  constructor(deps: AccountsDependencies) {
    this.#deps = deps;
    this.#guard = new SignInGuard(deps.clock);
    this.#cache = new CredentialCache(deps.clock);
    this.#tickets = new Tickets(deps.vault, deps.clock);
  }

  /** Makes an account. Throws VALIDATION_FAILED, EMAIL_TAKEN or USERNAME_TAKEN. */
  async register(
    email: string,
    username: string,
    password: string,
    role: Principal['role'] = 'member',
  ): Promise<Profile> {
    const address = requireEmail(email);
    requireUsername(username);
    requireGoodPassword(password, [address, username]);
    const phc = await hashPassword(password);
    return this.#turns.take(() => this.#createAccount({ email: address, username, role }, phc));
  }

  /** Checks e-mail and password and opens a session. Throws CREDENTIALS_INVALID or SIGN_IN_DELAYED. */
  async signIn(
    email: string,
    password: string,
    address: string,
  ): Promise<{ token: string; expiresAtMs: number; user: Profile }> {
    const account = accountOf(email);
    const find = async (): Promise<string | null> => (await this.#deps.vault.get('email', account)) as string | null;
    const { userId, phc } = await this.#checkPassword(password, { account, address }, find);
    return this.#openSession(userId, password, phc);
  }

  /** Ends the session or, for an API key, does nothing but forget it here. */
  async signOut(principal: Principal): Promise<void> {
    if (principal.via === 'session') await this.#endCredential('session', principal.credentialId);
  }

  /** The account's profile. Throws NOT_FOUND when it was erased. */
  async profileOf(userId: string): Promise<Profile> {
    const stored = (await this.#deps.vault.get('profile', userId)) as StoredProfile | null;
    if (stored === null) throw new AppError('NOT_FOUND');
    return stored;
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

  /** Makes an API key for the principal's account; the key itself is returned this once. */
  async issueKey(principal: Principal, wanted: WantedKey): Promise<KeyInfo & { readonly key: string }> {
    requireScope(principal, 'keys:write');
    for (const scope of wanted.scopes) requireScope(principal, scope);
    return this.#turns.take(async () => {
      await this.profileOf(principal.userId);
      if ((await this.listKeys(principal)).length >= maxKeysPerUser) {
        const message = `An account has at most ${String(maxKeysPerUser)} API keys; revoke one first.`;
        throw new AppError('RATE_LIMITED', { message });
      }
      const made = this.#newKey(principal, wanted);
      await this.#recordKey(made.stored, principal.actor);
      await this.#deps.vault.put('api-key', digestOf(made.key), principal.userId, made.stored);
      return { ...keyInfo(made.stored), key: made.key };
    });
  }

  /** The account's API keys, newest first. */
  async listKeys(principal: Principal): Promise<readonly KeyInfo[]> {
    const items = await this.#deps.vault.list('api-key', principal.userId);
    const keys = items.map((item) => item.value as StoredKey);
    return keys.map(keyInfo).sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  /** Revokes a key at once, on open sockets too. Throws NOT_FOUND when the account has no such key. */
  async revokeKey(principal: Principal, keyId: string): Promise<void> {
    requireScope(principal, 'keys:write');
    const items = await this.#deps.vault.list('api-key', principal.userId);
    const item = items.find(({ value }) => (value as StoredKey).keyId === keyId);
    // The vault comes first: the log must not call a key revoked that still opens the door.
    if (item === undefined || !(await this.#endCredential('api-key', item.key))) {
      throw new AppError('NOT_FOUND', { message: 'You have no such API key.' });
    }
    await this.#deps.record(principal.userId, { type: 'ApiKeyRevoked', data: { keyId } }, principal.actor);
  }

  /**
   * Sets a new password and ends all other sessions. Throws CREDENTIALS_INVALID when the current one is wrong, and
   * SIGN_IN_DELAYED when it was wrong too often: a stolen session must not do for guessing.
   */
  async changePassword(principal: Principal, current: string, next: string): Promise<void> {
    requireScope(principal, 'keys:write');
    const { vault } = this.#deps;
    const { userId } = principal;
    const { email, username } = await this.profileOf(userId);
    requireGoodPassword(next, [email, username]);
    const tried = { account: userId, address: insideSession };
    const { phc } = await this.#checkPassword(current, tried, () => Promise.resolve(userId));
    const hash = await hashPassword(next);
    await this.#turns.take(async () => {
      if ((await vault.get('password', userId)) !== phc) throw new AppError('REVISION_CONFLICT');
      await vault.put('password', userId, userId, hash);
      for (const { key } of await vault.list('session', userId)) {
        if (key !== principal.credentialId) await this.#endCredential('session', key);
      }
      await this.#deps.record(userId, { type: 'PasswordChanged', data: {} }, principal.actor);
    });
  }

  /**
   * Erases an account's personal data and ends all of its sessions and keys; its executions stay under the bare id. Another
   * account than the principal's own takes the scope `admin`; without it, and for an unknown account, throws NOT_FOUND.
   * The log decides: what a crash in the middle leaves in the vault goes with {@link finishErasures} at the next start.
   */
  async eraseUser(principal: Principal, userId = principal.userId): Promise<void> {
    requireScope(principal, 'keys:write');
    if (!mayRead(principal, userId)) throw new AppError('NOT_FOUND');
    const { vault } = this.#deps;
    await this.#turns.take(async () => {
      await this.profileOf(userId);
      const reason = userId === principal.userId ? 'requested' : 'administrator';
      await this.#deps.record(userId, { type: 'UserErased', data: { reason } }, principal.actor);
      const credentials = [...(await vault.list('session', userId)), ...(await vault.list('api-key', userId))];
      for (const { key } of credentials) this.#cache.remove(key);
      await vault.eraseOwner(userId);
      this.#cache.removeUser(userId);
      for (const { key } of credentials) this.#tellRevoked(key);
    });
  }

  /** Removes what the vault may still hold of accounts that the log calls erased. */
  async finishErasures(erasedUserIds: readonly string[]): Promise<void> {
    for (const userId of erasedUserIds) await this.#deps.vault.eraseOwner(userId);
  }

  /**
   * Makes the administrator's account with one API key of all scopes, which is returned this once. `keep` is called with the
   * key before the log knows the account: if the program dies in between, the next start finds no administrator and makes
   * another one, instead of finding one whose key nobody ever saw.
   */
  async createAdministrator(
    keep: (key: string) => void | Promise<void> = () => undefined,
  ): Promise<{ readonly userId: string; readonly key: string }> {
    const { vault, clock, record } = this.#deps;
    const role = 'administrator';
    const id = newId('user', clock);
    return this.#turns.take(async () => {
      // Takes over from, and thereby removes, one that a crash left half made, with its key.
      await this.#claim('username', administratorName, id);
      const profile: StoredProfile = {
        id,
        email: administratorName,
        username: administratorName,
        role,
        createdAtMs: clock.now(),
      };
      await vault.put('profile', id, id, profile);
      const { key, stored } = this.#newKey(
        { userId: id, role },
        { label: 'made at first start', scopes, expiresAtMs: null },
      );
      await vault.put('api-key', digestOf(key), id, stored);
      await keep(key);
      await record(id, { type: 'UserRegistered', data: { role } }, 'system');
      await this.#recordKey(stored, 'system');
      return { userId: id, key };
    });
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

  async #createAccount(wanted: Omit<StoredProfile, 'id' | 'createdAtMs'>, phc: string): Promise<Profile> {
    const { vault, clock, record } = this.#deps;
    const id = newId('user', clock);
    const profile: StoredProfile = { ...wanted, id, createdAtMs: clock.now() };
    // The vault comes first: a crash before the log knows the user leaves entries that the next registration takes over.
    if (!(await this.#claim('email', wanted.email, id))) throw new AppError('EMAIL_TAKEN');
    if (!(await this.#claim('username', wanted.username.toLowerCase(), id))) {
      await vault.take('email', wanted.email);
      throw new AppError('USERNAME_TAKEN');
    }
    await vault.put('profile', id, id, profile);
    await vault.put('password', id, id, phc);
    await record(id, { type: 'UserRegistered', data: { role: wanted.role } }, id);
    return profile;
  }

  /** Takes a name for an account; from another account only when the log does not know that one, which is then removed. */
  async #claim(kind: 'email' | 'username', name: string, id: string): Promise<boolean> {
    const { vault, isRegistered } = this.#deps;
    if (await vault.add(kind, name, id, id)) return true;
    const holder = (await vault.get(kind, name)) as string | null;
    if (holder !== null && (await isRegistered(holder))) return false;
    if (holder !== null) await vault.eraseOwner(holder);
    return vault.add(kind, name, id, id);
  }

  /**
   * Checks a password, slowed down after failures: the account's id and hash when it is right. Takes the same work for an
   * unknown account. Throws CREDENTIALS_INVALID or SIGN_IN_DELAYED.
   */
  async #checkPassword(
    password: string,
    { account, address }: { readonly account: string; readonly address: string },
    find: () => Promise<string | null>,
  ): Promise<{ readonly userId: string; readonly phc: string }> {
    const waitMs = this.#guard.delayMs(account, address);
    if (waitMs > 0) throw new AppError('SIGN_IN_DELAYED', { retryAfterMs: waitMs });
    const counted = this.#guard.begin(account, address);
    let userId: string | null;
    let phc: string | null;
    try {
      userId = await find();
      phc = await this.#rightHash(userId, password);
    } catch (error) {
      this.#guard.dropped(account, address);
      throw error;
    }
    if (userId === null || phc === null) {
      this.#recordDelay(userId, counted);
      throw new AppError('CREDENTIALS_INVALID');
    }
    this.#guard.succeeded(account, address);
    return { userId, phc };
  }

  /** The account's password hash when the password is right; null otherwise, after the same work. */
  async #rightHash(userId: string | null, password: string): Promise<string | null> {
    const phc = userId === null ? null : ((await this.#deps.vault.get('password', userId)) as string | null);
    const isRight = await verifyPassword(password, phc ?? dummyHash);
    if (!isRight || userId === null || phc === null) return null;
    // A registration that a crash cut short is no account.
    return (await this.#deps.isRegistered(userId)) ? phc : null;
  }

  async #openSession(
    userId: string,
    password: string,
    phc: string,
  ): Promise<{ token: string; expiresAtMs: number; user: Profile }> {
    const { vault, clock } = this.#deps;
    const user = await this.profileOf(userId);
    const token = newSessionToken();
    const digest = digestOf(token);
    const now = clock.now();
    const session: StoredSession = { userId, role: user.role, createdAtMs: now, usedAtMs: now };
    await vault.put('session', digest, userId, session);
    // The password may have been changed, or the account erased, since it was checked: that ended all sessions but this one.
    const present = (await vault.get('password', userId)) as string | null;
    if (present === null || (present !== phc && !(await verifyPassword(password, present)))) {
      await this.#endCredential('session', digest);
      throw new AppError('CREDENTIALS_INVALID');
    }
    if (needsRehash(present)) await this.#rehash(userId, password, present);
    await this.#sweepSessions(userId);
    return { token, expiresAtMs: now + sessionIdleMs, user };
  }

  async #rehash(userId: string, password: string, old: string): Promise<void> {
    const { vault } = this.#deps;
    const phc = await hashPassword(password);
    await this.#turns.take(async () => {
      if ((await vault.get('password', userId)) === old) await vault.put('password', userId, userId, phc);
    });
  }

  /** Ends an account's expired sessions and, beyond {@link maxSessionsPerUser}, those that were used longest ago. */
  async #sweepSessions(userId: string): Promise<void> {
    const now = this.#deps.clock.now();
    const items = await this.#deps.vault.list('session', userId);
    const byAge = items
      .map(({ key, value }) => ({ key, stored: value as StoredSession }))
      .sort((a, b) => b.stored.usedAtMs - a.stored.usedAtMs);
    for (const [i, { key, stored }] of byAge.entries()) {
      if (i >= maxSessionsPerUser || sessionEndMs(stored) <= now) await this.#endCredential('session', key);
    }
  }

  /** Not waited for: the answer must not tell a known account from an unknown one, by its time or when the log is down. */
  #recordDelay(userId: string | null, { failures, untilMs, worthRecording }: Try): void {
    if (!worthRecording || userId === null) return;
    const event = { type: 'SignInDelayed', data: { failures, untilAtMs: untilMs } } as const;
    // The delay holds without its event.
    this.#deps.record(userId, event, 'system').catch(() => undefined);
  }

  #lookUp(kind: Principal['via'], digest: string): Promise<Principal | null> {
    return this.#cache.lookUp(digest, (isRevoked) =>
      kind === 'session' ? this.#session(digest, isRevoked) : this.#apiKey(digest),
    );
  }

  async #session(digest: string, isRevoked: () => boolean): Promise<FoundCredential | null> {
    const { vault, clock } = this.#deps;
    const stored = (await vault.get('session', digest)) as StoredSession | null;
    if (stored === null) return null;
    const now = clock.now();
    if (sessionEndMs(stored) <= now) {
      await this.#endCredential('session', digest);
      return null;
    }
    const { userId, role } = stored;
    const session = now - stored.usedAtMs > sessionTouchMs ? { ...stored, usedAtMs: now } : stored;
    if (session !== stored && !isRevoked()) {
      await vault.put('session', digest, userId, session);
      // Signed out while this was written: it would have come back to life.
      if (isRevoked()) await vault.take('session', digest);
    }
    const credential = { via: 'session', credentialId: digest, actor: userId } as const;
    return { principal: { userId, role, scopes: scopesOf(role), ...credential }, expiresAtMs: sessionEndMs(session) };
  }

  async #apiKey(digest: string): Promise<FoundCredential | null> {
    const stored = (await this.#deps.vault.get('api-key', digest)) as StoredKey | null;
    if (stored === null) return null;
    const expiresAtMs = stored.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
    if (expiresAtMs <= this.#deps.clock.now()) return null;
    const { userId, role, keyId } = stored;
    const credential = { via: 'api-key', credentialId: digest, actor: `key_${keyId}` } as const;
    return { principal: { userId, role, scopes: new Set(stored.scopes), ...credential }, expiresAtMs };
  }

  #newKey(
    { userId, role }: Pick<Principal, 'userId' | 'role'>,
    { label, scopes: wanted, expiresAtMs }: WantedKey,
  ): { readonly key: string; readonly stored: StoredKey } {
    const { key, keyId } = newApiKey();
    const createdAtMs = this.#deps.clock.now();
    return { key, stored: { userId, role, keyId, label, scopes: [...new Set(wanted)], expiresAtMs, createdAtMs } };
  }

  #recordKey({ userId, keyId, scopes: granted, expiresAtMs }: StoredKey, actor: string): Promise<void> {
    return this.#deps.record(userId, { type: 'ApiKeyIssued', data: { keyId, scopes: granted, expiresAtMs } }, actor);
  }

  /** Removes a session or key; false when it was gone already. From this call on nobody gets in with it. */
  async #endCredential(kind: Principal['via'], digest: string): Promise<boolean> {
    this.#cache.remove(digest);
    const removed = await this.#deps.vault.take(kind, digest);
    // Once more: a look-up that began in between may have seen it.
    this.#cache.remove(digest);
    this.#tellRevoked(digest);
    return removed !== null;
  }

  #tellRevoked(credentialId: string): void {
    for (const listener of this.#revokedListeners) listener(credentialId);
  }
}

function sessionEndMs({ createdAtMs, usedAtMs }: StoredSession): number {
  return Math.min(usedAtMs + sessionIdleMs, createdAtMs + sessionMaxMs);
}

function keyInfo({ keyId, label, scopes: granted, createdAtMs, expiresAtMs }: StoredKey): KeyInfo {
  return { keyId, label, scopes: granted, createdAtMs, expiresAtMs };
}
