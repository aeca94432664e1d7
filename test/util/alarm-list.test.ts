import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlarmList } from '../../src/util/alarm-list.ts';
import { Queue } from '../../src/util/queue.ts';

test('AlarmList gives items back in the order of their moments, and none early', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 })),
      fc.integer({ min: 0, max: 50 }),
      (moments, now) => {
        const list = new AlarmList<number>();
        for (const at of moments) list.add(at, at);
        const taken: number[] = [];
        for (let item = list.takeDue(now); item !== undefined; item = list.takeDue(now)) taken.push(item);
        expect(taken).toEqual(moments.filter((at) => at <= now).sort((a, b) => a - b));
        expect(list.size).toBe(moments.length - taken.length);
      },
    ),
  );
});

test('Queue is first in, first out through any mixture of pushes and shifts', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 6000 }), (pushes) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      for (const [index, push] of pushes.entries()) {
        if (push) {
          queue.push(index);
          model.push(index);
        } else {
          expect(queue.shift()).toBe(model.shift());
        }
        expect(queue.size).toBe(model.length);
      }
    }),
    { numRuns: 30 },
  );
});
