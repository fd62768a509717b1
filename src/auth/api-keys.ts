import type { UserStore } from '../commands/user-store.ts';
import type { UserCommand } from '../domain/user/decide.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Turns } from '../kernel/turns.ts';
import type { Vault } from '../vault/vault.ts';
import type { Credentials } from './credentials.ts';
import { type Principal, requireScope, type Scope } from './principal.ts';
import type { StoredKey } from './stored.ts';
import { digestOf, newApiKey } from './tokens.ts';

/** An API key without its secret part. */
export interface KeyInfo {
  readonly keyId: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** An API key as it is asked for. */
export type WantedKey = Pick<KeyInfo, 'label' | 'scopes' | 'expiresAtMs'>;

/** A key that nobody knows yet: itself, what the vault keeps of it, and what the log is to be told. */
interface DraftedKey {
  readonly key: string;
  readonly digest: string;
  readonly stored: StoredKey;
  readonly command: UserCommand;
}

interface ApiKeysDependencies {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly users: UserStore;
  readonly credentials: Credentials;
  /** Changes of accounts take their turns: what one of them saw before it wrote must still hold. */
  readonly turns: Turns;
}

const maxKeysPerUser = 100;

/** The API keys of accounts. The log knows of each when it was issued and revoked; what opens the door is in the vault. */
export class ApiKeys {
  readonly #deps: ApiKeysDependencies;

  constructor(deps: ApiKeysDependencies) {
    this.#deps = deps;
  }

  /** Makes an API key for the principal's account; the key itself is returned this once. */
  async issue(principal: Principal, wanted: WantedKey): Promise<KeyInfo & { readonly key: string }> {
    requireScope(principal, 'keys:write');
    for (const scope of wanted.scopes) requireScope(principal, scope);
    const { vault, users, clock, turns } = this.#deps;
    const { userId, role, actor } = principal;
    return turns.take(async () => {
      if ((await this.list(principal)).length >= maxKeysPerUser) {
        const message = `An account has at most ${String(maxKeysPerUser)} API keys; revoke one first.`;
        throw new AppError('RATE_LIMITED', { message });
      }
      const { key, digest, stored, command } = draftKey({ userId, role }, wanted, clock.now());
      await users.execute(userId, [command], actor);
      await vault.put('api-key', digest, userId, stored);
      return { ...keyInfo(stored), key };
    });
  }

  /** The account's API keys, newest first. */
  async list({ userId }: Principal): Promise<readonly KeyInfo[]> {
    const items = await this.#deps.vault.list('api-key', userId);
    return items.map((item) => keyInfo(item.value as StoredKey)).sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  /**
   * Revokes a key at once, on open sockets too. Throws NOT_FOUND when the account has no such key. When the log could not be
   * told, the same call again tells it.
   */
  async revoke(principal: Principal, keyId: string): Promise<void> {
    requireScope(principal, 'keys:write');
    const { vault, users, credentials } = this.#deps;
    const { userId, actor } = principal;
    const items = await vault.list('api-key', userId);
    const item = items.find(({ value }) => (value as StoredKey).keyId === keyId);
    // The vault comes first: the log must not call a key revoked that still opens the door.
    if (item !== undefined) await credentials.end('api-key', item.key);
    await users.execute(userId, [{ kind: 'revoke-key', keyId }], actor);
  }
}

/** A new key for an account. */
export function draftKey(
  { userId, role }: Pick<Principal, 'userId' | 'role'>,
  { label, scopes: wanted, expiresAtMs }: WantedKey,
  createdAtMs: number,
): DraftedKey {
  const { key, keyId } = newApiKey();
  const scopes = [...new Set(wanted)];
  const stored = { userId, role, keyId, label, scopes, expiresAtMs, createdAtMs };
  return { key, digest: digestOf(key), stored, command: { kind: 'issue-key', keyId, scopes, expiresAtMs } };
}

function keyInfo({ keyId, label, scopes, createdAtMs, expiresAtMs }: StoredKey): KeyInfo {
  return { keyId, label, scopes, createdAtMs, expiresAtMs };
}
