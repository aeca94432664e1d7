import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HostKey } from '../../../src/core/samples.ts';
import { Host } from '../../../src/fetch/hosts/host.ts';
import { HostBook } from '../../../src/fetch/hosts/host-book.ts';
import type { HostRecord } from '../../../src/fetch/hosts/host-record.ts';
import type { HostSignal } from '../../../src/fetch/hosts/host-signal.ts';
import { Frontier } from '../../../src/fetch/schedule/frontier.ts';
import type { QueuedRow } from '../../../src/fetch/schedule/host-queue.ts';
import { RunLimits } from '../../../src/fetch/schedule/run-limits.ts';
import { steadyNow } from '../../../src/util/clock.ts';

const HOST = 'a.example' as HostKey;

interface Server {
  /** Time that an answer takes. */
  readonly latencyMs: number;
  /** What a request gets that arrives now, with so many under way, itself included. */
  readonly answer: (now: number, active: number) => HostSignal;
}

/** Lets a simulated host be asked for so many rows; simulated hours take milliseconds. */
async function crawl(rows: number, server: Server, { minutes = 120, earlier = [] as HostRecord[] } = {}) {
  const book = new HostBook({ perHost: 16, intervalMs: 0 }, earlier);
  const seen = { requests: 0, refused: 0, peak: 0, done: 0, ended: [] as string[], arrivals: [] as number[] };
  let active = 0;
  const frontier: Frontier<QueuedRow> = new Frontier<QueuedRow>({
    concurrency: 256,
    book,
    limits: new RunLimits({ rate: null, bandwidth: null }),
    run: async (task, host, visit) => {
      seen.requests += 1;
      active += 1;
      seen.peak = Math.max(seen.peak, active);
      seen.arrivals.push(visit.startedAt);
      const signal = server.answer(visit.startedAt, active);
      await new Promise((resolve) => setTimeout(resolve, server.latencyMs));
      active -= 1;
      host.learn(visit, `http://${HOST}/${task.order}`, signal, steadyNow());
      if (signal.kind === 'refused') {
        seen.refused += 1;
        frontier.add(task);
      } else if (signal.kind === 'answered') seen.done += 1;
    },
    refuse: (_task, { code }) => seen.ended.push(code),
  });
  for (let order = 0; order < rows; order += 1) frontier.add({ host: HOST, order });
  const until = steadyNow() + minutes * 60_000;
  while (steadyNow() < until && seen.done + seen.ended.length < rows && vi.getTimerCount() > 0) {
    await vi.advanceTimersToNextTimerAsync();
  }
  return { ...seen, book };
}

/** Answers 429 beyond so many connections and so many requests in any second, counting only those it serves. */
function limited(connections: number, perSecond: number, retryAfterMs: number | null): Server['answer'] {
  let recent: number[] = [];
  return (now, active) => {
    recent = recent.filter((at) => at > now - 1000);
    if (active > connections || recent.length >= perSecond) {
      return { kind: 'refused', status: 429, retryAfterMs };
    }
    recent.push(now);
    return { kind: 'answered' };
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a host of 4 connections and 5 requests a second', () => {
  test.each([
    [5, 1000],
    [180, 1000],
    [180, null],
    [1500, 1000],
  ])(
    'serves every row and refuses fewer than 2 in 100 (answers take %i ms, Retry-After %s)',
    async (latencyMs, retryAfterMs) => {
      const seen = await crawl(1000, { latencyMs, answer: limited(4, 5, retryAfterMs) });
      expect(seen.done).toBe(1000);
      expect(seen.refused / seen.requests).toBeLessThan(0.02);
      // It is not left unused either.
      const minutes = ((seen.arrivals.at(-1) ?? 0) - (seen.arrivals[0] ?? 0)) / 60_000;
      const ideal = 1000 / Math.min(5, 4 / (latencyMs / 1000)) / 60;
      expect(minutes / ideal).toBeLessThan(2);
    },
  );

  test('starts at the rate that an earlier run learnt', async () => {
    const answer = limited(4, 5, 1000);
    const first = await crawl(300, { latencyMs: 180, answer });
    const earlier = first.book.records(steadyNow());
    const second = await crawl(100, { latencyMs: 180, answer }, { earlier });
    expect(second.refused).toBeLessThanOrEqual(1);
  });
});

test('a host that serves 100 requests a minute seldom has to refuse one', async () => {
  let served: number[] = [];
  const answer = (now: number): HostSignal => {
    served = served.filter((at) => at > now - 60_000);
    if (served.length >= 100) return { kind: 'refused', status: 429, retryAfterMs: null };
    served.push(now);
    return { kind: 'answered' };
  };
  const seen = await crawl(1000, { latencyMs: 100, answer });
  expect(seen.done).toBe(1000);
  expect(seen.refused / seen.requests).toBeLessThan(0.03);
});

test('a host with few rows that refuses one at random does not get a low rate limit', () => {
  const host = new Host(HOST, { perHost: 16, intervalMs: 0 });
  for (let minute = 0; minute < 30; minute += 1) {
    const visit = host.begin(minute * 60_000);
    const signal: HostSignal =
      minute === 29 ? { kind: 'refused', status: 429, retryAfterMs: null } : { kind: 'answered' };
    host.learn(visit, `http://${HOST}/${minute}`, signal, minute * 60_000 + 100);
    host.leave();
  }
  expect(host.record(0).intervalMs).toBeGreaterThan(0);
  expect(host.record(0).intervalMs).toBeLessThan(3000);
});

describe('a healthy host', () => {
  test('gets two connections at first, and more as it answers well', async () => {
    const seen = await crawl(500, { latencyMs: 200, answer: () => ({ kind: 'answered' }) });
    const at = (ms: number) => seen.arrivals.filter((each) => each < (seen.arrivals[0] ?? 0) + ms).length;
    expect(at(200)).toBe(2);
    expect(seen.peak).toBe(16);
    expect(seen.done).toBe(500);
  });
});

describe('a dead host', () => {
  test.each([
    ['that refuses connections', 'connect_refused', 3],
    ['that has no name', 'dns_not_found', 3],
  ] as const)('%s costs 3 attempts for 1,000 rows, and the next run none', async (_what, code, attempts) => {
    const server: Server = { latencyMs: 50, answer: () => ({ kind: 'unreached', code }) };
    const seen = await crawl(1000, server);
    expect(seen.requests).toBe(attempts);
    expect(seen.ended).toEqual(Array.from({ length: 1000 - attempts }, () => 'host_dead'));
    const again = await crawl(1000, server, { earlier: seen.book.records(steadyNow()) });
    expect(again.requests).toBe(0);
  });

  test('is asked again after half an hour', async () => {
    const server: Server = { latencyMs: 50, answer: () => ({ kind: 'unreached', code: 'connect_refused' }) };
    const { book } = await crawl(10, server);
    const earlier = book.records(steadyNow());
    await vi.advanceTimersByTimeAsync(30 * 60_000);
    const again = await crawl(10, { latencyMs: 50, answer: () => ({ kind: 'answered' }) }, { earlier });
    expect(again.done).toBe(10);
  });

  test('with two URLs is given up after four attempts that did not reach it, unless it has answered before', () => {
    const attempts = (host: Host): number => {
      let made = 0;
      for (; made < 9 && host.closure(made * 1000) === null; made += 1) {
        const signal: HostSignal = { kind: 'unreached', code: 'connect_timeout' };
        host.learn(host.begin(made * 1000), `/${made % 2}`, signal, made * 1000 + 500);
        host.leave();
      }
      return made;
    };
    expect(attempts(new Host(HOST, { perHost: 16, intervalMs: 0 }))).toBe(4);
    const known = new Host(HOST, { perHost: 16, intervalMs: 0 });
    known.learn(known.begin(0), '/good', { kind: 'answered' }, 100);
    known.leave();
    expect(attempts(known)).toBe(9);
  });

  test('that never answers is given up after three silences; requests under way together count as one', async () => {
    const server: Server = { latencyMs: 10_000, answer: () => ({ kind: 'silent', code: 'timeout' }) };
    const seen = await crawl(100, server);
    expect(seen.requests).toBe(4);
    expect(seen.ended.length).toBe(100 - seen.requests);
  });

  test('a pause of a busy host does not make it dead', async () => {
    const startedAt = steadyNow();
    const seen = await crawl(2000, {
      latencyMs: 100,
      answer: (now) => {
        const pauses = now > startedAt + 3_000 && now < startedAt + 3_400;
        return pauses ? { kind: 'silent', code: 'connection_reset' } : { kind: 'answered' };
      },
    });
    expect(seen.ended).toEqual([]);
  });

  /** Whether a host is closed after it was asked for one page a second. Pages whose names start with `/hangs` hang. */
  function isClosedAfter(pages: readonly string[]): boolean {
    const host = new Host(HOST, { perHost: 16, intervalMs: 0 });
    for (const [second, page] of pages.entries()) {
      const signal: HostSignal = page.startsWith('/hangs')
        ? { kind: 'silent', code: 'connection_reset' }
        : { kind: 'answered' };
      host.learn(host.begin(second * 1000), page, signal, second * 1000 + 500);
      host.leave();
    }
    return host.closure(pages.length * 1000) !== null;
  }

  test('a single page that hangs does not make its host dead', () => {
    expect(isClosedAfter(['/good', ...Array.from({ length: 6 }, () => '/hangs')])).toBe(false);
  });

  // Later attempts come first, and so together: two hosts with 100,000 rows used to lose 1,922 of them that way.
  test('later attempts of pages that hang, one after the other, do not make their host dead', () => {
    const first = ['/hangs/1', '/good', '/hangs/2', '/good', '/hangs/3', '/good'];
    expect(isClosedAfter([...first, '/hangs/1', '/hangs/2', '/hangs/3'])).toBe(false);
    expect(isClosedAfter([...first, '/hangs/4', '/hangs/5', '/hangs/6'])).toBe(true);
  });

  // Of a host with nothing but later attempts to come, only the mean time is remembered.
  test('two pages that hang do not make a host dead that answered before it was forgotten', () => {
    const known = { host: HOST, closed: null, intervalMs: 0, meanMs: 100 };
    const host = new Host(HOST, { perHost: 16, intervalMs: 0 }, known);
    for (const [second, page] of ['/1', '/2', '/1', '/2'].entries()) {
      const signal: HostSignal = { kind: 'silent', code: 'connection_reset' };
      host.learn(host.begin(second * 1000), page, signal, second * 1000 + 500);
      host.leave();
    }
    expect(host.closure(5_000)).toBeNull();
  });

  test('one failed look-up that many rows share does not make their host dead', () => {
    const host = new Host(HOST, { perHost: 16, intervalMs: 0 });
    const failedLookup: HostSignal = { kind: 'unreached', code: 'dns_timeout' };
    const lookUp = (urls: readonly string[], startedAt: number): void => {
      const visits = urls.map((url) => [url, host.begin(startedAt)] as const);
      for (const [url, visit] of visits) {
        host.learn(visit, url, failedLookup, startedAt + 1000);
        host.leave();
      }
    };
    lookUp(['/1', '/2', '/3', '/4'], 0);
    lookUp(['/5', '/6', '/7', '/8'], 1000);
    expect(host.closure(2000)).toBeNull();
    lookUp(['/9'], 2000);
    expect(host.closure(3000)).toMatchObject({ code: 'host_dead', cause: 'dns_timeout' });
  });
});

describe('a host that answers 429 to everything', () => {
  test('is closed after 15 minutes', async () => {
    const server: Server = {
      latencyMs: 100,
      answer: () => ({ kind: 'refused', status: 429, retryAfterMs: null }),
    };
    const seen = await crawl(50, server);
    expect(seen.ended).toEqual(Array.from({ length: 50 }, () => 'host_throttled'));
    const minutes = ((seen.arrivals.at(-1) ?? 0) - (seen.arrivals[0] ?? 0)) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(15);
    expect(minutes).toBeLessThan(17);
    expect(seen.requests).toBeLessThan(25);
  });

  test('is closed at once when it asks for a longer pause than that', async () => {
    const server: Server = {
      latencyMs: 100,
      answer: () => ({ kind: 'refused', status: 429, retryAfterMs: 3_600_000 }),
    };
    const seen = await crawl(50, server);
    expect(seen.requests).toBeLessThanOrEqual(2);
    expect(seen.ended.length).toBe(50);
  });

  test('answers to requests that were under way do not count as further refusals', async () => {
    let served = 0;
    const answer = (now: number): HostSignal => {
      served += 1;
      // 200 good answers bring 16 connections; then all that are under way are refused together.
      return served <= 200 || now > pausedUntil
        ? { kind: 'answered' }
        : { kind: 'refused', status: 429, retryAfterMs: null };
    };
    const pausedUntil = steadyNow() + 60_000;
    const seen = await crawl(400, { latencyMs: 1000, answer });
    const gaps = seen.arrivals.slice(1).map((at, position) => at - (seen.arrivals[position] ?? 0));
    // One step an event, however many answers brought it; the answer itself takes another second.
    const seconds = gaps.map((gap) => Math.round(gap / 1000));
    expect(seconds.filter((each) => each > 5)).toEqual([9, 17, 33]);
    expect(seen.done).toBe(400);
  });
});
