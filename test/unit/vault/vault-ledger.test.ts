import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { VaultLedger, type VaultWrite } from '../../../src/vault/vault-ledger.ts';

const placeOf = (name: string) => ({ kind: 'session', name, owner: 'user_a' });
const value = (id: string, after: string | null, name = 'x'): VaultWrite => ({
  kind: 'value',
  id,
  place: placeOf(name),
  after,
});
const removal = (id: string): VaultWrite => ({ kind: 'removal', id });
const x = placeOf('x');

function ledgerOf(writes: readonly VaultWrite[]): VaultLedger {
  const ledger = new VaultLedger();
  for (const write of writes) ledger.take(write);
  return ledger;
}

describe('the ledger of a shared vault', () => {
  it('stores the first of two writers that saw an empty place, and refuses the second', () => {
    const ledger = new VaultLedger();
    expect(ledger.take(value('a', null))).toEqual({ kind: 'stored', replaced: null });
    expect(ledger.take(value('b', null))).toEqual({ kind: 'refused', current: 'a' });
    expect([ledger.currentOf(x), [...ledger.superfluous]]).toEqual(['a', ['b']]);
  });

  it('lets a value follow the one that its writer saw', () => {
    const ledger = ledgerOf([value('a', null)]);
    expect(ledger.take(value('b', 'a'))).toEqual({ kind: 'stored', replaced: 'a' });
    expect(ledger.take(value('c', 'a'))).toEqual({ kind: 'refused', current: 'b' });
    expect([...ledger.superfluous]).toEqual(['a', 'c']);
  });

  it('brings back nothing that was removed: not the same write again, and none that was to follow it', () => {
    const ledger = ledgerOf([value('a', null), removal('a')]);
    expect(ledger.take(value('a', null))).toEqual({ kind: 'refused', current: null });
    expect(ledger.take(value('b', 'a'))).toEqual({ kind: 'refused', current: null });
    expect(ledger.currentOf(x)).toBeNull();
  });

  it('brings back nothing by a record of the same write that was sent before and arrives late', () => {
    const ledger = ledgerOf([value('a.1', null), removal('a.1')]);
    expect(ledger.take(value('a.0', null))).toEqual({ kind: 'refused', current: null });
    expect([ledger.currentOf(x), [...ledger.superfluous]]).toEqual([null, ['a.0']]);
    expect(ledger.take(value('b.0', null))).toEqual({ kind: 'stored', replaced: null });
  });

  it('gives a removal to one remover only', () => {
    const ledger = ledgerOf([value('a', null)]);
    expect(ledger.take(removal('a'))).toEqual({ kind: 'removed', place: x });
    expect(ledger.take(removal('a'))).toEqual({ kind: 'nothing' });
  });

  it('has the same answer for the same write again', () => {
    const ledger = ledgerOf([value('a', null), value('b', 'a')]);
    expect(ledger.take(value('b', 'a'))).toEqual({ kind: 'stored', replaced: null });
    expect(ledger.take(value('a', null))).toEqual({ kind: 'refused', current: 'b' });
    expect(ledger.currentOf(x)).toBe('b');
  });

  it('names everything of an owner that is still in the topic, whether it counts or not', () => {
    const ledger = ledgerOf([value('a', null), value('b', null), value('c', null, 'y'), removal('c')]);
    expect(ledger.idsOf('user_a')).toEqual(['a', 'b']);
    expect(ledgerOf([value('a', null), removal('a')]).idsOf('user_a')).toEqual([]);
  });

  it('reads a compacted topic like the whole one, wherever compaction has come to', () => {
    const names = ['x', 'y'];
    const step = fc.record({
      what: fc.constantFrom('put', 'stale put', 'add', 'remove', 'remove again'),
      name: fc.constantFrom(...names),
      pick: fc.nat(),
    });
    const run = (steps: { what: string; name: string; pick: number }[], cut: number, forgets: boolean): void => {
      const topic: VaultWrite[] = [];
      const whole = new VaultLedger();
      const write = (next: VaultWrite): void => {
        topic.push(next);
        whole.take(next);
        // Whoever wrote what counts for nothing removes it.
        for (const id of [...whole.superfluous]) {
          topic.push(removal(id));
          whole.take(removal(id));
        }
      };
      steps.forEach(({ what, name, pick }, i) => {
        const current = whole.currentOf(placeOf(name));
        const older = topic[pick % Math.max(1, topic.length)];
        if (what === 'put') write(value(`v${String(i)}`, current, name));
        else if (what === 'stale put') write(value(`v${String(i)}`, older?.id ?? null, name));
        else if (what === 'add') write(value(`v${String(i)}`, null, name));
        else if (what === 'remove' && current !== null) write(removal(current));
        else if (what === 'remove again' && older?.kind === 'removal') write(older);
      });
      const end = topic.length - (cut % (topic.length + 1));
      const last = new Map(topic.slice(0, end).map((record, at) => [record.id, at]));
      const compacted = topic.filter(
        (record, at) => at >= end || (last.get(record.id) === at && !(forgets && record.kind === 'removal')),
      );
      const read = ledgerOf(compacted);
      for (const name of names) expect(read.currentOf(placeOf(name))).toBe(whole.currentOf(placeOf(name)));
      expect([...read.idsOf('user_a')].sort()).toEqual([...whole.idsOf('user_a')].sort());
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), fc.boolean(), run), { numRuns: 3000 });
  });
});
