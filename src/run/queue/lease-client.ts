import type { HostCall, LeaseCall, Leases } from '../../broker/interface/broker.ts';
import type { HostKey } from '../../core/samples.ts';
import type { Demand, HostDemand, HostShares } from '../../fetch/hosts/connections/connection-shares.ts';

/** A lease is used for so long from the moment when it was asked for. */
const LEASE_MS = 25_000;
/** The broker keeps it a little longer, and as long as a request may take that began in its last moment. */
const MARGIN_MS = 5_000;
/** A lease is renewed when it is so old. */
const RENEW_MS = 10_000;
/** A host that gave less than was wanted is asked about again after so long. */
const RETRY_MS = 2_000;
/** Hosts about which all machines of the run together ask in a second at most, so that a broker can answer them. */
const ASKED_A_SECOND = 60_000;
/** Maximum hosts in a call. */
const MOST_HOSTS = 4_096;
/** A machine that hears nothing ends before its base does. */
const BASE_MS = 660_000;

interface Allowance {
  /** Of leases, beyond the base. */
  count: number;
  /** What the broker may have recorded at most. */
  recorded: number;
  until: number;
  /** The shares with which the count was lowered last. */
  loweredIn: number;
}

interface Lease extends Allowance {
  /** The moment before the last call. */
  askedAt: number;
  /** What the broker has recorded since then; Infinity if its answer is not known. */
  held: number;
}

/** A host that the broker may be asked about. */
interface Question {
  readonly call: HostCall;
  readonly lease: Lease;
  /** Whether it gives something back, or renews what is in use. */
  readonly isFirst: boolean;
}

/**
 * The connections that this machine leases from a broker. Asks for them, uses them by its own clock, and gives them back:
 * at once if nothing may have been opened since the demand was measured, else in two steps, of which the first lets it
 * start no more requests.
 */
export class LeaseClient {
  readonly #machine: string;
  readonly #limit: number;
  readonly #leaseMs: number;
  readonly #leases = new Map<HostKey, Lease>();
  #base: Allowance = { count: 0, recorded: 0, until: 0, loweredIn: 0 };
  #generation = 0;
  #calls = 0;
  #machines = 1;

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
    for (const host of this.#leases.keys())
      if (!needs.has(host)) needs.set(host, { host, wanted: 0, open: 0 });
    const questions = [...needs.values()].flatMap((need) => this.#question(need, known, now) ?? []);
    return {
      machine: this.#machine,
      call: this.#calls,
      limit: this.#limit,
      leaseMs: this.#leaseMs,
      base: this.#base.recorded,
      hosts: this.#choose(questions, now),
    };
  }

  /** Takes what the broker has granted. `askedAt`: the moment before the call. */
  take({ call, hosts }: LeaseCall, granted: Leases, askedAt: number): void {
    const rise = granted.base - this.#base.count;
    this.#base.until = askedAt + BASE_MS;
    this.#grant(this.#base, granted.base);
    for (const lease of this.#leases.values()) {
      // A base that grows was leased until now, as far as there was a lease.
      if (rise > 0 && lease.count > 0) this.#lower(lease, Math.max(0, lease.count - rise));
      if (granted.isNew && call > 1) lease.held = Number.POSITIVE_INFINITY;
    }
    for (const [at, { host, held }] of hosts.entries()) {
      const lease = this.#leases.get(host);
      if (lease === undefined) continue;
      const count = granted.hosts[at] ?? 0;
      lease.until = askedAt + LEASE_MS;
      this.#grant(lease, count);
      lease.held = Math.max(held, count);
    }
  }

  /** What hosts are to know: to be passed on after each call, and when an answer is late. */
  shares(machines: number): HostShares {
    this.#machines = machines;
    this.#generation += 1;
    const leases = [...this.#leases]
      .filter(([, { count }]) => count > 0)
      .map(([host, { count, until }]) => [host, { count, until }] as const);
    const { count: base, until: baseUntil } = this.#base;
    return { generation: this.#generation, base, baseUntil, leases: new Map(leases), machines };
  }

  /** The last call: nothing is open any more. */
  giveUp(): LeaseCall {
    const hosts = [...this.#leases.keys()].map((host) => ({ host, held: 0, wanted: 0 }));
    const call = this.#calls + 1;
    return { machine: this.#machine, call, limit: this.#limit, leaseMs: 1, base: -1, hosts };
  }

  /** What there is to say about a host at the moment. */
  #question({ host, wanted: all, open }: HostDemand, known: number, now: number): Question | null {
    const wanted = Math.max(0, Math.min(all, this.#limit) - this.#base.count);
    const lease = this.#leases.get(host) ?? noLease();
    const most = lease.until > now ? wanted : 0;
    if (most < lease.count) this.#lower(lease, most);
    // If the latest shares were known, the host has got no more than what it named since then.
    if (known === this.#generation || known >= lease.loweredIn)
      lease.recorded = Math.max(lease.count, Math.min(lease.recorded, open - this.#base.recorded));
    const { count, recorded, held, askedAt } = lease;
    if (wanted === 0 && recorded === 0 && held === 0) {
      this.#leases.delete(host);
      return null;
    }
    this.#leases.set(host, lease);
    // Who gives back does not ask at the same time, so that others come first.
    if (recorded < held) return { call: { host, held: recorded, wanted: count }, lease, isFirst: true };
    const isFirst = count > 0 && now - askedAt >= RENEW_MS;
    if (!isFirst && (wanted <= count || now - askedAt < RETRY_MS)) return null;
    return { call: { host, held: recorded, wanted }, lease, isFirst };
  }

  /** Those that fit into a call; of hosts that shall give more, those that were not asked about for longest. */
  #choose(questions: readonly Question[], now: number): HostCall[] {
    const most = Math.max(1, Math.floor(ASKED_A_SECOND / this.#machines));
    const others = questions
      .filter(({ isFirst }) => !isFirst)
      .sort((a, b) => a.lease.askedAt - b.lease.askedAt || b.call.wanted - a.call.wanted);
    const first = questions.filter(({ isFirst }) => isFirst);
    return [...first, ...others.slice(0, most)].slice(0, MOST_HOSTS).map(({ call, lease }) => {
      [lease.askedAt, lease.held] = [now, Number.POSITIVE_INFINITY];
      return call;
    });
  }

  #confirmBase(needs: ReadonlyMap<HostKey, HostDemand>, known: number, now: number): void {
    const base = this.#base;
    if (base.until <= now && base.count > 0) this.#lower(base, 0);
    if (known < base.loweredIn || base.recorded === base.count) return;
    const beyond = [...needs.values()].map(
      ({ host, open }) => open - (this.#leases.get(host)?.recorded ?? 0),
    );
    base.recorded = Math.max(base.count, Math.min(base.recorded, Math.max(0, ...beyond)));
  }

  #grant(allowance: Allowance, count: number): void {
    allowance.recorded = Math.max(allowance.recorded, count);
    if (count < allowance.count) this.#lower(allowance, count);
    else allowance.count = count;
  }

  #lower(allowance: Allowance, count: number): void {
    allowance.count = count;
    allowance.loweredIn = this.#generation + 1;
  }
}

function noLease(): Lease {
  const never = Number.NEGATIVE_INFINITY;
  return { count: 0, recorded: 0, until: 0, loweredIn: 0, askedAt: never, held: 0 };
}
