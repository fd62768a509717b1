import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { FleetingMap, FleetingSet } from '../../../src/kernel/fleeting-map.ts';

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), key: keys }),
  fc.record({ kind: fc.constant('delete' as const), key: keys }),
  fc.record({ kind: fc.constantFrom('set' as const, 'clear' as const), key: keys }),
);

describe('a fleeting map', () => {
  it('answers as a Map does, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const [fleeting, model] = [new FleetingMap<string, object>(), new Map<string, object>()];
        for (const { kind, key } of changes) {
          const value = { key };
          if (kind === 'clear') {
            fleeting.clear();
            model.clear();
          } else if (kind === 'set') {
            fleeting.set(key, value);
            model.set(key, value);
          } else expect(fleeting.delete(key)).toBe(model.delete(key));
          expect(fleeting.size).toBe(model.size);
          for (const each of 'abcdef') {
            expect(fleeting.get(each)).toBe(model.get(each));
            expect(fleeting.has(each)).toBe(model.has(each));
          }
          expect([...fleeting.keys()]).toEqual([...model.keys()]);
          expect([...fleeting.values()]).toEqual([...model.values()]);
        }
      }),
    );
  });

  it('may lose and get entries while its values are read', () => {
    const map = new FleetingMap<string, { readonly name: string }>();
    for (const name of 'abcd') map.set(name, { name });
    const read: string[] = [];
    for (const { name } of map.values()) {
      read.push(name);
      map.delete(name);
      if (name === 'a') map.delete('c');
      if (name === 'b') map.set('e', { name: 'e' });
    }
    expect(read).toEqual(['a', 'b', 'd', 'e']);
    expect(map.size).toBe(0);
  });
});

describe('a fleeting set', () => {
  it('has what was added as often as it was, until each is taken out, once', () => {
    const set = new FleetingSet<object>();
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    const [first, second, third] = [set.add(a), set.add(b), set.add(a)];
    expect([...set.values()]).toEqual([a, b, a]);
    first();
    first();
    expect([...set.values()]).toEqual([b, a]);
    second();
    third();
    expect(set.size).toBe(0);
  });
});
