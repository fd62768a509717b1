import { createCipheriv, randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { Sealer } from '../../../src/vault/seal.ts';

const place = { kind: 'profile', name: 'name-1', owner: 'user_1' };
const ivAt = 5;
const tagAt = 17;
const bodyAt = 33;

describe('Sealer', () => {
  it('opens what it sealed, whatever the text', () => {
    const sealer = new Sealer(randomBytes(32));
    for (const text of ['', 'plain', 'ünïcödé 🙂', 'x'.repeat(100_000)]) {
      expect(sealer.open(sealer.seal(text, place), place)).toBe(text);
    }
  });

  it('never gives the same blob twice', () => {
    const sealer = new Sealer(randomBytes(32));
    expect(sealer.seal('same', place).equals(sealer.seal('same', place))).toBe(false);
  });

  it('refuses a blob under another key', () => {
    const blob = new Sealer(randomBytes(32)).seal('secret', place);
    expect(() => new Sealer(randomBytes(32)).open(blob, place)).toThrow(
      expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }),
    );
  });

  it('refuses a blob of which any single byte was changed', () => {
    const sealer = new Sealer(randomBytes(32));
    const blob = sealer.seal('secret', place);
    for (let at = 0; at < blob.length; at++) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => sealer.open(changed, place)).toThrow(expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }));
    }
  });

  it('refuses a blob that was moved to another kind, name or owner', () => {
    const sealer = new Sealer(randomBytes(32));
    const blob = sealer.seal('secret', place);
    for (const moved of [{ kind: 'password' }, { name: 'name-2' }, { owner: 'user_2' }, { owner: null }]) {
      expect(() => sealer.open(blob, { ...place, ...moved })).toThrow(
        expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }),
      );
    }
  });

  it('keeps kind and name apart: no two places share a context', () => {
    const sealer = new Sealer(randomBytes(32));
    const blob = sealer.seal('secret', { kind: 'a', name: 'b","c', owner: null });
    expect(() => sealer.open(blob, { kind: 'a","b', name: 'c', owner: null })).toThrow();
  });

  it('refuses blobs that are cut short, down to nothing', () => {
    const sealer = new Sealer(randomBytes(32));
    const blob = sealer.seal('secret', place);
    for (let length = 0; length < blob.length; length++) {
      expect(() => sealer.open(blob.subarray(0, length), place)).toThrow(
        expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }),
      );
    }
  });

  it('refuses a tag of 4 bytes, which GCM alone would take', () => {
    const key = randomBytes(32);
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 4 });
    const body = Buffer.concat([cipher.update('secret', 'utf8'), cipher.final()]);
    const sealer = new Sealer(key);
    const head = sealer.seal('', place).subarray(0, ivAt);
    const short = Buffer.concat([head, iv, cipher.getAuthTag(), body]);
    expect(() => sealer.open(short, place)).toThrow(expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }));
    const blob = sealer.seal('secret', place);
    const cutTag = Buffer.concat([blob.subarray(0, tagAt + 4), blob.subarray(bodyAt)]);
    expect(() => sealer.open(cutTag, place)).toThrow(expect.objectContaining({ code: 'VAULT_KEY_MISMATCH' }));
  });

  it('gives equal names for equal keys, other names for other kinds and other key files', () => {
    const sealer = new Sealer(randomBytes(32));
    expect(sealer.nameOf('email', 'a@example.org')).toBe(sealer.nameOf('email', 'a@example.org'));
    expect(sealer.nameOf('email', 'x')).not.toBe(sealer.nameOf('username', 'x'));
    expect(sealer.nameOf('email', 'x')).not.toBe(new Sealer(randomBytes(32)).nameOf('email', 'x'));
  });
});
