import type { EventOf } from '../../schemas/generated/events.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { JsonValue } from '../kernel/json.ts';
import type { Vault } from '../vault/vault.ts';
import { CredentialCache } from './credential-cache.ts';
import { dummyHash, hashPassword, needsRehash, requireGoodPassword, verifyPassword } from './passwords.ts';
import { type Principal, requireScope, type Scope, scopes, scopesOf } from './principal.ts';
import { SignInGuard } from './sign-in-guard.ts';
import { credentialKind, digestOf, newApiKey, newSessionToken, newTicket } from './tokens.ts';

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

type UserEvent = EventOf<
  'UserRegistered' | 'PasswordChanged' | 'UserErased' | 'ApiKeyIssued' | 'ApiKeyRevoked' | 'SignInDelayed'
>;

interface AccountsDependencies {
  readonly vault: Vault;
  readonly clock: Clock;
  /** Appends to the user's stream; rejects when it must be new and is not. */
  readonly record: (userId: string, event: UserEvent, actor: string) => Promise<void>;
  /** Whether the log knows the user. */
  readonly isRegistered: (userId: string) => Promise<boolean>;
}

interface StoredProfile {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly role: Principal['role'];
  readonly createdAtMs: number;
}

interface StoredSession {
  readonly userId: string;
  readonly role: Principal['role'];
  readonly createdAtMs: number;
  readonly usedAtMs: number;
}

interface StoredKey extends KeyInfo {
  readonly userId: string;
  readonly role: Principal['role'];
}

interface StoredTicket {
  readonly principal: StoredPrincipal;
  readonly expiresAtMs: number;
}

type StoredPrincipal = Omit<Principal, 'scopes'> & { readonly scopes: readonly Scope[] };

const sessionIdleMs = 12 * 3_600_000;
const sessionMaxMs = 30 * 86_400_000;
const sessionTouchMs = 10 * 60_000;
const ticketMs = 30_000;
const maxKeysPerUser = 100;

/** Accounts, sessions, API keys and tickets. Everything personal or secret is in the vault; the log has ids only. */
export class Accounts {
  readonly #deps: AccountsDependencies;
  readonly #guard: SignInGuard;
  readonly #cache: CredentialCache;
  readonly #revokedListeners = new Set<(credentialId: string) => void>();

  constructor(deps: AccountsDependencies) {
    this.#deps = deps;
    this.#guard = new SignInGuard(deps.clock);
    this.#cache = new CredentialCache(deps.clock);
  }

  /** Makes an account. Throws VALIDATION_FAILED, EMAIL_TAKEN or USERNAME_TAKEN. */
  async register(
    email: string,
    username: string,
    password: string,
    role: Principal['role'] = 'member',
  ): Promise<Profile> {
    const { vault, clock } = this.#deps;
    const address = normaliseEmail(email);
    requireUsername(username);
    requireGoodPassword(password, [address, username]);
    const phc = await hashPassword(password);
    const id = newId('user', clock);
    const profile: StoredProfile = { id, email: address, username, role, createdAtMs: clock.now() };
    // The vault comes first: a crash before the log knows the user leaves entries that the next registration takes over.
    if (!(await this.#claim('email', address, id))) throw new AppError('EMAIL_TAKEN');
    if (!(await this.#claim('username', username.toLowerCase(), id))) {
      await vault.take('email', address);
      throw new AppError('USERNAME_TAKEN');
    }
    await vault.put('profile', id, id, profile as unknown as JsonValue);
    await vault.put('password', id, id, phc);
    await this.#deps.record(id, { type: 'UserRegistered', data: { role } }, id);
    return profile;
  }

  /** Checks e-mail and password and opens a session. Throws CREDENTIALS_INVALID or SIGN_IN_DELAYED. */
  async signIn(
    email: string,
    password: string,
    address: string,
  ): Promise<{ token: string; expiresAtMs: number; user: Profile }> {
    const { vault, clock } = this.#deps;
    const account = email.trim().toLowerCase();
    const waitMs = this.#guard.delayMs(account, address);
    if (waitMs > 0) throw new AppError('SIGN_IN_DELAYED', { retryAfterMs: waitMs });
    const userId = (await vault.get('email', account)) as string | null;
    const phc = userId === null ? null : ((await vault.get('password', userId)) as string | null);
    const right = await verifyPassword(password, phc ?? dummyHash);
    if (userId === null || phc === null || !right) {
      await this.#noteFailure(account, address, userId);
      throw new AppError('CREDENTIALS_INVALID');
    }
    this.#guard.succeeded(account, address);
    if (needsRehash(phc)) await vault.put('password', userId, userId, await hashPassword(password));
    const user = await this.profileOf(userId);
    const token = newSessionToken();
    const now = clock.now();
    const session: StoredSession = { userId, role: user.role, createdAtMs: now, usedAtMs: now };
    await vault.put('session', digestOf(token), userId, session as unknown as JsonValue);
    return { token, expiresAtMs: now + sessionIdleMs, user };
  }

  /** Ends the session or, for an API key, does nothing but forget it here. */
  async signOut(principal: Principal): Promise<void> {
    if (principal.via === 'session') await this.#endSession(principal.credentialId);
  }

  /** The account's profile. Throws NOT_FOUND when it was erased. */
  async profileOf(userId: string): Promise<Profile> {
    const stored = (await this.#deps.vault.get('profile', userId)) as unknown as StoredProfile | null;
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
    const found = kind === 'session' ? await this.#session(digest) : await this.#apiKey(digest);
    if (found !== null) this.#cache.put(digest, found.principal, found.expiresAtMs);
    return found?.principal ?? null;
  }

  /** True while the principal's session or key is neither revoked nor expired. */
  async isCurrent({ via, credentialId }: Principal): Promise<boolean> {
    const found = via === 'session' ? await this.#session(credentialId) : await this.#apiKey(credentialId);
    return found !== null;
  }

  /** Makes an API key for the principal's account; the key itself is returned this once. */
  async issueKey(
    principal: Principal,
    wanted: { readonly label: string; readonly scopes: readonly Scope[]; readonly expiresAtMs: number | null },
  ): Promise<KeyInfo & { readonly key: string }> {
    requireScope(principal, 'keys:write');
    for (const scope of wanted.scopes) requireScope(principal, scope);
    if ((await this.listKeys(principal)).length >= maxKeysPerUser) {
      throw new AppError('RATE_LIMITED', {
        message: `An account has at most ${String(maxKeysPerUser)} API keys; revoke one first.`,
      });
    }
    return this.#makeKey(principal.userId, principal.role, wanted, principal.actor);
  }

  /** The account's API keys, newest first. */
  async listKeys(principal: Principal): Promise<readonly KeyInfo[]> {
    const items = await this.#deps.vault.list('api-key', principal.userId);
    const keys = items.map((item) => item.value as unknown as StoredKey);
    return keys.map(keyInfo).sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  /** Revokes a key at once, on open sockets too. Throws NOT_FOUND when the account has no such key. */
  async revokeKey(principal: Principal, keyId: string): Promise<void> {
    requireScope(principal, 'keys:write');
    const items = await this.#deps.vault.list('api-key', principal.userId);
    const item = items.find(({ value }) => (value as unknown as StoredKey).keyId === keyId);
    if (item === undefined) throw new AppError('NOT_FOUND', { message: 'You have no such API key.' });
    await this.#deps.record(principal.userId, { type: 'ApiKeyRevoked', data: { keyId } }, principal.actor);
    await this.#deps.vault.take('api-key', item.key);
    this.#revoked(item.key);
  }

  /** Sets a new password and ends all other sessions. Throws CREDENTIALS_INVALID when the old one is wrong. */
  async changePassword(principal: Principal, current: string, next: string): Promise<void> {
    requireScope(principal, 'keys:write');
    const { vault } = this.#deps;
    const { userId } = principal;
    const phc = ((await vault.get('password', userId)) as string | null) ?? dummyHash;
    if (!(await verifyPassword(current, phc))) throw new AppError('CREDENTIALS_INVALID');
    const { email, username } = await this.profileOf(userId);
    requireGoodPassword(next, [email, username]);
    await vault.put('password', userId, userId, await hashPassword(next));
    await this.#deps.record(userId, { type: 'PasswordChanged', data: {} }, principal.actor);
    for (const { key } of await vault.list('session', userId)) {
      if (key !== principal.credentialId) await this.#endSession(key);
    }
  }

  /** Erases an account's personal data; its executions stay under the bare id. */
  async eraseUser(principal: Principal): Promise<void> {
    const { vault } = this.#deps;
    const { userId } = principal;
    const { email, username } = await this.profileOf(userId);
    await this.#deps.record(userId, { type: 'UserErased', data: { reason: 'requested' } }, principal.actor);
    const credentials = [...(await vault.list('session', userId)), ...(await vault.list('api-key', userId))];
    await vault.take('email', email);
    await vault.take('username', username.toLowerCase());
    await vault.eraseOwner(userId);
    for (const { key } of credentials) this.#revoked(key);
  }

  /** Makes the administrator's account with one API key of all scopes, which is returned this once. */
  async createAdministrator(): Promise<{ readonly userId: string; readonly key: string }> {
    const id = newId('user', this.#deps.clock);
    const createdAtMs = this.#deps.clock.now();
    const profile: StoredProfile = {
      id,
      email: 'administrator',
      username: 'administrator',
      role: 'administrator',
      createdAtMs,
    };
    await this.#deps.vault.put('profile', id, id, profile as unknown as JsonValue);
    await this.#deps.record(id, { type: 'UserRegistered', data: { role: 'administrator' } }, 'system');
    const wanted = { label: 'made at first start', scopes, expiresAtMs: null };
    const { key } = await this.#makeKey(id, 'administrator', wanted, 'system');
    return { userId: id, key };
  }

  /** A ticket that opens one WebSocket within 30 seconds, so that no token stands in a URL. */
  async issueTicket(principal: Principal): Promise<{ readonly ticket: string; readonly expiresInMs: number }> {
    const ticket = newTicket();
    const stored = {
      principal: { ...principal, scopes: [...principal.scopes] },
      expiresAtMs: this.#deps.clock.now() + ticketMs,
    };
    await this.#deps.vault.put('ticket', digestOf(ticket), principal.userId, stored);
    return { ticket, expiresInMs: ticketMs };
  }

  /** Redeems a ticket: the principal that it was issued to, or null. A second use gets null. */
  async takeTicket(ticket: string): Promise<Principal | null> {
    const stored = (await this.#deps.vault.take('ticket', digestOf(ticket))) as unknown as StoredTicket | null;
    if (stored === null || stored.expiresAtMs < this.#deps.clock.now()) return null;
    return { ...stored.principal, scopes: new Set(stored.principal.scopes) };
  }

  /** Calls `listener` with the credential id whenever a session or key stops being valid. Returns the way to stop it. */
  onRevoked(listener: (credentialId: string) => void): () => void {
    this.#revokedListeners.add(listener);
    return () => this.#revokedListeners.delete(listener);
  }

  async #claim(kind: 'email' | 'username', name: string, id: string): Promise<boolean> {
    const { vault, isRegistered } = this.#deps;
    if (await vault.add(kind, name, id, id)) return true;
    const holder = (await vault.get(kind, name)) as string | null;
    if (holder !== null && (await isRegistered(holder))) return false;
    await vault.put(kind, name, id, id);
    return true;
  }

  async #noteFailure(account: string, address: string, userId: string | null): Promise<void> {
    const { failures, untilMs, worthRecording } = this.#guard.failed(account, address);
    if (!worthRecording || userId === null) return;
    await this.#deps.record(userId, { type: 'SignInDelayed', data: { failures, untilAtMs: untilMs } }, 'system');
  }

  async #session(digest: string): Promise<{ principal: Principal; expiresAtMs: number } | null> {
    const { vault, clock } = this.#deps;
    const stored = (await vault.get('session', digest)) as unknown as StoredSession | null;
    if (stored === null) return null;
    const now = clock.now();
    const expiresAtMs = Math.min(stored.usedAtMs + sessionIdleMs, stored.createdAtMs + sessionMaxMs);
    if (expiresAtMs <= now) {
      await this.#endSession(digest);
      return null;
    }
    if (now - stored.usedAtMs > sessionTouchMs) {
      await vault.put('session', digest, stored.userId, { ...stored, usedAtMs: now });
    }
    const { userId, role } = stored;
    const principal: Principal = {
      userId,
      role,
      scopes: scopesOf(role),
      via: 'session',
      credentialId: digest,
      actor: userId,
    };
    return { principal, expiresAtMs };
  }

  async #apiKey(digest: string): Promise<{ principal: Principal; expiresAtMs: number } | null> {
    const stored = (await this.#deps.vault.get('api-key', digest)) as unknown as StoredKey | null;
    if (stored === null) return null;
    const expiresAtMs = stored.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
    if (expiresAtMs <= this.#deps.clock.now()) return null;
    const { userId, role, keyId } = stored;
    const granted = new Set(stored.scopes);
    const principal: Principal = {
      userId,
      role,
      scopes: granted,
      via: 'api-key',
      credentialId: digest,
      actor: `key_${keyId}`,
    };
    return { principal, expiresAtMs };
  }

  async #makeKey(
    userId: string,
    role: Principal['role'],
    wanted: { readonly label: string; readonly scopes: readonly Scope[]; readonly expiresAtMs: number | null },
    actor: string,
  ): Promise<KeyInfo & { readonly key: string }> {
    const { key, keyId } = newApiKey();
    const { label, expiresAtMs } = wanted;
    const granted = [...new Set(wanted.scopes)];
    const stored: StoredKey = {
      userId,
      role,
      keyId,
      label,
      scopes: granted,
      expiresAtMs,
      createdAtMs: this.#deps.clock.now(),
    };
    await this.#deps.record(userId, { type: 'ApiKeyIssued', data: { keyId, scopes: granted, expiresAtMs } }, actor);
    await this.#deps.vault.put('api-key', digestOf(key), userId, stored as unknown as JsonValue);
    return { ...keyInfo(stored), key };
  }

  async #endSession(digest: string): Promise<void> {
    await this.#deps.vault.take('session', digest);
    this.#revoked(digest);
  }

  #revoked(credentialId: string): void {
    this.#cache.remove(credentialId);
    for (const listener of this.#revokedListeners) listener(credentialId);
  }
}

function keyInfo({ keyId, label, scopes: granted, createdAtMs, expiresAtMs }: StoredKey): KeyInfo {
  return { keyId, label, scopes: granted, createdAtMs, expiresAtMs };
}

function normaliseEmail(email: string): string {
  const address = email.trim().toLowerCase();
  if (address.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(address)) return address;
  throw new AppError('VALIDATION_FAILED', {
    problems: [{ path: '/email', message: 'This is not an e-mail address.' }],
    message: 'This is not an e-mail address.',
  });
}

function requireUsername(username: string): void {
  if (/^[A-Za-z0-9_.-]{2,40}$/.test(username)) return;
  const message = 'A user name has 2 to 40 letters, digits, dots, dashes or underscores.';
  throw new AppError('VALIDATION_FAILED', { problems: [{ path: '/username', message }], message });
}
