import { describe, expect, test } from 'vitest';
import { Rests } from '../../../src/fetch/hosts/connections/rests.ts';

test('a connection rests after the first, second, fourth, eighth, ... answer of a host, and once a second', () => {
  const rests = new Rests();
  const due = Array.from({ length: 4_000 }, (_, i) => i + 1).filter((answer) => rests.isDue(answer));
  const powers = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048];
  // One answer a millisecond.
  expect(due).toEqual([...powers, 2_024, 3_048].sort((a, b) => a - b));
});

describe('an answer is doubted', () => {
  const doubt = (times: readonly number[], ms: number): number => {
    const rests = new Rests();
    for (const time of times) rests.accept(time);
    return rests.doubtMs(ms);
  };

  test.each([
    ['after half of the shortest time, for as long as the longest', [20, 90, 30], 10, 90],
    ['if the shortest time is 8 ms', [8, 30], 4, 30],
    ['not after a little more', [20, 30, 90], 11, 0],
    ['not after a single answer', [20], 1, 0],
    ['not if the host once answered at once', [20, 7, 30], 1, 0],
    ['for two seconds at most', [20, 9_000], 1, 2_000],
  ])('%s', (_what, times, ms, expected) => {
    expect(doubt(times, ms)).toBe(expected);
  });
});
