import type { Dice } from './simulated-partition.ts';

/** Dice that fall the same way for the same seed: a linear congruential generator with the constants of Numerical Recipes. */
export function diceFrom(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return below === 0 ? 0 : Math.floor((state / 4_294_967_296) * below);
  };
}
