import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { HostBook } from '../../../src/fetch/hosts/host-book.ts';
import type { HostRecord } from '../../../src/fetch/hosts/host-record.ts';
import type { HostSignal } from '../../../src/fetch/hosts/host-signal.ts';
import { Frontier } from '../../../src/fetch/schedule/frontier.ts';
import type { QueuedRow } from '../../../src/fetch/schedule/host-queue.ts';
import { RunLimits } from '../../../src/fetch/schedule/run-limits.ts';
import { steadyNow } from '../../../src/util/clock.ts';

const GOOD: HostSignal = { kind: 'answered' };
const refusal = (retryAfterMs: number | null): HostSignal => ({ kind: 'refused', status: 503, retryAfterMs });
const LIMITS = { retries: 2, timeoutMs: 10_000, deadlineMs: 30_000 };

/** A frontier whose hosts answer as `answer` says, within 100 ms. Refused rows return to their queues. */
function start(answer: (host: HostKey) => HostSignal, earlier: readonly HostRecord[] = []) {
  const seen = { asked: [] as string[], done: 0, ended: [] as string[] };
  const book = new HostBook({ perHost: 16, intervalMs: 0 }, earlier);
  const frontier: Frontier<QueuedRow> = new Frontier<QueuedRow>({
    concurrency: 256,
    book,
    limits: new RunLimits({ rate: null, bandwidth: null }),
    run: async (row, host, visit) => {
      seen.asked.push(row.host);
      const signal = answer(row.host);
      await new Promise((resolve) => setTimeout(resolve, 100));
      host.learn(visit, `http://${row.host}/${row.order}`, signal, steadyNow());
      if (signal.kind === 'refused') frontier.add(row);
      else seen.done += 1;
    },
    refuse: (_row, { code }) => seen.ended.push(code),
  });
  const add = (host: string, order: number, shard: number): void =>
    frontier.add({ host: host as HostKey, order, shard });
  return { frontier, book, seen, add };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('rows of a host that refuses everything', () => {
  test('are counted by shard, those of a host that has answered are not', async () => {
    let asked = 0;
    const { frontier, add } = start((host) => {
      if (host === 'full.example') return refusal(60_000);
      asked += 1;
      return asked === 1 ? GOOD : refusal(60_000);
    });
    for (let order = 0; order < 5; order += 1) add('full.example', order, order < 2 ? 7 : 8);
    for (let order = 0; order < 5; order += 1) add('limited.example', order, 7);
    await pass(10_000);
    const { refused, slow, slowMs } = frontier.outlook(LIMITS);
    expect(new Map(refused)).toEqual(
      new Map([
        [7, 2],
        [8, 3],
      ]),
    );
    expect(slow).toBe(4);
    expect(slowMs).toBeGreaterThan(45_000);
  });

  test('end when the host is given up, and later ones end after one refusal each time', async () => {
    const { frontier, seen, add } = start(() => refusal(120_000));
    for (let order = 0; order < 50; order += 1) add('full.example', order, order % 2);
    await pass(5_000);
    const asked = seen.asked.length;
    frontier.giveUp(1, steadyNow() + 30_000);
    expect(seen.ended).toEqual(Array.from({ length: 50 }, () => 'host_throttled'));
    for (let order = 50; order < 100; order += 1) add('full.example', order, 2);
    expect(seen.ended.length).toBe(100);
    await pass(120_000);
    for (let order = 100; order < 150; order += 1) add('full.example', order, 3);
    await pass(5_000);
    expect(seen.ended.length).toBe(150);
    expect(seen.asked.length).toBeLessThanOrEqual(asked + 2);
  });

  test('succeed when the host answers after it was given up', async () => {
    let isFull = true;
    const { frontier, seen, add } = start(() => (isFull ? refusal(90_000) : GOOD));
    add('full.example', 0, 0);
    await pass(1_000);
    frontier.giveUp(0, steadyNow());
    isFull = false;
    await pass(90_000);
    for (let order = 1; order < 100; order += 1) add('full.example', order, 1);
    await pass(60_000);
    expect(seen).toMatchObject({ done: 99, ended: ['host_throttled'] });
  });

  test('wait for a pause that is over in time, and not for another', async () => {
    const { frontier, seen, add } = start((host) => refusal(host === 'soon.example' ? 20_000 : 40_000));
    add('soon.example', 0, 0);
    add('late.example', 1, 0);
    await pass(1_000);
    const until = steadyNow() + 30_000;
    frontier.giveUp(0, until);
    expect(seen.ended.length).toBe(1);
    await pass(31_000);
    frontier.giveUp(0, until);
    expect(seen.ended.length).toBe(2);
  });
});

test('a host that has refused for as long as the patience is not waited for, whatever the pause', async () => {
  const { frontier, seen, add } = start(() => refusal(10_000));
  add('full.example', 0, 0);
  await pass(25_000);
  const soon = steadyNow() + 30_000;
  frontier.giveUp(0, soon, 30_000);
  expect(seen.ended).toEqual([]);
  frontier.giveUp(0, soon, 20_000);
  expect(seen.ended).toEqual(['host_throttled']);
});

test('a host that has answered is given up after it has refused three times in a row', async () => {
  let asked = 0;
  const { frontier, seen, add } = start(() => {
    asked += 1;
    return asked === 1 ? GOOD : refusal(20_000);
  });
  for (let order = 0; order < 5; order += 1) add('full.example', order, 0);
  await pass(30_000);
  frontier.giveUp(0, steadyNow());
  expect(seen).toMatchObject({ done: 1, ended: [] });
  await pass(15_000);
  frontier.giveUp(0, steadyNow());
  expect(seen).toMatchObject({ done: 1, ended: Array.from({ length: 4 }, () => 'host_throttled') });
});

test('a host that answers now and then is never given up', async () => {
  let asked = 0;
  const { frontier, seen, add } = start(() => {
    asked += 1;
    return asked % 2 === 1 ? GOOD : refusal(60_000);
  });
  for (let order = 0; order < 20; order += 1) add('limited.example', order, 0);
  for (let second = 0; second < 3_000 && seen.done < 20; second += 1) {
    await pass(1_000);
    frontier.giveUp(0, 0);
  }
  expect(seen).toMatchObject({ done: 20, ended: [] });
});

test('the next run knows the moment that the host named, and a retry waits for it', async () => {
  const first = start(() => refusal(120_000));
  first.add('full.example', 0, 0);
  await pass(1_000);
  first.frontier.giveUp(0, steadyNow());
  const [record] = first.book.records(steadyNow());
  expect(record).toMatchObject({ closed: { code: 'host_throttled' }, paused: { status: 503 } });
  const until = record?.paused?.until ?? 0;
  expect(until).toBe(record?.closed?.until);
  if (record === undefined) return;

  const retry = start(() => GOOD, [{ ...record, closed: null }]);
  retry.add('full.example', 0, 0);
  await pass(60_000);
  expect(retry.seen.asked).toEqual([]);
  expect(retry.frontier.outlook(LIMITS).refused).toEqual([[0, 1]]);
  await pass(60_000);
  expect(retry.seen.done).toBe(1);
});
