import type { LeaseCall, Leases } from '../../src/broker/interface/broker.ts';
import type { HostKey } from '../../src/core/samples.ts';
import { ConnectionShares, type Demand, type HostDemand } from '../../src/fetch/hosts/connection-shares.ts';
import { LeaseClient } from '../../src/run/queue/lease-client.ts';

export const STEP_MS = 100;
/** What one host answers in. */
export const ANSWER_MS = 300;
const DEADLINE_MS = 30_000;

/** How many connections to a host a machine may have at a moment. */
export type Allowance = (host: number, now: number) => number;

/** One machine: rows that wait by host, and connections that it opens as far as it may. */
export class SimulatedMachine {
  readonly #active: Uint16Array;
  readonly #waiting: Uint32Array;
  /** Hosts with rows that wait. */
  readonly #pending = new Set<number>();
  /** Hosts with open connections. */
  readonly #busy = new Set<number>();
  /** Hosts of the answers that arrive in each of the next steps. */
  readonly #arrivals: number[][] = Array.from({ length: ANSWER_MS / STEP_MS }, () => []);
  #step = 0;
  rowsDone = 0;

  constructor(hosts: number) {
    this.#active = new Uint16Array(hosts);
    this.#waiting = new Uint32Array(hosts);
  }

  get hosts(): ReadonlySet<number> {
    return new Set([...this.#pending, ...this.#busy]);
  }

  activeAt(host: number): number {
    return this.#active[host] ?? 0;
  }

  waitingAt(host: number): number {
    return this.#waiting[host] ?? 0;
  }

  /** Takes the answers of the step, and rows for these hosts; opens what it may. `total`: connections of all machines. */
  step(rows: readonly number[], allowed: Allowance, now: number, total: Uint32Array): void {
    const slot = this.#arrivals[this.#step % this.#arrivals.length] ?? [];
    for (const host of slot) {
      this.#active[host] = this.activeAt(host) - 1;
      total[host] = (total[host] ?? 0) - 1;
      if (this.activeAt(host) === 0) this.#busy.delete(host);
    }
    this.rowsDone += slot.length;
    slot.length = 0;
    for (const host of rows) {
      this.#waiting[host] = this.waitingAt(host) + 1;
      this.#pending.add(host);
    }
    for (const host of this.#pending) {
      const more = Math.min(this.waitingAt(host), allowed(host, now) - this.activeAt(host));
      for (let opened = 0; opened < more; opened += 1) slot.push(host);
      if (more <= 0) continue;
      this.#waiting[host] = this.waitingAt(host) - more;
      this.#active[host] = this.activeAt(host) + more;
      total[host] = (total[host] ?? 0) + more;
      this.#busy.add(host);
      if (this.waitingAt(host) === 0) this.#pending.delete(host);
    }
    this.#step += 1;
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

  ask(now: number): LeaseCall {
    const call = this.#client.ask([this.#demand()], now);
    this.#shares.set(this.#client.shares(1));
    return call;
  }

  take(call: LeaseCall, granted: Leases, askedAt: number): void {
    this.#client.take(call, granted, askedAt);
    this.#shares.set(this.#client.shares(1));
  }

  /** As `SharedHosts` does. */
  #demand(): Demand {
    const { generation, base } = this.#shares.current;
    const hosts: HostDemand[] = [];
    for (const host of this.#machine.hosts) {
      const open = this.#machine.activeAt(host);
      const wanted = Math.min(this.#machine.waitingAt(host) + open, this.#limit);
      if (wanted > base || open > Math.min(1, base)) hosts.push({ host: this.#nameOf(host), wanted, open });
    }
    return { generation, hosts };
  }

  #nameOf(host: number): HostKey {
    return this.#names[host] ?? ('' as HostKey);
  }
}
