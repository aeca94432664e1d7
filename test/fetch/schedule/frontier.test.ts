import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { HostBook } from '../../../src/fetch/hosts/host-book.ts';
import type { HostSignal } from '../../../src/fetch/hosts/host-signal.ts';
import { Frontier } from '../../../src/fetch/schedule/frontier.ts';
import type { QueuedRow } from '../../../src/fetch/schedule/host-queue.ts';
import { RunLimits } from '../../../src/fetch/schedule/run-limits.ts';
import { steadyNow } from '../../../src/util/clock.ts';

interface Job extends QueuedRow {
  readonly id: number;
}

const host = (name: string): HostKey => name as HostKey;
const job = (id: number, name: string, order = id): Job => ({ id, order, host: host(name) });

interface Limits {
  readonly concurrency: number;
  readonly perHost: number;
  readonly perHostRate?: number;
  readonly rate?: number;
  readonly bandwidth?: number;
}

const ANSWERED: HostSignal = { kind: 'answered' };

/** A frontier whose rows end when the test calls `end`, with the signal that it passes. */
function controlled({ concurrency, perHost, perHostRate, rate, bandwidth }: Limits) {
  const started: Job[] = [];
  const startedAt: number[] = [];
  const refused: Job[] = [];
  const ends = new Map<number, (signal: HostSignal) => void>();
  const limits = new RunLimits({ rate: rate ?? null, bandwidth: bandwidth ?? null });
  const frontier = new Frontier<Job>({
    concurrency,
    book: new HostBook({ perHost, intervalMs: perHostRate === undefined ? 0 : 1000 / perHostRate }),
    limits,
    run: async (job, host, visit) => {
      started.push(job);
      startedAt.push(steadyNow());
      const reckoned = limits.begin(visit.startedAt);
      const signal = await new Promise<HostSignal>((resolve) => ends.set(job.id, resolve));
      limits.end(reckoned, reckoned);
      host.learn(visit, `http://${job.host}/${job.id}`, signal, steadyNow());
    },
    refuse: (job) => refused.push(job),
  });
  const end = async (id: number, signal = ANSWERED): Promise<void> => {
    ends.get(id)?.(signal);
    ends.delete(id);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  return { frontier, started, startedAt, refused, running: ends, end };
}

/** Rows of a host that is not small. */
const MANY = 32;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Frontier', () => {
  test('starts the oldest row whose host has a free place', async () => {
    const { frontier, started, running, end } = controlled({ concurrency: 2, perHost: 1 });
    for (const [id, name] of ['a', 'a', 'a', 'b', 'b'].entries()) frontier.add(job(id, name));
    expect(started.map((each) => each.id)).toEqual([0, 3]);
    await end(3);
    expect(started.at(-1)?.id).toBe(4);
    await end(0);
    expect(started.at(-1)?.id).toBe(1);
    while (running.size > 0) for (const id of [...running.keys()]) await end(id);
    expect(started.length).toBe(5);
  });

  test('starts two rows of unknown hosts for each row of a fast host', async () => {
    const { frontier, started, running, end } = controlled({ concurrency: 1, perHost: 1 });
    const names = [...Array.from({ length: MANY }, () => 'a'), 'b', 'c', 'd', 'e', 'f'];
    for (const [id, name] of names.entries()) frontier.add(job(id, name));
    while (running.size > 0) for (const id of [...running.keys()]) await end(id);
    expect(started.slice(0, 8).map(({ host }) => host)).toEqual(['a', 'b', 'a', 'c', 'd', 'a', 'e', 'f']);
    expect(started.length).toBe(names.length);
  });

  test('has fewer requests under way when bodies cannot be processed fast enough, and more again afterwards', async () => {
    const { frontier, started, running, end } = controlled({ concurrency: 1000, perHost: 1 });
    for (let id = 0; id < 5000; id += 1) frontier.add(job(id, `h${id}`));
    const most = async (answers: number): Promise<number> => {
      for (let answer = 0; answer < answers; answer += 1) await end([...running.keys()][0] ?? 0);
      return running.size;
    };
    expect(running.size).toBe(64);
    const before = await most(300);
    expect(before).toBeGreaterThan(300);
    frontier.setPressure(true);
    await most(before - 10);
    frontier.setPressure(false);
    const after = running.size;
    expect(after).toBeLessThan(0.9 * before);
    expect(await most(1000)).toBeGreaterThan(after + 50);
    expect(started.length).toBeLessThan(5000);
  });

  test('silent requests take no place from others', async () => {
    const { frontier, started, running } = controlled({ concurrency: 200, perHost: 1 });
    for (let id = 0; id < 500; id += 1) frontier.add(job(id, `h${id}`));
    expect(started.length).toBe(64);
    await vi.advanceTimersByTimeAsync(1000);
    expect(started.length).toBe(128);
    await vi.advanceTimersByTimeAsync(3000);
    expect(running.size).toBe(200);
  });

  test('asks a fast host that has just answered again while its connection is open', async () => {
    const { frontier, started, end } = controlled({ concurrency: 1, perHost: 1 });
    for (let id = 0; id < 2 * MANY; id += 1) frontier.add(job(id, id % 2 === 0 ? 'a' : 'b'));
    const ofB = Array.from({ length: MANY }, (_, index) => 2 * index + 1);
    for (const id of [0, ...ofB]) await end(id);
    expect(started.map((each) => each.id)).toEqual([0, ...ofB, 2]);
  });

  test('asks a small host for all its rows once it has answered, before hosts that have not', async () => {
    const { frontier, started, running, end } = controlled({ concurrency: 1, perHost: 1 });
    for (const [id, name] of ['a', 'b', 'c', 'a', 'b', 'a'].entries()) frontier.add(job(id, name));
    while (running.size > 0) for (const id of [...running.keys()]) await end(id);
    expect(started.map((each) => each.id)).toEqual([0, 3, 5, 1, 4, 2]);
  });

  test('does not ask a host out of turn that took long to answer', async () => {
    const { frontier, started, running, end } = controlled({ concurrency: 1, perHost: 1 });
    for (const [id, name] of ['a', 'b', 'c', 'a'].entries()) frontier.add(job(id, name));
    await vi.advanceTimersByTimeAsync(1500);
    while (running.size > 0) for (const id of [...running.keys()]) await end(id);
    expect(started.map((each) => each.id)).toEqual([0, 1, 2, 3]);
  });

  test('does not let a recent host jump far ahead of older rows, so that shards end during the run', async () => {
    const { frontier, started, end } = controlled({ concurrency: 2, perHost: 1 });
    for (const [id, name] of ['b', 'a', 'b', 'a'].entries()) frontier.add(job(id, name));
    await end(0);
    await end(1);
    frontier.setPressure(true);
    for (let id = 0; id < MANY; id += 1) frontier.add(job(9_000 + id, 'a'));
    for (let id = 0; id < MANY; id += 1) frontier.add(job(4 + id, 'b'));
    await end(2);
    await end(3);
    frontier.setPressure(false);
    expect(started.slice(4).map((each) => each.id)).toEqual([4, 9_000]);
  });

  test('forgets a recent host when its connection is no longer likely to be open', async () => {
    const { frontier, started, end } = controlled({ concurrency: 2, perHost: 1 });
    for (const [id, name] of ['b', 'a', 'b', 'a', 'b', 'a'].entries()) frontier.add(job(id, name));
    await end(1);
    await end(3);
    expect(started.map((each) => each.id)).toEqual([0, 1, 3, 5]);
    frontier.setPressure(true);
    await end(0);
    frontier.add(job(6, 'a'));
    await end(5);
    await vi.advanceTimersByTimeAsync(2_900);
    frontier.setPressure(false);
    expect(started.slice(4).map((each) => each.id)).toEqual([6, 2]);
  });

  test('asks a limited host as soon as it may be asked, before any other', async () => {
    const { frontier, started, end } = controlled({ concurrency: 1, perHost: 2 });
    // Its second row is listed as unknown before the host is known to be limited.
    for (const id of [0, 5, 6]) frontier.add(job(id, 'a'));
    for (const id of [1, 2, 3]) frontier.add(job(id, `b${id}`));
    await end(0, { kind: 'refused', status: 429, retryAfterMs: 1000 });
    expect(started.at(-1)?.id).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    await end(1);
    expect(started.at(-1)?.id).toBe(5);
    await end(5);
    expect(started.at(-1)?.id).toBe(2);
  });

  test('a row that comes back goes before younger ones', async () => {
    const { frontier, started, end } = controlled({ concurrency: 1, perHost: 1 });
    for (const id of [1, 2, 3]) frontier.add(job(id, 'a'));
    frontier.add(job(4, 'a', 0));
    await end(1);
    expect(started.map((each) => each.id)).toEqual([1, 4]);
  });

  test('a row that comes back goes before younger ones of other hosts, whatever else waits for its host', async () => {
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

  test('a parked row waits for its moment and takes no place', async () => {
    const { frontier, started } = controlled({ concurrency: 4, perHost: 4 });
    frontier.park(job(1, 'a'), steadyNow() + 1000);
    frontier.park(job(2, 'a'), steadyNow() + 500);
    expect(frontier.delayed).toBe(2);
    await vi.advanceTimersByTimeAsync(499);
    expect(started).toEqual([]);
    await vi.advanceTimersByTimeAsync(501);
    expect(started.map((job) => job.id)).toEqual([2, 1]);
  });

  test('a host that asked for a pause starts nothing, its rows count as delayed, and other hosts go on', async () => {
    const { frontier, started, end } = controlled({ concurrency: 4, perHost: 4 });
    frontier.add(job(1, 'a'));
    await end(1, { kind: 'refused', status: 503, retryAfterMs: 1000 });
    frontier.add(job(2, 'a'));
    frontier.add(job(3, 'b'));
    expect(started.map((job) => job.id)).toEqual([1, 3]);
    expect(frontier).toMatchObject({ waiting: 0, delayed: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(started.map((job) => job.id)).toEqual([1, 3, 2]);
    expect(frontier).toMatchObject({ waiting: 0, delayed: 0 });
  });

  test('ends the rows of a host that turns out to be dead, and those that come later', async () => {
    const { frontier, started, refused, end } = controlled({ concurrency: 16, perHost: 16 });
    for (let id = 0; id < 100; id += 1) frontier.add(job(id, 'a'));
    for (let id = 0; id < 3; id += 1) await end(id, { kind: 'unreached', code: 'connect_refused' });
    expect(started.length).toBe(3);
    expect(refused.length).toBe(97);
    frontier.add(job(100, 'a'));
    expect(refused.at(-1)?.id).toBe(100);
    expect(frontier).toMatchObject({ waiting: 0, delayed: 0, active: 0 });
  });

  test.each([
    ['--per-host-rate', { perHostRate: 4 }, 250],
    ['--rate', { rate: 4 }, 250],
    // Before the first body has arrived, a body is assumed to have 64 KiB.
    ['--bandwidth', { bandwidth: 256 * 1024 }, 250],
  ])('%s spaces requests', async (_option, limit, spacingMs) => {
    const { frontier, startedAt, end } = controlled({ concurrency: 16, perHost: 16, ...limit });
    for (let id = 0; id < 20; id += 1) frontier.add(job(id, 'a'));
    for (let step = 0; step < 40; step += 1) {
      await vi.advanceTimersByTimeAsync(125);
      for (let id = 0; id < 20; id += 1) await end(id);
    }
    expect(startedAt.length).toBe(20);
    // The first may be early by the slack that makes up for late timers.
    const gaps = startedAt.slice(2).map((at, position) => at - (startedAt[position + 1] ?? 0));
    for (const gap of gaps) expect(Math.abs(gap - spacingMs)).toBeLessThanOrEqual(1);
  });

  test('starts nothing under pressure or when stopped', async () => {
    const { frontier, started } = controlled({ concurrency: 4, perHost: 4 });
    frontier.setPressure(true);
    frontier.add(job(1, 'a'));
    expect(started).toEqual([]);
    frontier.setPressure(false);
    expect(started.length).toBe(1);
    frontier.stop();
    frontier.add(job(2, 'b'));
    frontier.park(job(3, 'c'), steadyNow() + 10);
    await vi.advanceTimersByTimeAsync(1000);
    expect(started.length).toBe(1);
  });
});
