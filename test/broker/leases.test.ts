import fc from 'fast-check';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LeaseCall, Leases } from '../../src/broker/interface/broker.ts';
import * as inPostgres from '../../src/broker/postgres/lease-function.ts';
import { PostgresBroker } from '../../src/broker/postgres/postgres-broker.ts';
import * as inRedis from '../../src/broker/redis/lease-script.ts';
import type { HostKey } from '../../src/core/samples.ts';
import { ConnectionShares } from '../../src/fetch/hosts/connection-shares.ts';
import { LeaseClient } from '../../src/run/queue/lease-client.ts';
import { hasPostgres } from '../support/servers/postgres-server.ts';
import { hasRedis } from '../support/servers/redis-server.ts';
import { usePostgres } from '../support/servers/use-postgres.ts';
import { useRedis } from '../support/servers/use-redis.ts';
import type { AtEnd } from '../support/temp-folder.ts';

const DEADLINE_MS = 30_000;
const HOSTS = ['hot.example', 'cold.example'] as HostKey[];

let runs = 0;

/** The deal of a server, at a moment of its clock. */
type Deal = (run: string, call: LeaseCall, now: number) => Promise<number[] | null>;

async function dealInRedis(atEnd: AtEnd): Promise<Deal> {
  const client = new Redis((await useRedis(atEnd)).url);
  atEnd(async () => client.disconnect());
  return async (run, call, now) => {
    const args = inRedis.leaseArguments(call, `${run}:host:`, now);
    return (await client.eval(inRedis.LEASE, 2, `${run}:base`, `${run}:order`, ...args)) as number[];
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

/** Machines of a run, a broker with a clock of its own, and connections that machines open as they may. */
class World {
  now = 1_000_000;
  readonly limit: number;
  readonly machines: Machine[] = [];
  readonly #run: string;

  constructor(limit: number) {
    this.limit = limit;
    runs += 1;
    this.#run = `run${runs}`;
  }

  async call(call: LeaseCall): Promise<Leases | null> {
    const [base, ...hosts] = (await deal(this.#run, call, this.now)) ?? [];
    return base === undefined ? null : { base, hosts };
  }

  /** Connections of machines that are not frozen. */
  open(host: HostKey): number {
    return this.machines.reduce((sum, machine) => sum + (machine.isFrozen ? 0 : machine.openTo(host)), 0);
  }

  pass(ms: number): void {
    this.now += ms;
    for (const machine of this.machines) machine.settle();
  }
}

class Machine {
  readonly shares = new ConnectionShares();
  readonly #world: World;
  readonly #leases: LeaseClient;
  /** The moments at which connections close at the latest. */
  readonly #open = new Map<HostKey, number[]>();
  #generation = 0;
  isFrozen = false;
  rows = new Map<HostKey, number>();

  constructor(world: World, name: string) {
    this.#world = world;
    this.#leases = new LeaseClient({ machine: name, limit: world.limit, deadlineMs: DEADLINE_MS });
  }

  openTo(host: HostKey): number {
    return this.#open.get(host)?.length ?? 0;
  }

  settle(): void {
    if (this.isFrozen) return;
    for (const [host, ends] of this.#open)
      this.#open.set(
        host,
        ends.filter((end) => end > this.#world.now),
      );
  }

  /** Opens what it may, as far as it has rows. */
  work(): void {
    if (this.isFrozen) return;
    for (const host of HOSTS) {
      const ends = this.#open.get(host) ?? [];
      const most = Math.min(this.rows.get(host) ?? 0, this.shares.allowed(host, this.#world.now));
      while (ends.length < most) ends.push(this.#world.now + DEADLINE_MS);
      this.#open.set(host, ends);
    }
  }

  close(host: HostKey): void {
    if (!this.isFrozen) this.#open.get(host)?.pop();
  }

  /** One call; `fate`: what becomes of it. */
  async tick(fate: 'answered' | 'answer lost' | 'call lost'): Promise<void> {
    if (this.isFrozen) return;
    const askedAt = this.#world.now;
    const hosts = HOSTS.map((host) => {
      return { host, wanted: Math.max(this.openTo(host), this.rows.get(host) ?? 0), open: this.openTo(host) };
    });
    const call = this.#leases.ask([{ generation: this.#generation, hosts }], askedAt);
    this.#learn();
    if (fate === 'call lost') return;
    const granted = await this.#world.call(call);
    if (fate === 'answered' && granted !== null) this.#leases.take(call, granted, askedAt);
    this.#learn();
  }

  /** What has run out during a freeze closes when it ends. */
  freeze(isFrozen: boolean): void {
    this.isFrozen = isFrozen;
    this.settle();
  }

  die(): void {
    this.#open.clear();
    this.rows.clear();
    this.isFrozen = true;
  }

  #learn(): void {
    const shares = this.#leases.shares(1);
    this.#generation = shares.generation;
    this.shares.set(shares);
  }
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
  { weight: 3, arbitrary: fc.tuple(fc.constant('close' as const), fc.nat(3), fc.nat(1)) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('pass' as const),
      fc.constantFrom(900, 5_000, 26_000, 31_000, 100_000),
      fc.nat(1),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant('freeze' as const), fc.nat(3), fc.nat(1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('die' as const), fc.nat(3), fc.nat(1)) },
);

describe.skipIf(!hasRedis || !hasPostgres).each([
  ['Redis', 500],
  ['PostgreSQL', 40],
] as const)('leases of connections from %s', (server, numRuns) => {
  beforeAll(() => {
    deal = deals[server];
  });

  test('never let machines have more connections to a host than the limit, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(1, 2, 3, 5, 16),
        fc.array(step, { minLength: 40, maxLength: 120, size: 'max' }),
        async (limit, steps) => {
          const world = new World(limit);
          for (const name of 'abcd') world.machines.push(new Machine(world, name));
          for (const [kind, at, value] of steps) {
            const machine = world.machines[at];
            if (kind === 'pass') world.pass(at);
            else if (machine === undefined) continue;
            else if (kind === 'tick') await machine.tick(value as 'answered');
            else if (kind === 'rows') for (const host of HOSTS) machine.rows.set(host, Number(value));
            else if (kind === 'close') machine.close(HOSTS[Number(value)] as HostKey);
            else if (kind === 'freeze') machine.freeze(!machine.isFrozen);
            else {
              machine.die();
              world.machines[at] = new Machine(world, `${at}-${world.now}-${Math.random()}`);
            }
            for (const each of world.machines) each.work();
            for (const host of HOSTS) expect(world.open(host)).toBeLessThanOrEqual(limit);
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
    const world = new World(limit);
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
    const world = new World(2);
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
    { numRuns: 40 },
  );
});
