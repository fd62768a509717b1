import type { EventOf, UserRole } from '../../../schemas/generated/events.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Registered, UserState } from './state.ts';

/** What may be asked of an account. Passwords, keys and profiles themselves are none of the log's business. */
export type UserCommand =
  | { readonly kind: 'register'; readonly role: UserRole }
  | { readonly kind: 'change-password' }
  | {
      readonly kind: 'issue-key';
      readonly keyId: string;
      readonly scopes: readonly string[];
      readonly expiresAtMs: number | null;
    }
  | { readonly kind: 'revoke-key'; readonly keyId: string }
  | { readonly kind: 'delay-sign-in'; readonly failures: number; readonly untilAtMs: number }
  | { readonly kind: 'erase'; readonly reason: string }
  /** Whoever began to register the account and did not finish never will: its names are for others. */
  | { readonly kind: 'abandon' };

export type UserEvent = EventOf<
  'UserRegistered' | 'PasswordChanged' | 'ApiKeyIssued' | 'ApiKeyRevoked' | 'SignInDelayed' | 'UserErased'
>;

/**
 * The events that a command leads to in a state; none when it changes nothing. Throws NOT_FOUND where there is no account (any
 * more) or no such key, FORBIDDEN for a key that may do more than its account, and MOVE_NOT_ALLOWED for what was done already.
 */
export function decideUser(command: UserCommand, state: UserState): readonly UserEvent[] {
  switch (command.kind) {
    case 'register':
      if (state.phase !== 'absent') throw new AppError('MOVE_NOT_ALLOWED', { message: 'The account exists already.' });
      return [{ type: 'UserRegistered', data: { role: command.role } }];
    case 'change-password':
      registered(state);
      return [{ type: 'PasswordChanged', data: {} }];
    case 'issue-key':
      return issueKey(command, registered(state));
    case 'revoke-key':
      return revokeKey(command.keyId, registered(state));
    case 'delay-sign-in': {
      registered(state);
      const { failures, untilAtMs } = command;
      return [{ type: 'SignInDelayed', data: { failures, untilAtMs } }];
    }
    case 'erase':
      // Asked for again when the rest of the work failed.
      if (state.phase === 'erased') return [];
      registered(state);
      return [{ type: 'UserErased', data: { reason: command.reason } }];
    case 'abandon':
      if (state.phase === 'erased') return [];
      if (state.phase === 'registered') throw new AppError('MOVE_NOT_ALLOWED', { message: 'The account exists.' });
      return [{ type: 'UserErased', data: { reason: 'abandoned' } }];
  }
}

function registered(state: UserState): Registered {
  if (state.phase === 'registered') return state;
  throw new AppError('NOT_FOUND', { message: 'There is no such account.' });
}

function issueKey(
  { keyId, scopes, expiresAtMs }: Extract<UserCommand, { readonly kind: 'issue-key' }>,
  state: Registered,
): readonly UserEvent[] {
  if (state.keys.has(keyId)) throw new AppError('MOVE_NOT_ALLOWED', { message: 'This API key was issued already.' });
  if (scopes.includes('admin') && state.role !== 'administrator') {
    throw new AppError('FORBIDDEN', { message: 'Only an administrator has keys with the scope admin.' });
  }
  return [{ type: 'ApiKeyIssued', data: { keyId, scopes, expiresAtMs } }];
}

function revokeKey(keyId: string, state: Registered): readonly UserEvent[] {
  if (state.keys.get(keyId) !== 'issued') {
    throw new AppError('NOT_FOUND', { message: 'You have no such API key.' });
  }
  return [{ type: 'ApiKeyRevoked', data: { keyId } }];
}
