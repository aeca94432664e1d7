import type { LeaseCall, Leases } from '../../broker/interface/broker.ts';
import type { HostKey } from '../../core/samples.ts';
import type { Demand, HostDemand, HostShares } from '../../fetch/hosts/connection-shares.ts';

/** A lease is used for so long from the moment when it was asked for. */
const LEASE_MS = 25_000;
/** The broker keeps it a little longer, and as long as a request may take that began in its last moment. */
const MARGIN_MS = 5_000;
/** A machine that hears nothing ends before its base does. */
const BASE_MS = 660_000;
/** Maximum hosts in a call: those that need most come first. */
const MOST_HOSTS = 4_096;

interface Lease {
  /** Connections beyond the base. */
  count: number;
  /** What the broker may have recorded at most. */
  recorded: number;
  until: number;
  /** The shares with which the count was lowered last. */
  loweredIn: number;
}

/**
 * The connections that this machine leases from a broker. Asks for them, uses them by its own clock, and lowers them in two
 * steps: it starts no more requests, and when those under way are over it says so.
 */
export class LeaseClient {
  readonly #machine: string;
  readonly #limit: number;
  readonly #leaseMs: number;
  readonly #leases = new Map<HostKey, Lease>();
  #base = { count: 0, recorded: 0, until: 0, loweredIn: 0 };
  #generation = 0;
  #calls = 0;

  /** `machine`: another one for each start. `deadlineMs`: how long a request may take. */
  constructor({ machine, limit, deadlineMs }: { machine: string; limit: number; deadlineMs: number }) {
    [this.#machine, this.#limit] = [machine, limit];
    this.#leaseMs = LEASE_MS + MARGIN_MS + deadlineMs;
  }

  /** What to ask the broker for. `demand`: of each lane. */
  ask(demand: readonly Demand[], now: number): LeaseCall {
    this.#calls += 1;
    const known = Math.min(...demand.map(({ generation }) => generation), Number.MAX_SAFE_INTEGER);
    const needs = new Map(demand.flatMap(({ hosts }) => hosts.map((need) => [need.host, need] as const)));
    this.#confirmBase(needs, known, now);
    for (const [host, lease] of this.#leases) {
      if (lease.until <= now && lease.count > 0) this.#lower(lease, 0);
      if (!needs.has(host)) needs.set(host, { host, wanted: 0, open: 0 });
    }
    const asked = [...needs.values()]
      .sort((a, b) => Math.max(b.wanted, b.open) - Math.max(a.wanted, a.open))
      .filter(({ host }, at) => at < MOST_HOSTS || this.#leases.has(host));
    return {
      machine: this.#machine,
      call: this.#calls,
      limit: this.#limit,
      leaseMs: this.#leaseMs,
      base: this.#base.recorded,
      hosts: asked.map((need) => this.#askFor(need, known)),
    };
  }

  /** Takes what the broker has granted. `askedAt`: the moment before the call. */
  take({ hosts }: LeaseCall, granted: Leases, askedAt: number): void {
    this.#base.until = askedAt + BASE_MS;
    this.#grant(this.#base, granted.base);
    for (const [at, { host }] of hosts.entries()) {
      const lease = this.#leases.get(host);
      if (lease === undefined) continue;
      lease.until = askedAt + LEASE_MS;
      this.#grant(lease, granted.hosts[at] ?? 0);
      if (lease.recorded === 0) this.#leases.delete(host);
    }
  }

  /** What hosts are to know: to be passed on after each call, and when an answer is late. */
  shares(machines: number): HostShares {
    this.#generation += 1;
    const leases = [...this.#leases].map(([host, { count, until }]) => [host, { count, until }] as const);
    const { count: base, until: baseUntil } = this.#base;
    return { generation: this.#generation, base, baseUntil, leases: new Map(leases), machines };
  }

  /** The last call: nothing is open any more. */
  giveUp(): LeaseCall {
    const hosts = [...this.#leases.keys()].map((host) => ({ host, held: 0, wanted: 0 }));
    const call = this.#calls + 1;
    return { machine: this.#machine, call, limit: this.#limit, leaseMs: 1, base: -1, hosts };
  }

  #askFor({ host, wanted, open }: HostDemand, known: number): LeaseCall['hosts'][number] {
    const lease = this.#leases.get(host) ?? { count: 0, recorded: 0, until: 0, loweredIn: 0 };
    this.#leases.set(host, lease);
    const more = Math.max(0, Math.min(wanted, this.#limit) - this.#base.count);
    if (more < lease.count) this.#lower(lease, more);
    else if (known >= lease.loweredIn) {
      // What is under way has been counted since the count was lowered.
      lease.recorded = Math.max(lease.count, Math.min(lease.recorded, open - this.#base.recorded));
    }
    return { host, held: lease.recorded, wanted: more };
  }

  #confirmBase(needs: ReadonlyMap<HostKey, HostDemand>, known: number, now: number): void {
    const base = this.#base;
    if (base.until <= now && base.count > 0) this.#lower(base, 0);
    if (known < base.loweredIn || base.recorded === base.count) return;
    const beyond = [...needs.values()].map(({ host, open }) => open - (this.#leases.get(host)?.count ?? 0));
    base.recorded = Math.max(base.count, Math.min(base.recorded, Math.max(0, ...beyond)));
  }

  #grant(lease: { count: number; recorded: number; loweredIn: number }, count: number): void {
    lease.recorded = Math.max(lease.recorded, count);
    if (count < lease.count) this.#lower(lease, count);
    else lease.count = count;
  }

  #lower(lease: { count: number; loweredIn: number }, count: number): void {
    lease.count = count;
    lease.loweredIn = this.#generation + 1;
  }
}
