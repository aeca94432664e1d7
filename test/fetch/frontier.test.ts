import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostKey } from '../../src/core/samples.ts';
import { Frontier, type FrontierTask } from '../../src/fetch/frontier.ts';

interface Job extends FrontierTask {
  readonly id: number;
}

const host = (name: string): HostKey => name as HostKey;
const job = (id: number, name: string, order = id): Job => ({ id, order, host: host(name) });

/** A frontier whose tasks end when the test says so. */
function controlled(limits: { concurrency: number; perHost: number }) {
  const started: Job[] = [];
  const ends = new Map<number, () => void>();
  const frontier = new Frontier<Job>({
    ...limits,
    run: (job) => {
      started.push(job);
      return new Promise((resolve) => ends.set(job.id, resolve));
    },
  });
  const end = async (id: number): Promise<void> => {
    ends.get(id)?.();
    ends.delete(id);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { frontier, started, running: ends, end };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Frontier', () => {
  test('starts the oldest task whose host has a free place', async () => {
    const { frontier, started, running, end } = controlled({ concurrency: 2, perHost: 1 });
    for (const [id, name] of ['a', 'a', 'a', 'b', 'b', 'c'].entries()) frontier.add(job(id, name));
    expect(started.map((each) => each.id)).toEqual([0, 3]);
    await end(3);
    expect(started.at(-1)?.id).toBe(4);
    await end(0);
    expect(started.at(-1)?.id).toBe(1);
    while (running.size > 0) for (const id of [...running.keys()]) await end(id);
    expect(started.length).toBe(6);
  });

  test('a task that comes back goes before younger ones', async () => {
    const { frontier, started, end } = controlled({ concurrency: 1, perHost: 1 });
    for (const id of [1, 2, 3]) frontier.add(job(id, 'a'));
    frontier.add(job(4, 'a', 0));
    await end(1);
    expect(started.map((each) => each.id)).toEqual([1, 4]);
  });

  test('a task that comes back goes before younger ones of other hosts, whatever else its host has waiting', async () => {
    const { frontier, started, end } = controlled({ concurrency: 1, perHost: 1 });
    frontier.add(job(1, 'a'));
    frontier.add(job(9, 'b'));
    for (const id of [2, 3, 4]) frontier.add(job(id, 'c'));
    frontier.add(job(5, 'b', 0));
    await end(1);
    expect(started.map((each) => each.id)).toEqual([1, 5]);
  });

  test('never runs more than its limits, and runs everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        async (hosts, concurrency, perHost, choices) => {
          const { frontier, started, running, end } = controlled({ concurrency, perHost });
          for (const [id, name] of hosts.entries()) frontier.add(job(id, name));
          while (running.size > 0) {
            const active = started.filter((job) => running.has(job.id));
            expect(active.length).toBeLessThanOrEqual(concurrency);
            for (const name of new Set(hosts)) {
              expect(active.filter((job) => job.host === name).length).toBeLessThanOrEqual(perHost);
            }
            const ids = [...running.keys()];
            await end(ids[(choices.next().value ?? 0) % ids.length] ?? 0);
          }
          expect(started.map((job) => job.id).sort((a, b) => a - b)).toEqual([...hosts.keys()]);
        },
      ),
    );
  });

  test('keeps a parked task out of the way until its moment', async () => {
    const { frontier, started } = controlled({ concurrency: 4, perHost: 4 });
    frontier.park(job(1, 'a'), Date.now() + 1000);
    frontier.park(job(2, 'a'), Date.now() + 500);
    expect(frontier.parked).toBe(2);
    await vi.advanceTimersByTimeAsync(499);
    expect(started).toEqual([]);
    await vi.advanceTimersByTimeAsync(501);
    expect(started.map((job) => job.id)).toEqual([2, 1]);
  });

  test('a paused host starts nothing while others go on', async () => {
    const { frontier, started } = controlled({ concurrency: 4, perHost: 4 });
    frontier.pauseHost(host('a'), Date.now() + 1000);
    frontier.add(job(1, 'a'));
    frontier.add(job(2, 'b'));
    expect(started.map((job) => job.id)).toEqual([2]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(started.map((job) => job.id)).toEqual([2, 1]);
  });

  test('starts nothing while held or stopped', async () => {
    const { frontier, started } = controlled({ concurrency: 4, perHost: 4 });
    frontier.hold(true);
    frontier.add(job(1, 'a'));
    expect(started).toEqual([]);
    frontier.hold(false);
    expect(started.length).toBe(1);
    frontier.stop();
    frontier.add(job(2, 'b'));
    frontier.park(job(3, 'c'), Date.now() + 10);
    await vi.advanceTimersByTimeAsync(1000);
    expect(started.length).toBe(1);
  });
});
