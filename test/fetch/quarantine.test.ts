import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Quarantine } from '../../src/fetch/quarantine.ts';

test('an outcome leaves the quarantine after several ticks, in order, later if asked for, and not after close', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const quarantine = new Quarantine(10);
    const settled: number[] = [];
    const tick = async () => {
      await vi.advanceTimersByTimeAsync(10);
      await turn();
    };
    quarantine.hold(() => settled.push(1));
    await tick();
    quarantine.hold(() => settled.push(2));
    expect(quarantine.size).toBe(2);
    for (let ticks = 0; ticks < 5; ticks += 1) await tick();
    expect(settled).toEqual([]);
    await tick();
    expect(settled).toEqual([1]);
    await tick();
    expect({ settled, size: quarantine.size }).toEqual({ settled: [1, 2], size: 0 });
    quarantine.hold(() => settled.push(3), 15);
    void quarantine.rest().then(() => settled.push(4));
    expect(quarantine.size).toBe(1);
    for (let ticks = 0; ticks < 8; ticks += 1) await tick();
    expect(settled).toEqual([1, 2, 4]);
    await tick();
    expect(settled).toEqual([1, 2, 4, 3]);
    quarantine.hold(() => settled.push(5));
    quarantine.close();
    for (let ticks = 0; ticks < 10; ticks += 1) await tick();
    expect(settled).toEqual([1, 2, 4, 3]);
  } finally {
    vi.useRealTimers();
  }
});
