import { expect, it } from 'vitest';
import { BusyMeter } from '../../bench/web/busy-meter.ts';

it('reports the busy share of the whole run and of its end', () => {
  // Two cores: all of both for a second, then half of one.
  const read = (at: number) => ({ at, busy: at <= 1000 ? 2 * at : 1500 + at / 2, all: 2 * at });
  const meter = new BusyMeter(0, read);
  for (const at of [500, 1000, 1500, 2000]) meter.sample(at);
  expect(meter.share()).toBeCloseTo(2500 / 4000);
  expect(meter.share(1000)).toBeCloseTo(0.25);
  expect(new BusyMeter(0, read).share()).toBe(0);
});
