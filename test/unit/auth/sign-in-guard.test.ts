import { describe, expect, it } from 'vitest';

import { SignInGuard } from '../../../src/auth/sign-in-guard.ts';
import { HandClock } from './accounts-bench.ts';

const here = '192.0.2.1';
const minuteMs = 60_000;

function newGuard(): { guard: SignInGuard; clock: HandClock } {
  const clock = new HandClock();
  return { guard: new SignInGuard(clock), clock };
}

/** Fails as soon as it is allowed to, that many times; returns the delay after each. */
function failures(guard: SignInGuard, clock: HandClock, count: number): number[] {
  return Array.from({ length: count }, () => {
    clock.forward(guard.delayMs('account', here));
    guard.begin('account', here);
    return guard.delayMs('account', here) / 1000;
  });
}

describe('SignInGuard', () => {
  it('delays from the fifth failure on by 1, 2, 4 … seconds up to 15 minutes', () => {
    const { guard, clock } = newGuard();
    expect(failures(guard, clock, 16)).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  it('concerns the whole network of the address and no other', () => {
    const { guard, clock } = newGuard();
    failures(guard, clock, 6);
    expect(guard.delayMs('account', '192.0.2.200')).toBe(2000);
    expect(guard.delayMs('account', '198.51.100.1')).toBe(0);
    expect(guard.delayMs('another', here)).toBe(0);
  });

  it('forgets after 15 quiet minutes, counted from the end of the delay', () => {
    const { guard, clock } = newGuard();
    failures(guard, clock, 16);
    clock.forward(29 * minuteMs);
    expect(failures(guard, clock, 1)).toEqual([900]);
    clock.forward(31 * minuteMs);
    expect(failures(guard, clock, 5)).toEqual([0, 0, 0, 0, 1]);
  });

  it('forgets the failures of a network when the password was right', () => {
    const { guard, clock } = newGuard();
    failures(guard, clock, 8);
    guard.succeeded('account', here);
    expect(guard.delayMs('account', here)).toBe(0);
    expect(failures(guard, clock, 1)).toEqual([0]);
  });

  it('does not count a try that was dropped', () => {
    const { guard, clock } = newGuard();
    failures(guard, clock, 4);
    guard.begin('account', here);
    guard.dropped('account', here);
    clock.forward(1000);
    expect(failures(guard, clock, 2)).toEqual([1, 2]);
  });

  it('sets the tries of one account 36 seconds apart after 100 failures in an hour from many networks', () => {
    const { guard, clock } = newGuard();
    for (let i = 0; i < 99; i++) guard.begin('account', `10.${i}.0.1`);
    expect(guard.delayMs('account', here)).toBe(0);
    guard.begin('account', '10.99.0.1');
    expect(guard.delayMs('account', here)).toBe(36_000);
    clock.forward(36_000);
    expect(guard.delayMs('account', here)).toBe(0);
    guard.begin('account', here);
    expect(guard.delayMs('account', '10.100.0.1')).toBe(36_000);
    clock.forward(60 * minuteMs);
    guard.begin('account', here);
    expect(guard.delayMs('account', here)).toBe(0);
  });

  it('finds one event an hour worth recording for an account, when its delay first exceeds a minute', () => {
    const { guard, clock } = newGuard();
    const recorded: number[] = [];
    for (let i = 0; i < 40; i++) {
      clock.forward(guard.delayMs('account', here));
      const counted = guard.begin('account', here);
      if (counted.worthRecording) recorded.push(counted.failures);
    }
    expect(recorded[0]).toBe(11);
    const hours = (25 * 15) / 60 + 1;
    expect(recorded.length).toBeLessThanOrEqual(Math.ceil(hours));
    const many = newGuard().guard;
    const fromManyNetworks = Array.from({ length: 500 }, (_, i) => many.begin('account', `10.${i % 250}.${i % 7}.1`));
    expect(fromManyNetworks.filter(({ worthRecording }) => worthRecording)).toHaveLength(1);
  });

  it('remembers a bounded number of accounts, of any length', () => {
    const { guard } = newGuard();
    for (let i = 0; i < 10_050; i++) guard.begin(`account-${i}`, here);
    for (let i = 0; i < 5; i++) guard.begin('x'.repeat(100_000), here);
    expect(guard.delayMs('x'.repeat(100_000), here)).toBe(1000);
  });
});
