import type { HostKey } from '../../../core/samples.ts';

/** How many connections this machine may have, of those that all machines of a run may have together. */
export interface HostShares {
  /** Counts up with each change, so that a report shows which shares it knew. */
  readonly generation: number;
  /** Connections to any host. */
  readonly base: number;
  /** The moment of the steady clock at which the base ends. */
  readonly baseUntil: number;
  /** Further connections to single hosts, each until its moment. */
  readonly leases: ReadonlyMap<HostKey, Lease>;
  /** Machines of the run, which share its rates. */
  readonly machines: number;
}

interface Lease {
  readonly count: number;
  readonly until: number;
}

/** What one host needs. */
export interface HostDemand {
  readonly host: HostKey;
  /** Connections that it would use now if this machine were alone. */
  readonly wanted: number;
  /** Connections that are open, idle ones included. */
  readonly open: number;
}

export interface Demand {
  /** Of the shares that were known. */
  readonly generation: number;
  /** Hosts that need more than the base, or have more open connections than one or the base. */
  readonly hosts: readonly HostDemand[];
}

const NO_SHARES: HostShares = {
  generation: 0,
  base: 0,
  baseUntil: 0,
  leases: new Map(),
  machines: 1,
};

/** So soon the rows of a host shall be done: with more connections, most would be idle again before others get them. */
const SOON_MS = 2_000;

/** Connections that so many rows need, of which each holds one for `eachMs`. */
export function connectionsFor(rows: number, eachMs: number): number {
  return Math.min(rows, Math.ceil((rows * eachMs) / SOON_MS));
}

/** The shares of this machine that hold at the moment; none before the first are known. */
export class ConnectionShares {
  #shares = NO_SHARES;
  #leases = new Map<HostKey, Lease>();

  get current(): HostShares {
    return this.#shares;
  }

  set(shares: HostShares): void {
    this.#shares = shares;
    this.#leases = new Map(shares.leases);
  }

  /** Keeps no more than what is wanted, until the next shares: what is not may be given back without another word. */
  keep(wanted: ReadonlyMap<HostKey, number>): void {
    for (const [host, { count, until }] of this.#leases) {
      const most = Math.max(0, (wanted.get(host) ?? 0) - this.#shares.base);
      if (count > most) this.#leases.set(host, { count: most, until });
    }
  }

  /** Connections to a host that this machine may have. */
  allowed(host: HostKey, now: number): number {
    const { base, baseUntil } = this.#shares;
    const lease = this.#leases.get(host);
    const leased = lease !== undefined && lease.until > now ? lease.count : 0;
    return (baseUntil > now ? base : 0) + leased;
  }
}
