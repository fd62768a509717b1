import type { JsonValue } from '../kernel/json.ts';

/** What the vault keeps under a name, and the name. */
export interface VaultItem {
  readonly key: string;
  readonly value: JsonValue;
}

/**
 * A small keyed store for what must be able to disappear: profiles, password and token digests, secret parameters.
 * Values are sealed; every change is flushed before the call resolves. The one state that the log cannot rebuild.
 */
export interface Vault {
  /** The value, or null. */
  get(kind: VaultKind, key: string): Promise<JsonValue>;
  /** Stores a value, in the place of an earlier one. */
  put(kind: VaultKind, key: string, owner: string | null, value: JsonValue): Promise<void>;
  /** Stores a value only when there is none; false when there is. */
  add(kind: VaultKind, key: string, owner: string | null, value: JsonValue): Promise<boolean>;
  /** Removes a value and returns it, or null; of two callers only one gets it. */
  take(kind: VaultKind, key: string): Promise<JsonValue>;
  /** The keys of all values of a kind. */
  keys(kind: VaultKind): Promise<readonly string[]>;
  /** A digest of a text that only the owner of the vault's key can make: equal texts, equal digests. Stores nothing. */
  digest(text: string): Promise<string>;
  /** All values of a kind that belong to an owner. */
  list(kind: VaultKind, owner: string): Promise<readonly VaultItem[]>;
  /** Removes everything that belongs to an owner; returns how much it was. */
  eraseOwner(owner: string): Promise<number>;
  /** Calls `listener` with kind and key of each value that another node of the cell removes; of this one's own it may. */
  onRemoved(listener: (kind: VaultKind, key: string) => void): void;
  /** Writes nothing more. */
  close(): Promise<void>;
}

/** What is kept in the vault. */
export type VaultKind =
  'profile' | 'email' | 'username' | 'password' | 'session' | 'api-key' | 'ticket' | 'params' | 'webhook' | 'schedule';

type Call = <T>(method: string, ...args: readonly unknown[]) => Promise<T>;

/** The vault of this node, which lives in the store thread. */
export function createVault(call: Call): Vault {
  return {
    get: (kind, key) => call('vault.get', kind, key),
    put: (kind, key, owner, value) => call('vault.put', kind, key, owner, value),
    add: (kind, key, owner, value) => call('vault.add', kind, key, owner, value),
    take: (kind, key) => call('vault.take', kind, key),
    keys: (kind) => call('vault.keys', kind),
    digest: (text) => call('vault.digest', text),
    list: (kind, owner) => call('vault.list', kind, owner),
    eraseOwner: (owner) => call('vault.eraseOwner', owner),
    // Who removes something here knows it, and there is nobody else.
    onRemoved: () => undefined,
    close: () => Promise.resolve(),
  };
}
