import { describe, expect, it } from 'vitest';

import { fitting } from '../../../src/cli/lists.ts';

const columns = {
  head: ['ID', 'STATUS', 'AT', 'ERROR'],
  rowOf: (item: string) => [item, 'completed', '2026-11-27 19:33:53', ''],
  spare: ['AT', 'STATUS'],
};
const headAt = (width: number): readonly string[] => fitting(columns, ['exec_1cKKVbMMUzUjHeft'], width).head;

describe('a table that is too wide', () => {
  it('goes without its spare columns, one after the other, until it fits', () => {
    expect(headAt(Number.POSITIVE_INFINITY)).toEqual(['ID', 'STATUS', 'AT', 'ERROR']);
    expect(headAt(63)).toEqual(['ID', 'STATUS', 'AT', 'ERROR']);
    expect(headAt(62)).toEqual(['ID', 'STATUS', 'ERROR']);
    expect(headAt(41)).toEqual(['ID', 'ERROR']);
    expect(headAt(10)).toEqual(['ID', 'ERROR']);
  });

  it('keeps each value below its title', () => {
    const { head, rows } = fitting(columns, ['a', 'b'], 30);
    expect(head).toEqual(['ID', 'STATUS', 'ERROR']);
    expect(rows).toEqual([
      ['a', 'completed', ''],
      ['b', 'completed', ''],
    ]);
  });

  it('cuts its last column when the one to be cut is a spare one', () => {
    const { head, flexible } = fitting({ ...columns, flexible: 'AT' }, ['exec_1cKKVbMMUzUjHeft'], 45);
    expect(head).toEqual(['ID', 'STATUS', 'ERROR']);
    expect(flexible).toBe('ERROR');
  });
});
