import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { HostBook } from '../../../src/fetch/hosts/host-book.ts';
import { Frontier } from '../../../src/fetch/schedule/frontier.ts';
import type { QueuedRow } from '../../../src/fetch/schedule/host-queue.ts';
import { RunLimits } from '../../../src/fetch/schedule/run-limits.ts';
import { steadyNow } from '../../../src/util/clock.ts';

const PER_HOST = 4;
const ANSWER_MS = 200;
const HANG_MS = 10_000;

type Row = QueuedRow & { readonly hangs?: true };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A frontier of hosts that answer after `ANSWER_MS`; rows that hang fail after `HANG_MS`. */
function answering(concurrency: number) {
  const started: Row[] = [];
  const running = new Set<Row>();
  const frontier = new Frontier<Row>({
    concurrency,
    book: new HostBook({ perHost: PER_HOST, intervalMs: 0 }),
    limits: new RunLimits({ rate: null, bandwidth: null }),
    run: async (row, host, visit) => {
      started.push(row);
      running.add(row);
      await new Promise((resolve) => setTimeout(resolve, row.hangs ? HANG_MS : ANSWER_MS));
      running.delete(row);
      const url = `http://${row.host}/${row.order}`;
      host.learn(
        visit,
        url,
        row.hangs ? { kind: 'silent', code: 'timeout' } : { kind: 'answered' },
        steadyNow(),
      );
    },
    refuse: () => {
      throw new Error('no host is closed here');
    },
  });
  return { frontier, started, running };
}

test('a host with so many rows that it may end last keeps its connections busy from the start', async () => {
  const { frontier, started } = answering(8);
  const large = 'large.example' as HostKey;
  const read = (from: number, to: number): void => {
    for (let order = from; order < to; order += 1) {
      const others = `h${order % 5 < 2 ? order % 100 : order}.example` as HostKey;
      frontier.add({ order, host: order % 5 === 4 ? large : others });
    }
  };
  frontier.pause(true);
  read(0, 3_000);
  frontier.pause(false);
  await vi.advanceTimersByTimeAsync(3_000);
  read(3_000, 4_000);
  await vi.advanceTimersByTimeAsync(3_000);
  const before = started.filter(({ host }) => host === large).length;
  await vi.advanceTimersByTimeAsync(10_000);
  const inTenSeconds = started.filter(({ host }) => host === large).length - before;
  expect(inTenSeconds).toBeGreaterThan(0.95 * ((10_000 / ANSWER_MS) * PER_HOST));
});

test('rows that have failed before take at most half of the places of a host while others wait', async () => {
  const { frontier, started, running } = answering(64);
  const host = 'h.example' as HostKey;
  for (let order = 100; order < 200; order += 1) frontier.add({ order, host });
  await vi.advanceTimersByTimeAsync(3_000);
  const failed = () => [...running].filter(({ attempts }) => attempts === 1).length;
  for (let order = 0; order < 8; order += 1) frontier.add({ order, host, attempts: 1, hangs: true });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(failed()).toBe(PER_HOST / 2);
  expect(started.some(({ order, attempts = 0 }) => order > 150 && attempts === 0)).toBe(true);
  // When no other row waits, they may have all places.
  await vi.advanceTimersByTimeAsync(HANG_MS);
  expect(failed()).toBeGreaterThan(PER_HOST / 2);
});
