import { expect } from 'vitest';
import type { LeaseCall, Leases } from '../../src/broker/interface/broker.ts';
import { leasesOf } from '../../src/broker/interface/lease-rule.ts';
import type { HostKey } from '../../src/core/samples.ts';
import {
  ConnectionShares,
  type Demand,
  type HostShares,
} from '../../src/fetch/hosts/connections/connection-shares.ts';
import { LeaseClient } from '../../src/run/queue/lease-client.ts';

const DEADLINE_MS = 30_000;
export const HOSTS = ['hot.example', 'cold.example'] as HostKey[];

/** Machines of a run, a broker with a clock of its own, and connections that machines open as they may. */
export class World {
  now = 1_000_000;
  readonly limit: number;
  readonly machines: Machine[] = [];
  readonly #deal: (call: LeaseCall, now: number) => Promise<number[] | null>;

  /** `deal`: what a broker answers at a moment of its clock. */
  constructor(limit: number, deal: (call: LeaseCall, now: number) => Promise<number[] | null>) {
    [this.limit, this.#deal] = [limit, deal];
  }

  async call(call: LeaseCall): Promise<Leases | null> {
    return leasesOf((await this.#deal(call, this.now)) ?? []);
  }

  /** Connections of machines that are not frozen. */
  open(host: HostKey): number {
    return this.machines.reduce((sum, machine) => sum + (machine.isFrozen ? 0 : machine.openTo(host)), 0);
  }

  pass(ms: number): void {
    this.now += ms;
    for (const machine of this.machines) machine.settle();
  }

  /** Seconds in which all machines call, and all but one hear what it means for them. */
  async work(seconds: number, deaf: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      for (const [at, machine] of this.machines.entries()) {
        await machine.tick('answered');
        if (at !== deaf) machine.deliver();
        machine.work();
      }
      this.check();
      this.pass(1_000);
    }
  }

  check(): void {
    for (const host of HOSTS) expect(this.open(host)).toBeLessThanOrEqual(this.limit);
  }
}

/** How a machine's lane knows shares: at once, or by messages that may be late, as may be what it says it needs. */
export type Lane = 'engine' | 'thread';

export class Machine {
  readonly shares = new ConnectionShares();
  readonly #world: World;
  readonly #leases: LeaseClient;
  readonly #lane: Lane;
  /** The moments at which connections close at the latest. */
  readonly #open = new Map<HostKey, number[]>();
  #messages: HostShares[] = [];
  #demand: Demand = { generation: 0, hosts: [] };
  isFrozen = false;
  rows = new Map<HostKey, number>();

  constructor(world: World, name: string, lane: Lane = 'engine') {
    [this.#world, this.#lane] = [world, lane];
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
    if (this.#lane === 'engine') this.#measure();
    const call = this.#leases.ask([this.#demand], askedAt);
    this.#tell();
    if (fate === 'call lost') return;
    const granted = await this.#world.call(call);
    if (fate === 'answered' && granted !== null) this.#leases.take(call, granted, askedAt);
    this.#tell();
  }

  /** The messages to a thread arrive, and it says what it needs. */
  deliver(): void {
    if (this.isFrozen || this.#lane === 'engine') return;
    for (const shares of this.#messages) this.shares.set(shares);
    this.#messages = [];
    this.#measure();
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

  #measure(): void {
    const hosts = HOSTS.map((host) => {
      return { host, wanted: this.rows.get(host) ?? 0, open: this.openTo(host) };
    });
    this.shares.keep(new Map(hosts.map(({ host, wanted, open }) => [host, Math.max(wanted, open)])));
    this.#demand = { generation: this.shares.current.generation, hosts };
  }

  #tell(): void {
    const shares = this.#leases.shares(1);
    if (this.#lane === 'engine') this.shares.set(shares);
    else this.#messages.push(shares);
  }
}
