import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ShardId } from '../../src/core/samples.ts';
import { placeRow, planShards, shardCount } from '../../src/shards/plan.ts';

describe('planShards()', () => {
  test('never lets a shard span files, and gives a file without rows no shard (img2dataset 1.47.0: 5, 12, 1, 0 rows of 5)', () => {
    expect(planShards([5, 12, 1, 0], 5)).toEqual([
      { id: 0, file: 0, start: 0, rows: 5 },
      { id: 1, file: 1, start: 0, rows: 5 },
      { id: 2, file: 1, start: 5, rows: 5 },
      { id: 3, file: 1, start: 10, rows: 2 },
      { id: 4, file: 2, start: 0, rows: 1 },
    ]);
  });

  test('contains every row exactly once, where placeRow() puts it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 9 }),
        (fileRows, perShard, first) => {
          const plans = planShards(fileRows, perShard, first as ShardId);
          let nextShard = first;
          for (const [file, rows] of fileRows.entries()) {
            const mine = plans.filter((plan) => plan.file === file);
            expect(mine.length).toBe(shardCount(rows, perShard));
            expect(mine.reduce((sum, plan) => sum + plan.rows, 0)).toBe(rows);
            for (let row = 0; row < rows; row += 1) {
              const { id, index } = placeRow(row, nextShard as ShardId, perShard);
              const plan = mine.find((each) => each.id === id);
              expect(plan && plan.start + index).toBe(row);
              expect(index).toBeLessThan(plan?.rows ?? 0);
            }
            nextShard += mine.length;
          }
          expect(plans.map((plan) => plan.id)).toEqual(plans.map((_, position) => first + position));
        },
      ),
    );
  });
});
