import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideUser, type UserCommand, type UserEvent } from '../../../src/domain/user/decide.ts';
import { evolveUser } from '../../../src/domain/user/evolve.ts';
import { initialUser, type UserState } from '../../../src/domain/user/state.ts';
import { isAppError } from '../../../src/kernel/errors.ts';

function stateAfter(events: readonly UserEvent[]): UserState {
  return events.reduce<UserState>(evolveUser, initialUser);
}

/** given(events).when(command).then(events) or .refused(code). */
function given(...events: UserEvent[]) {
  return {
    when: (command: UserCommand) => ({
      then: (...expected: UserEvent[]) => {
        expect(decideUser(command, stateAfter(events))).toEqual(expected);
      },
      refused: (code: string) => {
        expect(() => decideUser(command, stateAfter(events))).toThrow(expect.objectContaining({ code }) as Error);
      },
    }),
  };
}

const registered: UserEvent = { type: 'UserRegistered', data: { role: 'member' } };
const administrator: UserEvent = { type: 'UserRegistered', data: { role: 'administrator' } };
const erased: UserEvent = { type: 'UserErased', data: { reason: 'requested' } };
const issued: UserEvent = { type: 'ApiKeyIssued', data: { keyId: 'k1', scopes: ['skills:read'], expiresAtMs: 9 } };
const revoked: UserEvent = { type: 'ApiKeyRevoked', data: { keyId: 'k1' } };
const delayed: UserEvent = { type: 'SignInDelayed', data: { failures: 11, untilAtMs: 7 } };
const changed: UserEvent = { type: 'PasswordChanged', data: {} };

const register: UserCommand = { kind: 'register', role: 'member' };
const issue: UserCommand = { kind: 'issue-key', keyId: 'k1', scopes: ['skills:read'], expiresAtMs: 9 };
const revoke: UserCommand = { kind: 'revoke-key', keyId: 'k1' };
const delay: UserCommand = { kind: 'delay-sign-in', failures: 11, untilAtMs: 7 };
const change: UserCommand = { kind: 'change-password' };
const erase: UserCommand = { kind: 'erase', reason: 'requested' };
const all = [register, issue, revoke, delay, change, erase];

describe('an account', () => {
  it('is registered once', () => {
    given().when(register).then(registered);
    given(registered).when(register).refused('MOVE_NOT_ALLOWED');
    given(registered, erased).when(register).refused('MOVE_NOT_ALLOWED');
  });

  it('is never registered once whoever began it is known to have gone', () => {
    const abandon: UserCommand = { kind: 'abandon' };
    const abandoned: UserEvent = { type: 'UserErased', data: { reason: 'abandoned' } };
    given().when(abandon).then(abandoned);
    given(abandoned).when(abandon).then();
    given(abandoned).when(register).refused('MOVE_NOT_ALLOWED');
    given(registered).when(abandon).refused('MOVE_NOT_ALLOWED');
    given(registered, erased).when(abandon).then();
  });

  it('has to be there for whatever is done with it', () => {
    for (const command of all.filter(({ kind }) => kind !== 'register')) given().when(command).refused('NOT_FOUND');
  });

  it('changes its password, and has its sign-ins delayed, any number of times', () => {
    given(registered).when(change).then(changed);
    given(registered, changed).when(change).then(changed);
    given(registered).when(delay).then(delayed);
    given(registered, delayed).when(delay).then(delayed);
  });

  it('takes nothing more once it is erased, and is erased once', () => {
    given(registered).when(erase).then(erased);
    given(registered, issued, erased).when(erase).then();
    for (const command of [issue, revoke, delay, change])
      given(registered, issued, erased).when(command).refused('NOT_FOUND');
  });
});

describe('an API key', () => {
  it('is issued once, and not again after it was revoked', () => {
    given(registered).when(issue).then(issued);
    given(registered, issued).when(issue).refused('MOVE_NOT_ALLOWED');
    given(registered, issued, revoked).when(issue).refused('MOVE_NOT_ALLOWED');
  });

  it('is revoked once, and only where it was issued', () => {
    given(registered, issued).when(revoke).then(revoked);
    given(registered).when(revoke).refused('NOT_FOUND');
    given(registered, issued, revoked).when(revoke).refused('NOT_FOUND');
  });

  it('with the scope admin is for administrators only', () => {
    const wide: UserCommand = { kind: 'issue-key', keyId: 'k2', scopes: ['skills:read', 'admin'], expiresAtMs: null };
    given(registered).when(wide).refused('FORBIDDEN');
    given(administrator)
      .when(wide)
      .then({ type: 'ApiKeyIssued', data: { keyId: 'k2', scopes: ['skills:read', 'admin'], expiresAtMs: null } });
  });
});

it('whatever is asked for in whatever order, nothing precedes the registration or follows the erasure', () => {
  const keyed = fc
    .constantFrom('k1', 'k2')
    .chain((keyId) => fc.constantFrom({ ...issue, keyId }, { ...revoke, keyId }));
  const anyCommand = fc.oneof(keyed, fc.constantFrom(...all)) as fc.Arbitrary<UserCommand>;
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 30 }), (commands) => {
      const events: UserEvent[] = [];
      for (const command of commands) {
        try {
          events.push(...decideUser(command, stateAfter(events)));
        } catch (error) {
          expect(isAppError(error)).toBe(true);
        }
      }
      const types = events.map(({ type }) => type);
      expect(types[0] ?? 'UserRegistered').toBe('UserRegistered');
      expect(types.lastIndexOf('UserRegistered')).toBeLessThan(1);
      expect([-1, types.length - 1]).toContain(types.indexOf('UserErased'));
      for (const keyId of ['k1', 'k2']) {
        const ofKey = events
          .filter((event) => 'keyId' in event.data && event.data.keyId === keyId)
          .map(({ type }) => type);
        expect(['ApiKeyIssued', 'ApiKeyRevoked'].slice(0, ofKey.length)).toEqual(ofKey);
      }
    }),
  );
});

it('an event that does not fit leaves the state as it is', () => {
  expect(stateAfter([issued, changed])).toEqual(initialUser);
  expect(stateAfter([registered, administrator])).toMatchObject({ role: 'member' });
  expect(stateAfter([registered, erased, registered, issued])).toEqual({ phase: 'erased' });
});
