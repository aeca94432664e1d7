import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stepsOf } from '../../../src/inputs/parquet/format/steps.ts';

test('steps follow each other over all rows up to the limit, and none has more than 2^19 rows', () => {
  const sizes = fc.array(fc.oneof(fc.nat(5000), fc.nat(3_000_000)), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.option(fc.nat(20_000_000), { nil: Number.POSITIVE_INFINITY }), (groups, limit) => {
      const total = Math.min(
        limit,
        groups.reduce((sum, rows) => sum + rows, 0),
      );
      let reached = 0;
      for (const { from, end } of stepsOf(
        groups.map((rows) => ({ rows })),
        limit,
      )) {
        expect(from).toBe(reached);
        expect(end).toBeGreaterThan(from);
        expect(end - from).toBeLessThanOrEqual(1 << 19);
        reached = end;
      }
      expect(reached).toBe(total);
    }),
  );
});
