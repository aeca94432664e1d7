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

test('Heap takes a wanted item from any place and stays in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (keys, place) => {
        const heap = new Heap<number>();
        for (const key of keys) heap.push(key, key);
        const taken = heap.popNear(place);
        const rest: number[] = [];
        for (let key = heap.pop(); key !== undefined; key = heap.pop()) rest.push(key);
        expect(rest).toEqual([...rest].sort((a, b) => a - b));
        const all = taken === undefined ? rest : [...rest, taken];
        expect(all.sort((a, b) => a - b)).toEqual([...keys].sort((a, b) => a - b));
        expect(taken === undefined).toBe(keys.length === 0);
      },
    ),
  );
});
