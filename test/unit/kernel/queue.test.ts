import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Queue } from '../../../src/kernel/queue.ts';

describe('a queue', () => {
  it('gives what it was given, in that order, whenever it is asked', () => {
    const steps = fc.array(fc.oneof(fc.constant('push'), fc.constant('shift'), fc.constant('push many')));
    fc.assert(
      fc.property(steps, (asked) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        let next = 0;
        for (const step of asked) {
          if (step === 'shift') expect(queue.shift()).toBe(model.shift());
          else
            for (let i = step === 'push' ? 1 : 1500; i > 0; i--) {
              queue.push(next);
              model.push(next++);
            }
          expect(queue.size).toBe(model.length);
        }
        while (model.length > 0) expect(queue.shift()).toBe(model.shift());
        expect(queue.shift()).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });
});
