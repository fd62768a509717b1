import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { systemClock } from '../../../src/kernel/clock.ts';
import { TimerQueue } from '../../../src/kernel/timer-queue.ts';

const dayMs = 86_400_000;

describe('a timer queue', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function queue(): { due: string[]; timers: TimerQueue<string>; startMs: number } {
    const due: string[] = [];
    const timers = new TimerQueue<string>(systemClock, (item) => due.push(item));
    return { due, timers, startMs: systemClock.now() };
  }

  it('calls back in the order of the times, not of the additions', () => {
    const { due, timers, startMs } = queue();
    timers.add(startMs + 300, 'c');
    timers.add(startMs + 100, 'a');
    timers.add(startMs + 200, 'b');
    vi.advanceTimersByTime(99);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(due).toEqual(['a']);
    vi.advanceTimersByTime(200);
    expect(due).toEqual(['a', 'b', 'c']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits longer than the 24.8 days that one timer can hold', () => {
    const { due, timers, startMs } = queue();
    timers.add(startMs + 100 * dayMs, 'far');
    vi.advanceTimersByTime(100 * dayMs - 1);
    expect(due).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(due).toEqual(['far']);
  });

  it('calls back for what lies in the past, but never inside the addition', () => {
    const { due, timers, startMs } = queue();
    timers.add(startMs - 5, 'late');
    expect(due).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(due).toEqual(['late']);
  });

  it('uses one timer for everything, and none after it was stopped', () => {
    const { due, timers, startMs } = queue();
    for (let i = 0; i < 50; i++) timers.add(startMs + 1000 - i, String(i));
    expect(vi.getTimerCount()).toBe(1);
    timers.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(5000);
    expect(due).toEqual([]);
  });

  it('takes additions from its own call back', () => {
    const due: number[] = [];
    const timers = new TimerQueue<number>(systemClock, (item) => {
      due.push(item);
      if (item < 3) timers.add(systemClock.now() + 10, item + 1);
    });
    timers.add(systemClock.now() + 10, 1);
    vi.advanceTimersByTime(30);
    expect(due).toEqual([1, 2, 3]);
  });
});
