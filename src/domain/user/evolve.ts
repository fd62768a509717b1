import type { IhumanEvent } from '../../../schemas/generated/events.ts';
import type { Registered, UserState } from './state.ts';

/** The state after one more event. Never fails: an event that does not fit the state leaves it as it is. */
export function evolveUser(state: UserState, event: IhumanEvent): UserState {
  if (event.type === 'UserRegistered') {
    return state.phase === 'absent' ? { phase: 'registered', role: event.data.role, keys: new Map() } : state;
  }
  if (event.type === 'UserErased') return { phase: 'erased' };
  if (state.phase !== 'registered') return state;
  switch (event.type) {
    case 'ApiKeyIssued':
      return withKey(state, event.data.keyId, 'issued');
    case 'ApiKeyRevoked':
      return withKey(state, event.data.keyId, 'revoked');
    default:
      return state;
  }
}

function withKey(state: Registered, keyId: string, is: 'issued' | 'revoked'): Registered {
  return { ...state, keys: new Map(state.keys).set(keyId, is) };
}
