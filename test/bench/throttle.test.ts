import { describe, expect, it } from 'vitest';
import { Throttle } from '../../bench/web/server/throttle.ts';

describe('Throttle', () => {
  it('lets a second of requests pass, then names the wait', () => {
    const throttle = new Throttle(2, 0);
    expect([0, 0, 0].map((now) => throttle.take(now))).toEqual([0, 0, 1]);
    expect(throttle.take(499)).toBe(1);
    expect(throttle.take(500)).toBe(0);
  });

  it('saves no more than one second of requests', () => {
    const throttle = new Throttle(2, 0);
    expect([60_000, 60_000, 60_000].map((now) => throttle.take(now))).toEqual([0, 0, 1]);
  });

  it('names waits of several seconds for rates below one', () => {
    const throttle = new Throttle(0.25, 0);
    expect([0, 0].map((now) => throttle.take(now))).toEqual([0, 4]);
    expect(throttle.take(4_000)).toBe(0);
  });
});
