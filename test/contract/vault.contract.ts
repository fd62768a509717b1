import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Vault } from '../../src/vault/vault.ts';

/** A vault in some place, as two nodes have it; where a place has one node only, both are the same. */
export interface OpenVaults {
  readonly a: Vault;
  readonly b: Vault;
  close(): Promise<void>;
}

export interface VaultFactory {
  readonly name: string;
  readonly newPlace: () => string;
  readonly open: (place: string) => Promise<OpenVaults>;
}

/** What every vault promises, whatever it stands on. */
export function describeVault({ name, newPlace, open }: VaultFactory): void {
  describe(`a vault on ${name}`, () => {
    let place: string;
    let vaults: OpenVaults;
    beforeEach(async () => {
      place = newPlace();
      vaults = await open(place);
    });
    afterEach(() => vaults.close());

    it('has nothing under a key that nobody used', async () => {
      expect(await vaults.a.get('session', 'nobody')).toBeNull();
      expect(await vaults.a.take('session', 'nobody')).toBeNull();
      expect(await vaults.a.list('session', 'user_nobody')).toEqual([]);
      expect(await vaults.a.eraseOwner('user_nobody')).toBe(0);
    });

    it('gives every node what was written last, at once', async () => {
      const { a, b } = vaults;
      await a.put('profile', 'user_1', 'user_1', { name: 'one' });
      expect(await b.get('profile', 'user_1')).toEqual({ name: 'one' });
      await b.put('profile', 'user_1', 'user_1', { name: 'two' });
      expect(await b.get('profile', 'user_1')).toEqual({ name: 'two' });
      expect(await b.keys('profile')).toEqual(['user_1']);
      expect(await b.list('profile', 'user_1')).toEqual([{ key: 'user_1', value: { name: 'two' } }]);
    });

    it('lets one of several add a value', async () => {
      const { a, b } = vaults;
      const added = await Promise.all([a, b, a, b].map((vault, i) => vault.add('email', 'x@example.org', 'user_1', i)));
      expect(added.filter(Boolean)).toHaveLength(1);
      expect(await a.get('email', 'x@example.org')).toBe(added.indexOf(true));
      expect(await b.get('email', 'x@example.org')).toBe(added.indexOf(true));
      expect(await b.add('email', 'x@example.org', 'user_1', 'later')).toBe(false);
    });

    it('gives a value to one of several that take it', async () => {
      const { a, b } = vaults;
      await a.put('ticket', 't', null, 'in');
      const taken = await Promise.all([a, b, a, b].map((vault) => vault.take('ticket', 't')));
      expect(taken.filter((value) => value !== null)).toEqual(['in']);
      expect([await a.get('ticket', 't'), await b.get('ticket', 't')]).toEqual([null, null]);
      await b.put('ticket', 't', null, 'again');
      expect(await a.take('ticket', 't')).toBe('again');
    });

    it('erases everything of an owner and nothing else', async () => {
      const { a, b } = vaults;
      await a.put('session', 's1', 'user_1', 1);
      await b.put('session', 's1', 'user_1', 2);
      await b.put('profile', 'user_1', 'user_1', 3);
      await a.put('session', 's2', 'user_2', 4);
      expect(await a.eraseOwner('user_1')).toBe(2);
      for (const vault of [a, b]) {
        expect(await vault.get('session', 's1')).toBeNull();
        expect(await vault.get('profile', 'user_1')).toBeNull();
        expect(await vault.get('session', 's2')).toBe(4);
      }
    });

    it('digests equal texts alike, on every node', async () => {
      const { a, b } = vaults;
      expect(await a.digest('secret')).toBe(await b.digest('secret'));
      expect(await a.digest('secret')).not.toBe(await a.digest('Secret'));
    });

    it('has it all after it was closed and opened again', async () => {
      await vaults.a.put('profile', 'user_1', 'user_1', { deep: [1, 'ä', null] });
      await vaults.a.put('session', 'gone', 'user_1', 1);
      await vaults.b.take('session', 'gone');
      await vaults.close();
      vaults = await open(place);
      expect(await vaults.b.get('profile', 'user_1')).toEqual({ deep: [1, 'ä', null] });
      expect(await vaults.a.get('session', 'gone')).toBeNull();
    });
  });
}
