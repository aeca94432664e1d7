import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { BrokerRun, NewsItem } from '../../src/broker/interface/broker.ts';
import { openBroker } from '../../src/broker/open-broker.ts';
import * as inPostgres from '../../src/broker/postgres/news-function.ts';
import * as inRedis from '../../src/broker/redis/news-script.ts';
import type { HostKey } from '../../src/core/samples.ts';
import { hasPostgres } from '../support/servers/postgres-server.ts';
import { hasRedis } from '../support/servers/redis-server.ts';
import { usePostgres } from '../support/servers/use-postgres.ts';
import { useRedis } from '../support/servers/use-redis.ts';

const atEnd: (() => Promise<void>)[] = [];
let addresses: Record<'Redis' | 'PostgreSQL', string>;
let runs = 0;

beforeAll(async () => {
  const keep = (cleanUp: () => Promise<void>): void => void atEnd.push(cleanUp);
  const [redis, postgres] = await Promise.all([useRedis(keep), usePostgres(keep)]);
  addresses = { Redis: redis.url, PostgreSQL: postgres.url };
});
afterAll(async () => {
  for (const cleanUp of atEnd.reverse()) await cleanUp();
});

const item = (host: string, text: string, keepMs = 60_000): NewsItem => ({
  host: host as HostKey,
  text,
  keepMs,
});

describe.skipIf(!hasRedis || !hasPostgres).each(['Redis', 'PostgreSQL'] as const)('news in %s', (server) => {
  async function useRun(): Promise<BrokerRun> {
    runs += 1;
    const broker = await openBroker(addresses[server]);
    onTestFinished(() => broker.close());
    return broker.run(`${runs}`.padStart(64, '0'));
  }

  test('reach each machine once, the newest of each machine and host, and all of it a newcomer', async () => {
    const run = await useRun();
    const pass = async (machine: string, since: number, ...items: NewsItem[]) => {
      const { until, hasMore, read } = await run.passNews({ machine, since, items });
      expect(hasMore).toBe(false);
      for (const { ageMs } of read) expect(ageMs).toBeGreaterThanOrEqual(0);
      return { until, read: read.map((each) => `${each.machine} ${each.host} ${each.text}`) };
    };
    expect(await pass('one', 0)).toMatchObject({ read: [] });
    const one = await pass('one', 0, item('a.example', '{"x":1}'), item('b.example', 'ä:\n"'));
    const two = await pass('two', 0, item('a.example', 'two'));
    expect(two.read).toEqual(['one a.example {"x":1}', 'one b.example ä:\n"', 'two a.example two']);
    expect(await pass('one', one.until)).toEqual({ until: two.until, read: ['two a.example two'] });
    expect(await pass('two', two.until)).toEqual({ until: two.until, read: [] });
    await pass('one', two.until, item('a.example', 'later'));
    expect((await pass('new', 0)).read).toEqual([
      'one b.example ä:\n"',
      'two a.example two',
      'one a.example later',
    ]);
  });

  test('are read in parts, and from the beginning if the server has lost its data', async () => {
    const run = await useRun();
    const items = Array.from({ length: 250 }, (_, at) => at);
    for (const machine of 'abcde')
      await run.passNews({ machine, since: 0, items: items.map((at) => item(`h${at}.example`, machine)) });
    const first = await run.passNews({ machine: 'new', since: 0, items: [] });
    expect(first).toMatchObject({ hasMore: true });
    expect(first.read).toHaveLength(1_000);
    const rest = await run.passNews({ machine: 'new', since: first.until, items: [] });
    expect(rest).toMatchObject({ hasMore: false });
    expect(rest.read.map(({ host, machine }) => `${machine} ${host}`)).toEqual(
      items.map((at) => `e h${at}.example`),
    );
    const lost = await run.passNews({ machine: 'new', since: rest.until + 1e6, items: [] });
    expect(lost.read).toHaveLength(1_000);
    await run.remove();
    expect((await run.passNews({ machine: 'new', since: 0, items: [] })).read).toEqual([]);
  });
});

/** What machine `b` reads when `a` has told it at the moment 1,000 and it is another one. */
type ReadAt = (run: string, keepMs: number, at: number) => Promise<number[]>;

const told = { machine: 'a', since: 0, items: [item('a.example', 'text')] };
const nothing = { machine: 'b', since: 0, items: [item('b.example', 'text')] };

const READ_AT: Record<'Redis' | 'PostgreSQL', ReadAt> = {
  Redis: async (run, keepMs, at) => {
    const client = new Redis(addresses.Redis);
    const keys = ['texts', 'places', 'ends', 'latest'].map((name) => `${run}:${name}`);
    const pass = async (call: typeof told, now: number) =>
      (await client.eval(inRedis.PASS_NEWS, 4, ...keys, ...inRedis.newsArguments(call, now))) as unknown[];
    await pass({ ...told, items: [item('a.example', 'text', keepMs)] }, 1_000);
    const [, , ...fields] = await pass(nothing, at);
    const kept = await client.hlen(`${run}:texts`);
    client.disconnect();
    return [kept - 1, ...fields.filter((_, field) => field % 4 === 3 && fields[field - 2] === 'a')].map(
      Number,
    );
  },
  PostgreSQL: async (run, keepMs, at) => {
    const client = new pg.Client(addresses.PostgreSQL);
    await client.connect();
    const pass = (call: typeof told, now: number) =>
      client.query(inPostgres.PASS_NEWS, inPostgres.newsArguments(call, run, now));
    await pass({ ...told, items: [item('a.example', 'text', keepMs)] }, 1_000);
    const { rows } = await pass(nothing, at);
    const { rowCount } = await client.query('SELECT FROM laion_fetch.news WHERE run = $1', [run]);
    await client.end();
    return [
      (rowCount ?? 0) - 1,
      ...rows.filter(({ machine }) => machine === 'a').map(({ age_ms }) => Number(age_ms)),
    ];
  },
};

test.skipIf(!hasRedis || !hasPostgres).each(['Redis', 'PostgreSQL'] as const)(
  'news in %s end by the clock of the server, and leave nothing there',
  async (server) => {
    await (await openBroker(addresses[server])).close();
    expect(await READ_AT[server]('ends', 5_000, 5_900)).toEqual([1, 4_900]);
    expect(await READ_AT[server]('ended', 5_000, 6_000)).toEqual([0]);
  },
);
