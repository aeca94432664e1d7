import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NewsItem, ReadNewsItem } from '../../../src/broker/interface/broker.ts';
import type { HostKey } from '../../../src/core/samples.ts';
import { ConnectionShares } from '../../../src/fetch/hosts/connections/connection-shares.ts';
import { Host } from '../../../src/fetch/hosts/host.ts';
import type { HostBook } from '../../../src/fetch/hosts/host-book.ts';
import { createHostBook } from '../../../src/fetch/hosts/host-book.ts';
import type { HostEvent } from '../../../src/fetch/hosts/host-event.ts';
import { type HostNews, NO_PACE } from '../../../src/fetch/hosts/host-news.ts';
import type { HostSignal } from '../../../src/fetch/hosts/host-signal.ts';
import { Frontier } from '../../../src/fetch/schedule/frontier.ts';
import type { QueuedRow } from '../../../src/fetch/schedule/host-queue.ts';
import { RunLimits } from '../../../src/fetch/schedule/run-limits.ts';
import { SharedHosts } from '../../../src/fetch/schedule/shared-hosts.ts';
import { HeardNews } from '../../../src/run/queue/news/heard-news.ts';
import { ToldNews } from '../../../src/run/queue/news/told-news.ts';
import { steadyNow } from '../../../src/util/clock.ts';

const HOST = 'a.example' as HostKey;
const OTHER = 'b.example' as HostKey;

const paused = (host: HostKey, pauseMs: number): HostEvent => ({
  host,
  kind: 'paused',
  status: 429,
  pauseMs,
});
const dead = (host: HostKey): HostEvent => ({
  host,
  kind: 'closed',
  code: 'host_dead',
  cause: 'timeout',
  forMs: 1_800_000,
});
const textsOf = (items: readonly NewsItem[]) =>
  items.map(({ host, text }) => ({ host, ...JSON.parse(text) }));
const read = (machine: string, host: HostKey, said: object, ageMs = 0): ReadNewsItem => ({
  machine,
  host,
  text: JSON.stringify(said),
  ageMs,
});

describe('what a machine tells', () => {
  test('is what its hosts have said, once, with what is left of it', () => {
    const told = new ToldNews();
    told.take(paused(HOST, 5_000), 0, 1_000);
    told.take({ ...paused(OTHER, 5_000), learntFrom: 'machines' } as HostEvent, 0, 1_000);
    told.take({ host: OTHER, kind: 'connection-limit-lowered', connections: 1 }, 0, 1_000);
    expect(textsOf(told.items([], 0, 2_000))).toEqual([
      { host: HOST, paused: { status: 429, forMs: 4_000 } },
    ]);
    // The call was lost.
    expect(textsOf(told.items([], 0, 3_000))).toEqual([
      { host: HOST, paused: { status: 429, forMs: 3_000 } },
    ]);
    told.take(paused(HOST, 9_000), 0, 3_000);
    told.told();
    // What has come up during the call is told with the next.
    expect(textsOf(told.items([], 0, 4_000))).toEqual([
      { host: HOST, paused: { status: 429, forMs: 8_000 } },
    ]);
    told.told();
    expect(told.items([], 0, 5_000)).toEqual([]);
    expect(told.items([], 0, 500_000)).toEqual([]);
  });

  test('is a pause where only this machine waits no longer for a host that refuses', () => {
    const told = new ToldNews();
    const closed = { kind: 'closed', code: 'host_throttled', cause: 'http_503' } as const;
    told.take({ host: HOST, ...closed, forMs: 60_000, learntFrom: 'patience' }, 0, 0);
    expect(told.items([], 0, 0)).toEqual([]);
    told.take({ host: HOST, ...closed, forMs: 60_000 }, 0, 0);
    told.take({ host: OTHER, ...closed, forMs: 3_600_000 }, 0, 0);
    expect(textsOf(told.items([], 0, 0))).toMatchObject([
      { host: HOST, paused: { status: 503, forMs: 60_000 } },
      { host: OTHER, closed: { code: 'host_throttled', cause: 'http_503' } },
    ]);
  });

  test('is no death while nothing else succeeds, for its own network may be down', () => {
    const told = new ToldNews();
    told.take(dead(HOST), 7, 0);
    expect(told.items([], 7, 1_000)).toEqual([]);
    expect(textsOf(told.items([], 8, 2_000))).toMatchObject([
      { host: HOST, closed: { code: 'host_dead', forMs: 1_798_000 } },
    ]);
    told.told();
    expect(told.items([], 9, 3_000)).toEqual([]);
  });

  test('is a pace that falls, and which hosts it asks at one, renewed and taken back', () => {
    const told = new ToldNews();
    const tell = (intervalMs: number | null, now: number) => {
      const items = told.items(
        intervalMs === null ? [] : [{ host: HOST, intervalMs, isAlone: false }],
        0,
        now,
      );
      told.told();
      return textsOf(items);
    };
    const used = { host: HOST, isUsed: true };
    expect(tell(0, 0)).toEqual([used]);
    expect(tell(0, 1_000)).toEqual([]);
    expect(tell(500, 2_000)).toEqual([{ ...used, intervalMs: 500 }]);
    expect(tell(520, 3_000)).toEqual([]);
    expect(tell(300, 4_000)).toEqual([]);
    expect(tell(300, 32_000)).toEqual([{ ...used, intervalMs: 300 }]);
    expect(tell(null, 33_000)).toEqual([{ host: HOST, intervalMs: 300 }]);
    expect(tell(null, 90_000)).toEqual([]);
  });

  test('is at most 256 hosts a call, those that are left alone first', () => {
    const told = new ToldNews();
    const paced = Array.from({ length: 300 }, (_, at) => ({
      host: `h${at}.example` as HostKey,
      intervalMs: 100,
      isAlone: false,
    }));
    told.items(paced, 0, 0);
    told.take(paused(OTHER, 60_000), 0, 0);
    const first = told.items(paced, 0, 1_000);
    expect(first).toHaveLength(256);
    expect(first[0]?.host).toBe(OTHER);
    told.told();
    expect(told.items(paced, 0, 2_000)).toHaveLength(45);
  });
});

describe('what a machine hears', () => {
  test('counts machines that find a host dead or ask it, and ends what is over', () => {
    const heard = new HeardNews('own');
    const closed = { code: 'host_dead', cause: 'timeout', forMs: 100_000 };
    expect(heard.take([read('own', HOST, { closed })], 0)).toEqual([]);
    const one = heard.take([read('one', HOST, { closed }, 10_000)], 50_000);
    expect(one).toMatchObject([{ deaths: 1, users: 0, closed: { code: 'host_dead', until: 140_000 } }]);
    const two = heard.take(
      [read('two', HOST, { closed, isUsed: true }), read('one', OTHER, { isUsed: true })],
      60_000,
    );
    expect(two).toMatchObject([
      { host: HOST, deaths: 2, users: 1, closed: { until: 160_000 } },
      { host: OTHER, users: 1, closed: null },
    ]);
    expect(heard.take([], 140_000)).toEqual([]);
    // A machine that says nothing more asks the host no longer.
    expect(heard.take([], 150_001)).toMatchObject([
      { host: HOST, deaths: 1, users: 0 },
      { host: OTHER, users: 0 },
    ]);
    expect(heard.take([read('two', HOST, {})], 151_000)).toMatchObject([{ deaths: 0, closed: null }]);
  });

  test('is a pace when a machine first has one, and by how much it falls; that it rises, each machine learns by itself', () => {
    const heard = new HeardNews('own');
    const hear = (machine: string, intervalMs: number, more = {}) =>
      heard.take([read(machine, HOST, { isUsed: true, intervalMs, ...more })], 0)[0]?.pace;
    expect(hear('one', 500)).toEqual({ ...NO_PACE, intervalMs: 500 });
    expect(hear('one', 500)).toEqual(NO_PACE);
    expect(hear('one', 400)).toEqual(NO_PACE);
    expect(hear('one', 600)).toEqual({ ...NO_PACE, slowing: 1.5 });
    expect(hear('two', 200, { isAlone: true })).toEqual({ ...NO_PACE, besideRate: 5 });
    expect(hear('two', 200, { isAlone: true })).toEqual(NO_PACE);
  });

  test.each([
    '',
    'null',
    '{"paused":{"status":200,"forMs":1}}',
    '{"closed":{"code":"x","cause":"timeout","forMs":1}}',
    '{"intervalMs":"1"}',
  ])('is not %s', (text) => {
    expect(new HeardNews('own').take([{ machine: 'one', host: HOST, text, ageMs: 0 }], 0)).toEqual([]);
  });
});

const NEWS: HostNews = { host: HOST, paused: null, closed: null, deaths: 0, pace: NO_PACE, users: 0 };
const closedUntil = (until: number, deaths: number): HostNews => ({
  ...NEWS,
  deaths,
  closed: { code: 'host_dead', cause: 'timeout', until },
});
const throttledUntil = (until: number): HostNews => ({
  ...NEWS,
  closed: { code: 'host_throttled', cause: 'http_429', until },
});

describe('a host of which others have learnt', () => {
  const ask = (host: Host, signal: HostSignal, now: number): void => {
    host.learn(host.begin(now), `http://${HOST}/${now}`, signal, now + 10);
    host.leave();
  };
  const answered = { kind: 'answered' } as const;
  const refused = { kind: 'refused', status: 429, retryAfterMs: 2_000 } as const;
  const useHost = (events: HostEvent[] = []) =>
    new Host(HOST, { perHost: 16, intervalMs: 0, onEvent: (event) => events.push(event) });

  test('pauses for as long as it has told them, although it answers here', () => {
    const host = useHost();
    ask(host, answered, 0);
    host.hear({ ...NEWS, paused: { status: 429, until: 5_000 } }, 100);
    expect([host.opensAt, host.isLimited]).toEqual([5_000, true]);
    host.hear({ ...NEWS, paused: { status: 429, until: 4_000 } }, 200);
    expect(host.opensAt).toBe(5_000);
    ask(host, answered, 5_000);
    expect(host.isLimited).toBe(false);
  });

  test('does not count what it refuses to requests that were under way', () => {
    const host = useHost();
    const visit = host.begin(0);
    host.hear({ ...NEWS, paused: { status: 429, until: 1_000 } }, 10);
    host.learn(visit, `http://${HOST}/`, refused, 20);
    expect([host.opensAt, host.record(0).intervalMs]).toEqual([1_000, 0]);
  });

  test('is dead at once if two machines say so, unless it has just answered here', () => {
    const host = useHost();
    host.hear(closedUntil(100_000, 2), 0);
    expect(host.closure(0)).toMatchObject({ code: 'host_dead', until: 100_000 });
    const alive = useHost();
    ask(alive, answered, 0);
    alive.hear(closedUntil(100_000, 2), 50_000);
    expect(alive.closure(50_000)).toBeNull();
    alive.hear(closedUntil(100_000, 2), 70_000);
    expect(alive.closure(70_000)).not.toBeNull();
  });

  test('is asked once if one machine finds it dead: a failure closes it, an answer opens it', () => {
    const events: HostEvent[] = [];
    const host = useHost(events);
    host.hear(closedUntil(100_000, 1), 0);
    expect([host.closure(0), host.connectionLimit(0)]).toEqual([null, 1]);
    ask(host, { kind: 'silent', code: 'timeout' }, 0);
    expect(host.closure(10)).not.toBeNull();
    // What it has found itself is for the others.
    expect(events.at(-1)).toMatchObject({ kind: 'closed', code: 'host_dead' });
    expect(events.at(-1)).not.toHaveProperty('learntFrom');
    const alive = useHost();
    alive.hear(closedUntil(100_000, 1), 0);
    ask(alive, answered, 0);
    expect(alive.connectionLimit(10)).toBeGreaterThan(1);
    ask(alive, { kind: 'silent', code: 'timeout' }, 20);
    expect(alive.closure(30)).toBeNull();
  });

  test('is closed for its refusals as well, but only pauses if it has just answered here', () => {
    const host = useHost();
    host.hear(throttledUntil(3_600_000), 0);
    expect(host.closure(0)).toMatchObject({ code: 'host_throttled' });
    const alive = useHost();
    ask(alive, answered, 0);
    alive.hear(throttledUntil(3_600_000), 1_000);
    expect([alive.closure(1_000), alive.opensAt]).toEqual([null, 61_000]);
  });

  test('has the pace of those that know of each other, or the sum of what each is granted that does not', () => {
    const users = new Map([[HOST, 1]]);
    const host = new Host(HOST, { perHost: 16, intervalMs: 0, users });
    const hear = (pace: Partial<HostNews['pace']>): number => {
      host.hear({ ...NEWS, pace: { ...NO_PACE, ...pace } }, 0);
      return host.pace.learntMs;
    };
    expect(hear({})).toBe(0);
    expect(hear({ besideRate: 4 })).toBe(250);
    expect(hear({ besideRate: 1 })).toBe(250);
    // One of two machines was refused.
    expect(hear({ slowing: 1.44 })).toBeCloseTo(300);
    const own = new Host(HOST, { perHost: 16, intervalMs: 0 });
    ask(own, refused, 0);
    expect(own.pace).toMatchObject({ learntMs: 500, isAlone: true });
    own.hear({ ...NEWS, pace: { ...NO_PACE, besideRate: 2 } }, 20);
    expect(own.pace.learntMs).toBe(250);
    own.hear({ ...NEWS, pace: { ...NO_PACE, intervalMs: 800 } }, 30);
    own.hear({ ...NEWS, pace: { ...NO_PACE, besideRate: 9 } }, 40);
    expect(own.pace).toMatchObject({ learntMs: 800, isAlone: false });
    expect([hear({ intervalMs: 200 }), hear({ intervalMs: 1_200 })]).toEqual([
      expect.closeTo(300),
      expect.closeTo(600),
    ]);
  });

  test('is treated so when it is met later', () => {
    const book = createHostBook({ perHost: 16, perHostRate: null, shares: new ConnectionShares() }, []);
    book.hear({ ...NEWS, paused: { status: 503, until: 9_000 }, pace: { ...NO_PACE, intervalMs: 400 } }, 0);
    book.hear({ ...NEWS, paused: { status: 503, until: 7_000 }, users: 2 }, 0);
    book.hear({ ...closedUntil(100_000, 2), host: OTHER }, 0);
    const host = book.take(HOST, 1_000);
    expect([host.opensAt, host.pace.learntMs]).toEqual([9_000, 400]);
    // Three machines share its pace.
    host.begin(10_000);
    expect(host.opensAt).toBe(11_200);
    expect(book.take(OTHER, 1_000).closure(1_000)).not.toBeNull();
    expect(book.take(OTHER, 200_000).closure(200_000)).toBeNull();
  });
});

/** A machine with rows of one host, and what it tells and hears once a second. */
class Machine {
  readonly #told = new ToldNews();
  readonly #heard: HeardNews;
  readonly #shared: SharedHosts;
  readonly #board: ReadNewsItem[];
  readonly #name: string;
  readonly frontier: Frontier<QueuedRow>;
  readonly book: HostBook;
  #read = 0;

  constructor(name: string, board: ReadNewsItem[], answer: (now: number) => HostSignal, onDone: () => void) {
    [this.#name, this.#board, this.#heard] = [name, board, new HeardNews(name)];
    const shares = new ConnectionShares();
    shares.set({
      generation: 1,
      base: 16,
      baseUntil: Number.POSITIVE_INFINITY,
      leases: new Map(),
      machines: 1,
    });
    const onEvent = (event: HostEvent): void => this.#told.take(event, 0, steadyNow());
    this.book = createHostBook({ perHost: 16, perHostRate: null, shares, onEvent }, []);
    this.frontier = new Frontier<QueuedRow>({
      concurrency: 256,
      book: this.book,
      limits: new RunLimits({ rate: null, bandwidth: null }),
      run: async (row, host, visit) => {
        const signal = answer(visit.startedAt);
        await new Promise((resolve) => setTimeout(resolve, 100));
        host.learn(visit, `http://${HOST}/${row.order}`, signal, steadyNow());
        if (signal.kind === 'refused') this.frontier.add(row);
        else onDone();
      },
      refuse: onDone,
    });
    const pool = { hosts: [], openTo: () => 0, trim: () => {} };
    this.#shared = new SharedHosts({
      shares,
      book: this.book,
      frontier: this.frontier,
      pool,
      now: steadyNow,
    });
  }

  tick(): void {
    const items = this.#told.items(this.#shared.paced(), 0, steadyNow());
    this.#told.told();
    for (const { host, text } of items) this.#board.push({ machine: this.#name, host, text, ageMs: 0 });
    this.#shared.hear(this.#heard.take(this.#board.slice(this.#read), steadyNow()));
    this.#read = this.#board.length;
  }
}

describe('machines that ask one host', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Lets machines ask a host of so many requests a second for all of them together. `later`: seconds after which all but the first begin. */
  async function crawl({
    machines,
    rows,
    perSecond,
    later = 0,
  }: {
    machines: number;
    rows: number;
    perSecond: number;
    later?: number;
  }) {
    let recent: number[] = [];
    const seen = { requests: 0, refused: 0, refusedLater: 0, done: 0, arrivals: [] as number[] };
    const board: ReadNewsItem[] = [];
    const from = steadyNow();
    const answer = (now: number): HostSignal => {
      seen.requests += 1;
      seen.arrivals.push(now);
      recent = recent.filter((at) => at > now - 1_000);
      if (recent.length >= perSecond) {
        seen.refused += 1;
        if (now > from + 1_000 * later) seen.refusedLater += 1;
        return { kind: 'refused', status: 429, retryAfterMs: 1_000 };
      }
      recent.push(now);
      return { kind: 'answered' };
    };
    const done = (): void => {
      seen.done += 1;
    };
    const all = Array.from({ length: machines }, (_, at) => new Machine(`m${at}`, board, answer, done));
    for (let second = 0; seen.done < rows && second < 7_200; second += 1) {
      for (const [at, machine] of all.entries()) {
        if (second === (at === 0 ? 0 : later))
          for (let order = 0; order < rows / machines; order += 1)
            machine.frontier.add({ host: HOST, order });
        machine.tick();
      }
      await vi.advanceTimersByTimeAsync(1_000);
    }
    return { ...seen, minutes: ((seen.arrivals.at(-1) ?? from) - from) / 60_000, items: board.length };
  }

  test.each([
    [1, 0.01, 1.5],
    [2, 0.01, 1.5],
    [4, 0.02, 1.5],
    [10, 0.05, 4],
  ])(
    '%i machines together get what it permits, and few refusals',
    async (machines, mostRefused, mostTimes) => {
      const rows = 2_000;
      const { requests, refused, done, minutes, items } = await crawl({ machines, rows, perSecond: 5 });
      expect(done).toBe(rows);
      expect(refused / requests).toBeLessThan(mostRefused);
      expect(minutes / (rows / 5 / 60)).toBeLessThan(mostTimes);
      expect(items / rows).toBeLessThan(0.4);
    },
  );

  test('a machine that comes later takes its share of what the first has learnt', async () => {
    const { done, refusedLater } = await crawl({ machines: 2, rows: 1_200, perSecond: 5, later: 60 });
    expect(done).toBe(1_200);
    expect(refusedLater).toBeLessThan(8);
  });

  test('a Crawl-delay holds for all machines together', async () => {
    const board: ReadNewsItem[] = [];
    const arrivals: number[] = [];
    const answer = (now: number): HostSignal => {
      arrivals.push(now);
      return { kind: 'answered' };
    };
    const all = ['a', 'b', 'c'].map((name) => new Machine(name, board, answer, () => {}));
    for (const { frontier, book } of all) {
      frontier.add({ host: HOST, order: 0 });
      book.find(HOST)?.slowDown(1_000);
      for (let order = 1; order < 100; order += 1) frontier.add({ host: HOST, order });
    }
    for (let second = 0; second < 60; second += 1) {
      for (const machine of all) machine.tick();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    // Each begins before it knows of the others.
    const later = arrivals.filter((at) => at > (arrivals[0] ?? 0) + 5_000);
    expect(later.length).toBeGreaterThan(50);
    expect(later.length).toBeLessThan(57);
    expect(board.length).toBeLessThan(12);
  });
});
