import fc from 'fast-check';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LeaseCall } from '../../src/broker/interface/broker.ts';
import * as inPostgres from '../../src/broker/postgres/lease-function.ts';
import { PostgresBroker } from '../../src/broker/postgres/postgres-broker.ts';
import * as inRedis from '../../src/broker/redis/lease-script.ts';
import { RedisBroker } from '../../src/broker/redis/redis-broker.ts';
import type { HostKey } from '../../src/core/samples.ts';
import { hasPostgres } from '../support/servers/postgres-server.ts';
import { hasRedis } from '../support/servers/redis-server.ts';
import { usePostgres } from '../support/servers/use-postgres.ts';
import { useRedis } from '../support/servers/use-redis.ts';
import type { AtEnd } from '../support/temp-folder.ts';
import { HOSTS, type Lane, Machine, World } from './lease-world.ts';

let runs = 0;

/** The deal of a server, at a moment of its clock. */
type Deal = (run: string, call: LeaseCall, now: number) => Promise<number[] | null>;

async function dealInRedis(atEnd: AtEnd): Promise<Deal> {
  const client = new Redis((await useRedis(atEnd)).url);
  atEnd(async () => client.disconnect());
  return async (run, call, now) => {
    const keys = inRedis.LEASE_KEYS.map((name) => `${run}:${name}`);
    const args = inRedis.leaseArguments(call, now);
    return (await client.eval(inRedis.LEASE, keys.length, ...keys, ...args)) as number[];
  };
}

async function dealInPostgres(atEnd: AtEnd): Promise<Deal> {
  const { url } = await usePostgres(atEnd);
  await (await PostgresBroker.connect(url)).close();
  const client = new pg.Client(url);
  await client.connect();
  atEnd(() => client.end());
  return async (run, call, now) => {
    const { rows } = await client.query(inPostgres.LEASE, inPostgres.leaseArguments(call, run, now));
    return rows[0].granted;
  };
}

let deal: Deal;
let deals: Record<'Redis' | 'PostgreSQL', Deal>;
const atEnd: (() => Promise<void>)[] = [];
beforeAll(async () => {
  const [redis, postgres] = await Promise.all(
    [dealInRedis, dealInPostgres].map((start) => start((cleanUp) => atEnd.push(cleanUp))),
  );
  if (redis !== undefined && postgres !== undefined) deals = { Redis: redis, PostgreSQL: postgres };
});
afterAll(async () => {
  for (const cleanUp of atEnd.reverse()) await cleanUp();
});

function newWorld(limit: number): World {
  runs += 1;
  const run = `run${runs}`;
  return new World(limit, (call, now) => deal(run, call, now));
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(
      fc.constant('tick' as const),
      fc.nat(3),
      fc.constantFrom('answered', 'answered', 'answer lost', 'call lost'),
    ),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant('rows' as const), fc.nat(3), fc.constantFrom(0, 1, 3, 20)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('deliver' as const), fc.nat(3), fc.nat(1)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('close' as const), fc.nat(3), fc.nat(1)) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('pass' as const),
      fc.constantFrom(900, 2_100, 9_000, 26_000, 31_000, 100_000),
      fc.nat(1),
    ),
  },
  { weight: 6, arbitrary: fc.tuple(fc.constant('seconds' as const), fc.constantFrom(1, 3, 10), fc.nat(3)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('freeze' as const), fc.nat(3), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('die' as const), fc.nat(3), fc.nat(1)) },
);

describe.skipIf(!hasRedis || !hasPostgres).each([
  ['Redis', 100],
  ['PostgreSQL', 10],
] as const)('leases of connections from %s', (server, numRuns) => {
  beforeAll(() => {
    deal = deals[server];
  });

  test('never let machines have more connections to a host than the limit, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 3, 5, 8, 16),
        fc.constantFrom<Lane>('engine', 'thread'),
        fc.array(step, { minLength: 40, maxLength: 120, size: 'max' }),
        async (limit, lane, steps) => {
          const world = newWorld(limit);
          for (const name of 'abcd') world.machines.push(new Machine(world, name, lane));
          for (const [kind, at, value] of steps) {
            const machine = world.machines[at];
            if (kind === 'pass') world.pass(at);
            else if (kind === 'seconds') await world.work(at, Number(value));
            else if (machine === undefined) continue;
            else if (kind === 'tick') await machine.tick(value as 'answered');
            else if (kind === 'rows') for (const host of HOSTS) machine.rows.set(host, Number(value));
            else if (kind === 'deliver') machine.deliver();
            else if (kind === 'close') machine.close(HOSTS[Number(value)] as HostKey);
            else if (kind === 'freeze') machine.freeze(!machine.isFrozen);
            else {
              machine.die();
              world.machines[at] = new Machine(world, `${at}-${world.now}-${Math.random()}`, lane);
            }
            for (const each of world.machines) each.work();
            world.check();
          }
        },
      ),
      { numRuns },
    );
  });

  test.each([
    [1, 16],
    [2, 16],
    [4, 16],
    [10, 16],
  ])('give %i machines all of a hot host after some seconds', async (count, limit) => {
    const world = newWorld(limit);
    for (let at = 0; at < count; at += 1) world.machines.push(new Machine(world, `m${at}`));
    for (let second = 0; second < 12; second += 1) {
      for (const machine of world.machines) {
        machine.rows.set('hot.example' as HostKey, 100);
        await machine.tick('answered');
        machine.work();
      }
      // Answers take less than a second.
      world.pass(1_000);
      if (second < 11)
        for (const machine of world.machines)
          while (machine.openTo('hot.example' as HostKey) > 0) machine.close('hot.example' as HostKey);
    }
    for (const machine of world.machines) machine.work();
    expect(world.open('hot.example' as HostKey)).toBe(limit);
  });

  test('take turns if machines are more than connections', async () => {
    const world = newWorld(2);
    for (let at = 0; at < 5; at += 1) world.machines.push(new Machine(world, `m${at}`));
    const served = new Set<number>();
    for (let second = 0; second < 160; second += 1) {
      for (const [at, machine] of world.machines.entries()) {
        machine.rows.set('hot.example' as HostKey, 100);
        await machine.tick('answered');
        machine.work();
        if (machine.openTo('hot.example' as HostKey) > 0) served.add(at);
        machine.close('hot.example' as HostKey);
      }
      world.pass(1_000);
    }
    expect(served.size).toBe(5);
  });
});

test.skipIf(!hasRedis)('Redis names the hosts that are leased, and forgets them with the run', async () => {
  const { url } = await useRedis((cleanUp) => atEnd.push(cleanUp));
  const broker = await RedisBroker.connect(url);
  const run = await broker.run('a'.repeat(64));
  const lease = (machine: string, host: string, wanted: number) =>
    run.lease({
      machine,
      call: 1,
      limit: 4,
      leaseMs: 60_000,
      base: 0,
      hosts: [{ host: host as HostKey, held: 0, wanted }],
    });
  await lease('one', 'hot.example', 20);
  await lease('two', 'hot.example', 20);
  expect(await run.leased()).toEqual([{ host: 'hot.example', connections: 2, isWaitedFor: true }]);
  await lease('three', 'cold.example', 1);
  expect((await run.leased()).map(({ host }) => host)).toEqual(['hot.example', 'cold.example']);
  await run.remove();
  const client = new Redis(url);
  expect((await client.keys('*')).filter((key) => !key.includes('bull'))).toEqual([]);
  client.disconnect();
  await broker.close();
});

const call = fc.record({
  machine: fc.constantFrom('a', 'B', 'b', 'ä', 'c-1'),
  skipped: fc.nat(2),
  base: fc.integer({ min: -1, max: 4 }),
  hosts: fc.tuple(
    ...HOSTS.map((host) =>
      fc.record({ host: fc.constant(host), held: fc.nat(4), wanted: fc.constantFrom(0, 1, 3, 20) }),
    ),
  ),
  pass: fc.constantFrom(0, 900, 20_000, 31_000, 800_000),
});

test.skipIf(!hasRedis || !hasPostgres)('Redis and PostgreSQL deal alike', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2, 5, 16),
      fc.array(call, { minLength: 20, maxLength: 40 }),
      async (limit, calls) => {
        runs += 1;
        let now = 1_000_000;
        for (const [at, { machine, skipped, base, hosts, pass }] of calls.entries()) {
          now += pass;
          const asked = { machine, call: Math.max(1, at + 1 - skipped), limit, leaseMs: 60_000, base, hosts };
          const [one, other] = await Promise.all(
            Object.values(deals).map((each) => each(`run${runs}`, asked, now)),
          );
          expect(other ?? []).toEqual(one);
        }
      },
    ),
    { numRuns: 25 },
  );
});
