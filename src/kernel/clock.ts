/** Where time comes from. `now` is wall-clock milliseconds since 1970 (it may step); `monotonicMs` only grows. */
export interface Clock {
  now(): number;
  monotonicMs(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};
