import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { systemClock } from '../../../src/kernel/clock.ts';
import { WakeUps } from '../../../src/kernel/wake-ups.ts';

describe('wake-ups', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('come once, at the earliest time that was asked for', () => {
    const woken: [string, number][] = [];
    const startMs = systemClock.now();
    const wakeUps = new WakeUps<string>(systemClock, (item) => woken.push([item, systemClock.now() - startMs]));
    for (const inMs of [300, 200, 200, 400]) wakeUps.add(startMs + inMs, 'a');
    wakeUps.add(startMs + 100, 'b');
    vi.advanceTimersByTime(1000);
    expect(woken).toEqual([
      ['b', 100],
      ['a', 200],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('do not pile up, however often one is asked for', () => {
    let calls = 0;
    const wakeUps = new WakeUps<string>(systemClock, () => {
      calls++;
      for (let i = 0; i < 3; i++) wakeUps.add(systemClock.now() + 10, 'a');
    });
    wakeUps.add(systemClock.now() + 5, 'a');
    for (let i = 0; i < 100; i++) {
      wakeUps.add(systemClock.now() + 10, 'a');
      vi.advanceTimersByTime(10);
    }
    expect(calls).toBeLessThanOrEqual(101);
    expect(wakeUps.size).toBe(1);
    wakeUps.stop();
  });
});
