import { describe, expect, test } from 'vitest';
import type { ShardId } from '../../../src/core/samples.ts';
import { patienceMs, ShardPatience } from '../../../src/run/engine/shard-patience.ts';

const shard = (id: number, unsettled: number) => ({ id: id as ShardId, unsettled });

test.each([
  ['at first half a minute', 1_000, null, 30_000],
  ['a tenth of the time that the run has taken', 1_000_000, null, 100_000],
  ['a quarter of an hour at most', 86_400_000, null, 900_000],
  ['what the user says', 86_400_000, 0, 0],
])('patienceMs(): %s', (_rule, runMs, patience, expected) => {
  expect(patienceMs(runMs, patience)).toBe(expected);
});

describe('ShardPatience', () => {
  test('begins when only rows of hosts that refuse everything are left in a shard', () => {
    const patience = new ShardPatience(null, 0);
    expect(patience.review([shard(0, 5), shard(1, 2)], new Map([[0, 3]]), 10_000)).toEqual([]);
    expect(patience.review([shard(0, 3), shard(1, 2)], new Map([[0, 3]]), 20_000)).toEqual([
      { id: 0, until: 50_000 },
    ]);
  });

  test('goes on while a row of such a host is asked for once more', () => {
    const patience = new ShardPatience(5_000, 0);
    patience.review([shard(0, 3)], new Map([[0, 3]]), 20_000);
    expect(patience.review([shard(0, 3)], new Map([[0, 2]]), 24_000)).toEqual([{ id: 0, until: 25_000 }]);
  });

  test('never makes a shard wait for longer than a tenth of the run', () => {
    const patience = new ShardPatience(null, 0);
    const held = [shard(0, 1)];
    for (let now = 300_000; ; now += 1_000) {
      const [first] = patience.review(held, new Map([[0, 1]]), now);
      if ((first?.until ?? 0) > now) continue;
      expect(now - 300_000).toBeLessThan(0.12 * 300_000);
      break;
    }
  });
});
