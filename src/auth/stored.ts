import { emailProblem, usernameProblem } from '../kernel/account-rules.ts';
import { AppError } from '../kernel/errors.ts';
import type { Principal, Scope } from './principal.ts';

// What accounts keep in the vault. Type aliases and not interfaces: those would not count as JSON values.

/** Kind `profile`, by user id. */
export type StoredProfile = {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly role: Principal['role'];
  readonly createdAtMs: number;
};

/** Kind `session`, by the token's digest. */
export type StoredSession = {
  readonly userId: string;
  readonly role: Principal['role'];
  readonly createdAtMs: number;
  readonly usedAtMs: number;
};

/** Kind `api-key`, by the key's digest. */
export type StoredKey = {
  readonly userId: string;
  readonly role: Principal['role'];
  readonly keyId: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
};

/** Kind `ticket`, by the ticket's digest. */
export type StoredTicket = {
  readonly principal: Omit<Principal, 'scopes'> & { readonly scopes: readonly Scope[] };
  readonly expiresAtMs: number;
};

/** Name of the account that the first start makes; nobody else can have it. */
export const administratorName = 'administrator';

/** How an account is looked up by e-mail address, whatever was typed. */
export function accountOf(email: string): string {
  return email.trim().toLowerCase();
}

/** The e-mail address as it is stored. Throws VALIDATION_FAILED. */
export function requireEmail(email: string): string {
  const problem = emailProblem(email);
  if (problem !== null) throw invalid('/email', problem);
  return accountOf(email);
}

/** Throws VALIDATION_FAILED for a user name that nobody can have, and USERNAME_TAKEN for the administrator's. */
export function requireUsername(username: string): void {
  const problem = usernameProblem(username);
  if (problem !== null) throw invalid('/username', problem);
  if (username.toLowerCase() === administratorName) throw new AppError('USERNAME_TAKEN');
}

function invalid(path: string, message: string): AppError {
  return new AppError('VALIDATION_FAILED', { problems: [{ path, message }], message });
}
