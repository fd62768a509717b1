import type { UserRole } from '../../../schemas/generated/events.ts';

/**
 * An account's states and the moves between them.
 *
 * | state      | holds                                   | moves to                                              |
 * | ---------- | --------------------------------------- | ----------------------------------------------------- |
 * | absent     | nothing                                 | registered · erased, when nobody finished it          |
 * | registered | role, API keys that were issued         | itself (password, keys, delays of sign-ins) · erased  |
 * | erased     | nothing                                 | nothing: an erased account takes nothing more         |
 */
export type UserState = Absent | Registered | Erased;

export interface Absent {
  readonly phase: 'absent';
}

export interface Registered {
  readonly phase: 'registered';
  readonly role: UserRole;
  /** Every API key that was ever issued, by its public id, and whether it still stands. Expired ones stand. */
  readonly keys: ReadonlyMap<string, 'issued' | 'revoked'>;
}

export interface Erased {
  readonly phase: 'erased';
}

/** The state of an account of which nothing is known. */
export const initialUser: UserState = { phase: 'absent' };
