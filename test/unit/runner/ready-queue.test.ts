import { describe, expect, it } from 'vitest';

import { ReadyQueue } from '../../../src/runner/ready-queue.ts';
import type { TrackedExecution } from '../../../src/runner/tracked-execution.ts';

const execution = (id: string, skill: string, position: number, priority = 0): TrackedExecution => ({
  id,
  skill,
  owner: 'user_a',
  priority,
  position,
  revision: 0,
  dueAtMs: null,
  expiresAtMs: null,
  runningOn: null,
  waitsSinceMs: 0,
  loaded: null,
  queued: true,
  overdue: false,
});

function taken(queue: ReadyQueue): string[] {
  const ids: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) ids.push(next.id);
  return ids;
}

describe('the ready queue', () => {
  it('gives higher priority first, then in the order of the requests', () => {
    const queue = new ReadyQueue(() => Infinity);
    for (const [id, position, priority] of [
      ['c', 3, 0],
      ['a', 1, 0],
      ['d', 4, 5],
      ['b', 2, 0],
    ] as const)
      queue.push(execution(id, 'x', position, priority));
    expect(taken(queue)).toEqual(['d', 'a', 'b', 'c']);
  });

  it('lets others pass one whose skill is at its limit, and gives it its place back when a run of the skill ends', () => {
    const queue = new ReadyQueue((skill) => (skill === 'one' ? 1 : Infinity));
    for (const [id, skill, position] of [
      ['a', 'one', 1],
      ['b', 'one', 2],
      ['c', 'two', 3],
      ['d', 'one', 4],
    ] as const)
      queue.push(execution(id, skill, position));
    expect(taken(queue)).toEqual(['a', 'c']);
    queue.push(execution('e', 'two', 5));
    queue.ended('one');
    expect(taken(queue)).toEqual(['b', 'e']);
  });

  it('keeps what has no place at all until limits changed', () => {
    const limits = new Map([['absent', 0]]);
    const queue = new ReadyQueue((skill) => limits.get(skill) ?? Infinity);
    queue.push(execution('a', 'absent', 1));
    queue.push(execution('b', 'absent', 2));
    expect(taken(queue)).toEqual([]);
    limits.set('absent', 1);
    queue.reconsider();
    expect(taken(queue)).toEqual(['a']);
    queue.ended('absent');
    expect(taken(queue)).toEqual(['b']);
  });

  it('lets a new execution start at once only when nothing waits in front of it and its skill has room', () => {
    const queue = new ReadyQueue((skill) => (skill === 'one' ? 1 : Infinity));
    expect(queue.overtake('one')).toBe(true);
    expect(queue.overtake('one')).toBe(false);
    queue.push(execution('a', 'two', 1));
    expect(queue.overtake('two')).toBe(false);
  });
});
