import type { UserStore } from '../commands/user-store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { UserCommand } from '../domain/user/decide.ts';
import { AppError, isAppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Turns } from '../kernel/turns.ts';
import type { Vault } from '../vault/vault.ts';
import { draftKey } from './api-keys.ts';
import type { Credentials } from './credentials.ts';
import { PasswordCheck } from './password-check.ts';
import { hashPassword, needsRehash, requireGoodPassword, verifyPassword } from './passwords.ts';
import { mayRead, type Principal, requireSession, scopes } from './principal.ts';
import { accountOf, administratorName, requireEmail, requireUsername, type StoredProfile } from './stored.ts';

/** An account as its owner sees it. */
export interface Profile {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly role: Principal['role'];
  readonly createdAtMs: number;
}

interface AccountsDependencies {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly users: UserStore;
  readonly credentials: Credentials;
  /** Changes of accounts look before they write; one at a time, so that what they saw still holds. */
  readonly turns: Turns;
}

/** In the place of a network, where the guess comes from within a session. */
const insideSession = 'a session';

/** Accounts: made, signed in to, changed, erased. Everything personal or secret is in the vault; the log has ids only. */
export class Accounts {
  readonly #deps: AccountsDependencies;
  readonly #passwords: PasswordCheck;

  constructor(deps: AccountsDependencies) {
    this.#deps = deps;
    this.#passwords = new PasswordCheck(deps.vault, deps.users, deps.clock);
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
    return this.#deps.turns.take(() => this.#createAccount({ email: address, username, role }, phc));
  }

  /** Checks e-mail and password and opens a session. Throws CREDENTIALS_INVALID or SIGN_IN_DELAYED. */
  async signIn(
    email: string,
    password: string,
    address: string,
  ): Promise<{ token: string; expiresAtMs: number; user: Profile }> {
    const { vault, credentials } = this.#deps;
    const account = accountOf(email);
    const find = async (): Promise<string | null> => (await vault.get('email', account)) as string | null;
    const { userId, phc } = await this.#passwords.check(password, { account, address }, find);
    const user = await this.profileOf(userId);
    const { token, credentialId, expiresAtMs } = await credentials.startSession(userId, user.role);
    // The password may have been changed, or the account erased, since it was checked: that ended all sessions but this one.
    const present = (await vault.get('password', userId)) as string | null;
    if (present === null || (present !== phc && !(await verifyPassword(password, present)))) {
      await credentials.end('session', credentialId);
      throw new AppError('CREDENTIALS_INVALID');
    }
    if (needsRehash(present)) await this.#rehash(userId, password, present);
    return { token, expiresAtMs, user };
  }

  /** The account's profile. Throws NOT_FOUND when it was erased. */
  async profileOf(userId: string): Promise<Profile> {
    const stored = (await this.#deps.vault.get('profile', userId)) as StoredProfile | null;
    if (stored === null) throw new AppError('NOT_FOUND');
    return stored;
  }

  /**
   * Sets a new password and ends all other sessions. Takes a session: throws FORBIDDEN for an API key, CREDENTIALS_INVALID when
   * the current password is wrong, and SIGN_IN_DELAYED when it was wrong too often: a stolen session must not do for guessing.
   */
  async changePassword(principal: Principal, current: string, next: string): Promise<void> {
    requireSession(principal);
    const { vault, users, credentials, turns } = this.#deps;
    const { userId } = principal;
    const { email, username } = await this.profileOf(userId);
    requireGoodPassword(next, [email, username]);
    const tried = { account: userId, address: insideSession };
    const { phc } = await this.#passwords.check(current, tried, () => Promise.resolve(userId));
    const hash = await hashPassword(next);
    await turns.take(async () => {
      if ((await vault.get('password', userId)) !== phc) throw new AppError('REVISION_CONFLICT');
      await vault.put('password', userId, userId, hash);
      await credentials.endOtherSessions(userId, principal.credentialId);
      await users.execute(userId, [{ kind: 'change-password' }], principal.actor);
    });
  }

  /**
   * Erases an account's personal data and ends all of its sessions and keys; its executions stay under the bare id. The
   * principal's own account takes a session: throws FORBIDDEN for an API key. Another one takes the scope `admin`; without it,
   * and for an unknown account, throws NOT_FOUND.
   * The log decides: what a crash in the middle leaves in the vault goes with {@link finishErasures} at the next start.
   */
  async eraseUser(principal: Principal, userId = principal.userId): Promise<void> {
    const isOwn = userId === principal.userId;
    if (isOwn) requireSession(principal);
    else if (!mayRead(principal, userId)) throw new AppError('NOT_FOUND');
    const { users, credentials, turns } = this.#deps;
    await turns.take(async () => {
      await this.profileOf(userId);
      const reason = isOwn ? 'requested' : 'administrator';
      await users.execute(userId, [{ kind: 'erase', reason }], principal.actor);
      await credentials.eraseAccount(userId);
    });
  }

  /** Removes what the vault may still hold of accounts that the log calls erased. */
  async finishErasures(erasedUserIds: readonly string[]): Promise<void> {
    for (const userId of erasedUserIds) await this.#deps.vault.eraseOwner(userId);
  }

  /**
   * Makes the administrator's account with one API key of all scopes, which is returned this once; null when another node of the
   * cell was faster. `keep` is called with the key before the log knows the account: if the program dies in between, the next
   * start finds no administrator and makes another one, instead of finding one whose key nobody ever saw.
   */
  async createAdministrator(
    keep: (key: string) => void | Promise<void> = () => undefined,
  ): Promise<{ readonly userId: string; readonly key: string } | null> {
    const { vault, clock, turns } = this.#deps;
    const role = 'administrator';
    const id = newId('user', clock);
    return turns.take(async () => {
      // Takes over from, and thereby removes, one that a crash left half made, with its key.
      if (!(await this.#claim('username', administratorName, id))) return null;
      const createdAtMs = clock.now();
      const named = { email: administratorName, username: administratorName };
      const profile: StoredProfile = { id, ...named, role, createdAtMs };
      await vault.put('profile', id, id, profile);
      const wanted = { label: 'made at first start', scopes, expiresAtMs: null };
      const { key, digest, stored, command } = draftKey({ userId: id, role }, wanted, createdAtMs);
      await vault.put('api-key', digest, id, stored);
      await keep(key);
      return (await this.#register(id, [{ kind: 'register', role }, command], 'system')) ? { userId: id, key } : null;
    });
  }

  async #createAccount(wanted: Omit<StoredProfile, 'id' | 'createdAtMs'>, phc: string): Promise<Profile> {
    const { vault, clock } = this.#deps;
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
    if (!(await this.#register(id, [{ kind: 'register', role: wanted.role }], id)))
      throw new AppError('REVISION_CONFLICT', { message: 'Somebody else has just taken this name.' });
    return profile;
  }

  /** Lets the log know an account; false when somebody else has taken its names meanwhile: then nothing stays of it. */
  async #register(id: string, commands: readonly UserCommand[], actor: string): Promise<boolean> {
    const { vault, users } = this.#deps;
    try {
      await users.execute(id, commands, actor);
      return true;
    } catch (error) {
      if (!isAppError(error) || error.code !== 'MOVE_NOT_ALLOWED') throw error;
      await vault.eraseOwner(id);
      return false;
    }
  }

  /**
   * Takes a name for an account; from another account only when the log calls that one erased, or does not know it and is told
   * that nobody will finish it. What is left of that one is then removed.
   */
  async #claim(kind: 'email' | 'username', name: string, id: string): Promise<boolean> {
    const { vault, users } = this.#deps;
    if (await vault.add(kind, name, id, id)) return true;
    const holder = (await vault.get(kind, name)) as string | null;
    if (holder !== null && !(await users.abandon(holder))) return false;
    if (holder !== null) await vault.eraseOwner(holder);
    return vault.add(kind, name, id, id);
  }

  async #rehash(userId: string, password: string, old: string): Promise<void> {
    const { vault, turns } = this.#deps;
    const phc = await hashPassword(password);
    await turns.take(async () => {
      if ((await vault.get('password', userId)) === old) await vault.put('password', userId, userId, phc);
    });
  }
}
