import { expect, test } from 'vitest';
import { RunLimits } from '../../../src/fetch/schedule/run-limits.ts';

test('machines share the rate, and each has its own bandwidth', () => {
  let machines = 4;
  const limits = new RunLimits({ rate: 10, bandwidth: null }, () => machines);
  /** Requests that start in ten seconds. */
  const starts = (from: number): number => {
    let count = 0;
    for (let now = from; now < from + 10_000; now += 1) {
      if (limits.opensAt > now) continue;
      limits.begin(now);
      count += 1;
    }
    return count;
  };
  expect(starts(1_000_000)).toBeCloseTo(25, -1);
  machines = 1;
  expect(starts(1_010_000)).toBeCloseTo(100, -1);
  const wide = new RunLimits({ rate: null, bandwidth: 1_000 }, () => 4);
  wide.end(wide.begin(0), 1_000);
  expect(wide.opensAt).toBe(1_000);
});
