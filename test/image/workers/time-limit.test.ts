import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/image/job/settings.ts';
import type { DecoderEvent } from '../../../src/image/workers/decoder-pool.ts';
import { processorTime, TimeLimit } from '../../../src/image/workers/time-limit.ts';
import { imageFixture } from '../fixtures.ts';
import { useDecoders } from '../use-decoders.ts';

describe('TimeLimit', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A process that works during `share` of the time. Resolves to the time after which it is stopped. */
  function stoppedAfter(share: number | null, limitMs = 1000): number | null {
    let [now, stopped] = [0, false];
    // As after 500 ms of work for earlier jobs.
    const used = () => (share === null ? null : 500 + now * share);
    const limit = new TimeLimit(limitMs, used, () => {
      stopped = true;
    });
    limit.restart(500);
    for (; now < 20 * limitMs && !stopped; now += 10) vi.advanceTimersByTime(10);
    limit.clear();
    return stopped ? now : null;
  }

  test('counts processor time, and wall time only as ten times the limit', () => {
    expect(stoppedAfter(1)).toBeCloseTo(1000, -2);
    expect(stoppedAfter(0.5)).toBeCloseTo(2000, -2);
    expect(stoppedAfter(0.25)).toBeCloseTo(4000, -2);
    expect(stoppedAfter(0)).toBeCloseTo(10_000, -2);
  });

  test('counts wall time where the processor time is unknown', () => {
    expect(stoppedAfter(null)).toBeCloseTo(1000, -2);
  });

  test('a new job has all of its time, and a cleared limit never ends one', () => {
    const onExceeded = vi.fn();
    const limit = new TimeLimit(1000, () => null, onExceeded);
    limit.restart(0);
    vi.advanceTimersByTime(900);
    limit.restart(0);
    vi.advanceTimersByTime(900);
    limit.clear();
    vi.advanceTimersByTime(100_000);
    expect(onExceeded).not.toHaveBeenCalled();
  });
});

describe.runIf(process.platform === 'linux')('processorTime', () => {
  test('is what the process says of itself', () => {
    const { user, system } = process.cpuUsage();
    expect(processorTime(process.pid)).toBeGreaterThan((user + system) / 1000 - 100);
    expect(processorTime(process.pid)).toBeLessThan((user + system) / 1000 + 1000);
  });

  test('is unknown of a process that does not exist', () => {
    expect(processorTime(0)).toBeNull();
  });

  test('a decoder that waits three times the limit loses no image', async () => {
    const events: DecoderEvent[] = [];
    const limits = { ...DEFAULT_LIMITS, decodeTimeoutMs: 1000 };
    const decoders = useDecoders({ limits, onEvent: (event) => events.push(event) });
    await decoders.decode({ bytes: imageFixture('tiny.jpg') });
    const pid = events[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const waiting = decoders.decode({ bytes: imageFixture('landscape.jpg') });
    setTimeout(() => process.kill(pid, 'SIGCONT'), 3000);
    expect(await waiting).toMatchObject({ ok: true });
    expect(events.map(({ kind }) => kind)).toEqual(['started']);
  });
});
