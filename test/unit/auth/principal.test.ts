import { describe, expect, it } from 'vitest';

import {
  mayRead,
  ownerFilter,
  type Principal,
  requireScope,
  type Scope,
  scopes,
  scopesOf,
} from '../../../src/auth/principal.ts';

function principal(role: Principal['role'], granted: readonly Scope[] = [...scopesOf(role)]): Principal {
  return { userId: 'user_1', role, scopes: new Set(granted), via: 'session', credentialId: 'd', actor: 'user_1' };
}

describe('principal', () => {
  it('has all scopes as an administrator, and all but admin as a member', () => {
    expect([...scopesOf('administrator')]).toEqual([...scopes]);
    expect([...scopesOf('member')]).toEqual(scopes.filter((scope) => scope !== 'admin'));
  });

  it('is refused what its scopes do not hold', () => {
    const reader = principal('member', ['skills:read']);
    expect(() => requireScope(reader, 'skills:read')).not.toThrow();
    expect(() => requireScope(reader, 'executions:write')).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }));
  });

  it('sees its own things, and those of others with the scope admin only, whatever its role', () => {
    expect(mayRead(principal('member'), 'user_1')).toBe(true);
    expect(mayRead(principal('member'), 'user_2')).toBe(false);
    expect(mayRead(principal('administrator', ['executions:read']), 'user_2')).toBe(false);
    expect(mayRead(principal('administrator'), 'user_2')).toBe(true);
    expect(ownerFilter(principal('member'))).toBe('user_1');
    expect(ownerFilter(principal('administrator'))).toBeNull();
  });
});
