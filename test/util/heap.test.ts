import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap } from '../../src/util/heap.ts';

test('Heap returns the smallest item first after any mix of pushes and pops', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: -20, max: 20 }))), (steps) => {
      const heap = new Heap<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) {
          expect(heap.pop()).toBe(model.shift());
        } else {
          heap.push(step, step);
          model.push(step);
          model.sort((a, b) => a - b);
        }
        expect(heap.leastKey).toBe(model[0]);
        expect(heap.size).toBe(model.length);
      }
    }),
  );
});
