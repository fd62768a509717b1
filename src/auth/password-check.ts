import type { UserStore } from '../commands/user-store.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Vault } from '../vault/vault.ts';
import { dummyHash, verifyPassword } from './passwords.ts';
import { SignInGuard, type Try } from './sign-in-guard.ts';

/** Checks passwords against the vault, and slows down guessing. */
export class PasswordCheck {
  readonly #vault: Vault;
  readonly #users: UserStore;
  readonly #guard: SignInGuard;

  constructor(vault: Vault, users: UserStore, clock: Clock) {
    this.#vault = vault;
    this.#users = users;
    this.#guard = new SignInGuard(clock);
  }

  /**
   * The account that `find` gives and its password's hash, when the password is right. Takes the same work for an unknown
   * account. Throws CREDENTIALS_INVALID, or SIGN_IN_DELAYED after failures: see {@link SignInGuard}.
   */
  async check(
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
    const phc = userId === null ? null : ((await this.#vault.get('password', userId)) as string | null);
    const isRight = await verifyPassword(password, phc ?? dummyHash);
    if (!isRight || userId === null || phc === null) return null;
    // A registration that a crash cut short is no account.
    return (await this.#users.isRegistered(userId)) ? phc : null;
  }

  /** Not waited for: the answer must not tell a known account from an unknown one, by its time or when the log is down. */
  #recordDelay(userId: string | null, { failures, untilMs, worthRecording }: Try): void {
    if (!worthRecording || userId === null) return;
    const command = { kind: 'delay-sign-in', failures, untilAtMs: untilMs } as const;
    // The delay holds without its event.
    this.#users.execute(userId, [command], 'system').catch(() => undefined);
  }
}
