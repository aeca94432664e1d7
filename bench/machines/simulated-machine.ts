import type { LeaseCall, Leases } from '../../src/broker/interface/broker.ts';
import type { HostKey } from '../../src/core/samples.ts';
import {
  ConnectionShares,
  connectionsFor,
  type Demand,
  type HostDemand,
} from '../../src/fetch/hosts/connections/connection-shares.ts';
import { LeaseClient } from '../../src/run/queue/lease-client.ts';

export const STEP_MS = 100;
/** What one host answers in. */
export const ANSWER_MS = 300;
const DEADLINE_MS = 30_000;

/** How many connections to a host a machine may have at a moment. */
export type Allowance = (host: number, now: number) => number;

/** One machine: rows that wait by host, and connections that it opens as far as it may and keeps open. */
export class SimulatedMachine {
  readonly #active: Uint16Array;
  readonly #idle: Uint16Array;
  readonly #waiting: Uint32Array;
  /** Hosts with rows that wait. */
  readonly #pending = new Set<number>();
  /** Hosts with requests under way. */
  readonly #busy = new Set<number>();
  /** Hosts with idle connections. */
  readonly #resting = new Set<number>();
  /** Hosts of the answers that arrive in each of the next steps. */
  readonly #arrivals: number[][] = Array.from({ length: ANSWER_MS / STEP_MS }, () => []);
  #step = 0;
  rowsDone = 0;

  constructor(hosts: number) {
    this.#active = new Uint16Array(hosts);
    this.#idle = new Uint16Array(hosts);
    this.#waiting = new Uint32Array(hosts);
  }

  get hosts(): ReadonlySet<number> {
    return new Set([...this.#pending, ...this.#busy, ...this.#resting]);
  }

  activeAt(host: number): number {
    return this.#active[host] ?? 0;
  }

  openTo(host: number): number {
    return this.activeAt(host) + (this.#idle[host] ?? 0);
  }

  waitingAt(host: number): number {
    return this.#waiting[host] ?? 0;
  }

  /** Rows for these hosts. */
  add(rows: readonly number[]): void {
    for (const host of rows) {
      this.#waiting[host] = this.waitingAt(host) + 1;
      this.#pending.add(host);
    }
  }

  /** Takes the answers of the step and opens what it may, to `candidates` if only they may have any. `total`: connections of all machines. */
  step(allowed: Allowance, now: number, total: Uint32Array, candidates?: Iterable<number>): void {
    const slot = this.#arrivals[this.#step % this.#arrivals.length] ?? [];
    for (const host of slot) {
      this.#active[host] = this.activeAt(host) - 1;
      this.#idle[host] = (this.#idle[host] ?? 0) + 1;
      this.#resting.add(host);
      if (this.activeAt(host) === 0) this.#busy.delete(host);
    }
    this.rowsDone += slot.length;
    slot.length = 0;
    for (const host of candidates ?? this.#pending) {
      const more = Math.min(this.waitingAt(host), allowed(host, now) - this.activeAt(host));
      for (let opened = 0; opened < more; opened += 1) slot.push(host);
      if (more <= 0) continue;
      this.#waiting[host] = this.waitingAt(host) - more;
      this.#active[host] = this.activeAt(host) + more;
      const reused = Math.min(more, this.#idle[host] ?? 0);
      this.#idle[host] = (this.#idle[host] ?? 0) - reused;
      total[host] = (total[host] ?? 0) + more - reused;
      this.#busy.add(host);
      if (this.waitingAt(host) === 0) this.#pending.delete(host);
    }
    this.trim(allowed, now, total);
    this.#step += 1;
  }

  /** Closes idle connections that it may not have. */
  trim(allowed: Allowance, now: number, total: Uint32Array): void {
    for (const host of this.#resting) {
      const idle = this.#idle[host] ?? 0;
      const surplus = Math.min(idle, Math.max(0, this.openTo(host) - allowed(host, now)));
      this.#idle[host] = idle - surplus;
      total[host] = (total[host] ?? 0) - surplus;
      if (idle === surplus) this.#resting.delete(host);
    }
  }
}

/** The leases of a machine: the real client, and the demand as the fetcher tells it. */
export class SimulatedLeases {
  readonly #client: LeaseClient;
  readonly #shares = new ConnectionShares();
  readonly #machine: SimulatedMachine;
  readonly #names: readonly HostKey[];
  readonly #limit: number;

  constructor(name: string, machine: SimulatedMachine, names: readonly HostKey[], limit: number) {
    this.#client = new LeaseClient({ machine: name, limit, deadlineMs: DEADLINE_MS });
    [this.#machine, this.#names, this.#limit] = [machine, names, limit];
  }

  readonly allowed: Allowance = (host, now) => this.#shares.allowed(this.#nameOf(host), now);

  /** The hosts to which it may have connections; undefined for all. */
  get candidates(): number[] | undefined {
    const { base, leases } = this.#shares.current;
    return base > 0 ? undefined : [...leases.keys()].map((name) => Number(/\d+/.exec(name)?.[0]));
  }

  ask(now: number, machines: number): LeaseCall {
    const call = this.#client.ask([this.#demand()], now);
    this.#shares.set(this.#client.shares(machines));
    return call;
  }

  take(call: LeaseCall, granted: Leases, askedAt: number, machines: number): void {
    this.#client.take(call, granted, askedAt);
    this.#shares.set(this.#client.shares(machines));
  }

  /** As `SharedHosts` does. */
  #demand(): Demand {
    const { generation, base } = this.#shares.current;
    const least = Math.min(1, base);
    const hosts: HostDemand[] = [];
    const kept = new Map<HostKey, number>();
    for (const host of this.#machine.hosts) {
      const [name, open, active] = [
        this.#nameOf(host),
        this.#machine.openTo(host),
        this.#machine.activeAt(host),
      ];
      const rows = this.#machine.waitingAt(host) + active;
      const wanted = Math.min(connectionsFor(rows, ANSWER_MS), this.#limit);
      kept.set(name, Math.max(wanted, active));
      if (wanted > base || open > least) hosts.push({ host: name, wanted, open });
    }
    this.#shares.keep(kept);
    return { generation, hosts };
  }

  #nameOf(host: number): HostKey {
    return this.#names[host] ?? ('' as HostKey);
  }
}
