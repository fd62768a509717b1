import type { UserStore } from '../commands/user-store.ts';
import type { Clock } from '../kernel/clock.ts';
import { Turns } from '../kernel/turns.ts';
import type { Vault } from '../vault/vault.ts';
import { Accounts } from './accounts.ts';
import { ApiKeys } from './api-keys.ts';
import { Credentials } from './credentials.ts';

/** Accounts, their API keys, and what opens the door, on one vault; changes of accounts and keys take turns. */
export function createAuth(vault: Vault, users: UserStore, clock: Clock) {
  const credentials = new Credentials(vault, clock);
  const deps = { vault, clock, users, credentials, turns: new Turns() };
  return { credentials, accounts: new Accounts(deps), apiKeys: new ApiKeys(deps) };
}
