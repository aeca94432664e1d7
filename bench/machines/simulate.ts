import type { Redis } from 'ioredis';
import type { LeaseCall, Leases } from '../../src/broker/interface/broker.ts';
import { leasesOf } from '../../src/broker/interface/lease-rule.ts';
import { LEASE, LEASE_KEYS, leaseArguments } from '../../src/broker/redis/lease-script.ts';
import type { HostKey } from '../../src/core/samples.ts';
import { fraction } from '../web/model/random.ts';
import {
  type Allowance,
  ANSWER_MS,
  SimulatedLeases,
  SimulatedMachine,
  STEP_MS,
} from './simulated-machine.ts';

export type Way = 'leases' | 'limit divided' | 'each its own limit';

export interface Task {
  readonly way: Way;
  readonly machines: number;
  /** Of one machine, if no host limits it. */
  readonly rowsPerSecond: number;
  readonly limit: number;
  /** Shares of the rows by host. */
  readonly shares: readonly number[];
  readonly seed: number;
  /** Seconds whose rows wait at the begin, as in the middle of a run. */
  readonly backlog: number;
  /** Seconds to simulate. */
  readonly seconds: number;
  /** Ends earlier after so many real milliseconds. */
  readonly budgetMs: number;
  readonly redis: Redis;
}

/** Rates are those of the second half. */
export interface Outcome {
  /** Seconds that were simulated. */
  readonly seconds: number;
  /** Most connections to one host. */
  readonly peak: number;
  /** Hosts that had more than the limit. */
  readonly over: number;
  /** Rows done of those that came: 1 without limits of hosts. */
  readonly share: number;
  /** The same if each host had all its connections in use whenever it has rows for them. */
  readonly possible: number;
  /** For each row. */
  readonly calls: number;
  readonly hostsAsked: number;
  readonly commands: number;
  /** Cores of the broker in real time. */
  readonly brokerCores: number;
  /** CPU of the broker for a host in a call, in microseconds. */
  readonly hostMicros: number;
}

interface Counts {
  readonly rows: number;
  readonly calls: number;
  readonly hostsAsked: number;
  readonly commands: number;
  readonly cpuSeconds: number;
}

const STEPS_PER_SECOND = 1_000 / STEP_MS;

/** Machines that fetch rows of hosts, with a clock of their own and the broker's real script. */
export async function simulate(task: Task): Promise<Outcome> {
  const { way, machines: count, rowsPerSecond, limit, shares, seed, redis } = task;
  const names = shares.map((_, host) => `h${host}.example` as HostKey);
  const machines = Array.from({ length: count }, () => new SimulatedMachine(shares.length));
  const leases = machines.map((machine, at) => new SimulatedLeases(`m${at}`, machine, names, limit));
  const each = Math.max(1, Math.floor(limit / count));
  const fixed: Allowance = () => (way === 'limit divided' ? each : limit);
  const pick = sampler(shares);
  const total = new Uint32Array(shares.length);
  const most = new Uint32Array(shares.length);
  const prefix = `${way}-${count}:`;
  const [startedAt, snapshots] = [performance.now(), [] as Counts[]];
  let [calls, hostsAsked, drawn] = [0, 0, 0];

  const lease = async (at: number, now: number): Promise<void> => {
    const client = leases[at];
    if (client === undefined) return;
    const call = client.ask(now, count);
    calls += 1;
    hostsAsked += call.hosts.length;
    const granted = await callBroker(redis, prefix, call, now);
    if (granted !== null) client.take(call, granted, now, count);
  };
  const draw = (seconds: number): number[] =>
    Array.from({ length: rowsPerSecond * seconds }, () => pick(fraction(seed, drawn++)));
  for (const machine of machines) machine.add(draw(task.backlog));
  for (let step = 0; step < task.seconds * STEPS_PER_SECOND; step += 1) {
    const now = 1_000_000 + step * STEP_MS;
    if (step % STEPS_PER_SECOND === 0) {
      const rows = machines.reduce((sum, { rowsDone }) => sum + rowsDone, 0);
      snapshots.push({ rows, calls, hostsAsked, ...(await usageOf(redis)) });
      if (performance.now() - startedAt > task.budgetMs) break;
    }
    // Each machine calls once a second, at a moment of its own.
    if (way === 'leases') {
      const due = machines.flatMap((_, at) =>
        at % STEPS_PER_SECOND === step % STEPS_PER_SECOND ? [at] : [],
      );
      await Promise.all(due.map((at) => lease(at, now)));
    }
    for (const [at, machine] of machines.entries()) {
      machine.add(draw(1 / STEPS_PER_SECOND));
      const own = way === 'leases' ? leases[at] : undefined;
      machine.step(own?.allowed ?? fixed, now, total, own?.candidates);
    }
    for (const [host, open] of total.entries()) if (open > (most[host] ?? 0)) most[host] = open;
  }
  return {
    peak: Math.max(...most),
    over: most.filter((open) => open > limit).length,
    ...rates(task, snapshots),
  };
}

async function callBroker(
  redis: Redis,
  prefix: string,
  call: LeaseCall,
  now: number,
): Promise<Leases | null> {
  const keys = LEASE_KEYS.map((name) => `${prefix}${name}`);
  return leasesOf((await redis.eval(LEASE, keys.length, ...keys, ...leaseArguments(call, now))) as number[]);
}

function rates(
  { machines, rowsPerSecond, limit, shares }: Task,
  snapshots: readonly Counts[],
): Omit<Outcome, 'peak' | 'over'> {
  // One a second.
  const [last, from] = [snapshots.length - 1, Math.floor((snapshots.length - 1) / 2)];
  const seconds = last - from;
  const between = (key: keyof Counts): number =>
    (snapshots[last]?.[key] ?? 0) - (snapshots[from]?.[key] ?? 0);
  const rows = between('rows');
  const wanted = machines * rowsPerSecond;
  const ofHost = (limit * 1_000) / ANSWER_MS;
  return {
    seconds: last,
    share: rows / (wanted * seconds),
    possible: shares.reduce((sum, share) => sum + Math.min(share * wanted, ofHost), 0) / wanted,
    calls: between('calls') / rows,
    hostsAsked: between('hostsAsked') / rows,
    commands: between('commands') / rows,
    brokerCores: between('cpuSeconds') / seconds,
    hostMicros: (1e6 * between('cpuSeconds')) / Math.max(1, between('hostsAsked')),
  };
}

async function usageOf(redis: Redis): Promise<Pick<Counts, 'commands' | 'cpuSeconds'>> {
  const info = `${await redis.info('commandstats')}${await redis.info('cpu')}`;
  const numbers = (pattern: RegExp): number[] =>
    [...info.matchAll(pattern)].map(([, value]) => Number(value));
  const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
  return {
    commands: sum(numbers(/^cmdstat_(?!info)[^:]+:calls=(\d+)/gm)),
    cpuSeconds: sum(numbers(/^used_cpu_(?:sys|user):([\d.]+)/gm)),
  };
}

/** Places of a distribution, drawn by a number from 0 up to 1. */
function sampler(shares: readonly number[]): (at: number) => number {
  const ends = new Float64Array(shares.length);
  let sum = 0;
  for (const [place, share] of shares.entries()) {
    sum += share;
    ends[place] = sum;
  }
  return (at) => {
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 1) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
