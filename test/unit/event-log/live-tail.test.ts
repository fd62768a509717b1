import { describe, expect, it } from 'vitest';

import type { RecordedEvent } from '../../../src/event-log/event-log.ts';
import { LiveTail } from '../../../src/event-log/live-tail.ts';

/** Publishes appends of one event each, at positions from `first` on, and wakes readers once. */
function publish(tail: LiveTail, first: number, count: number): void {
  for (let at = first; at < first + count; at++) {
    const event = { stream: 'exec_a', revision: at, position: at } as RecordedEvent;
    tail.publish([event], at, 100);
  }
  tail.wake();
}

const positionsOf = (tail: LiveTail, after: number): readonly number[] | undefined =>
  tail.page(after, 10_000)?.events.map(({ position }) => position);
const upTo = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('the newest appends', () => {
  it('are in memory as far as they are to be, and what is older is not', () => {
    const tail = new LiveTail({ head: 0, maxAppends: 10 });
    for (let first = 1; first <= 100; first += 4) publish(tail, first, 4);
    expect(positionsOf(tail, 100)).toEqual([]);
    expect(positionsOf(tail, 90)).toEqual(upTo(91, 100));
    expect(tail.page(89, 10)).toBeNull();
  });

  it('that became visible at once are all there for whoever waited for them, however many', () => {
    const tail = new LiveTail({ head: 0, maxAppends: 10 });
    publish(tail, 1, 50);
    expect(positionsOf(tail, 0)).toEqual(upTo(1, 50));
    publish(tail, 51, 3);
    expect(tail.page(0, 10)).toBeNull();
    expect(positionsOf(tail, 43)).toEqual(upTo(44, 53));
  });

  it('take no more room than they may', () => {
    const tail = new LiveTail({ head: 0, maxBytes: 1000 });
    publish(tail, 1, 50);
    expect(positionsOf(tail, 40)).toEqual(upTo(41, 50));
    expect(tail.page(39, 10)).toBeNull();
  });
});
