import type { HostKey } from '../../core/samples.ts';

/** How many connections this machine may have, of those that all machines of a run may have together. */
export interface HostShares {
  /** Counts up with each change, so that a report shows which shares it knew. */
  readonly generation: number;
  /** Connections to any host. */
  readonly base: number;
  /** The moment of the steady clock at which the base ends. */
  readonly baseUntil: number;
  /** Further connections to single hosts, each until its moment. */
  readonly leases: ReadonlyMap<HostKey, { readonly count: number; readonly until: number }>;
  /** Machines of the run, which share its rates. */
  readonly machines: number;
}

/** What one host needs. */
export interface HostDemand {
  readonly host: HostKey;
  /** Connections that it could use now if this machine were alone. */
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

/** The shares of this machine that hold at the moment; none before the first are known. */
export class ConnectionShares {
  #shares = NO_SHARES;

  get current(): HostShares {
    return this.#shares;
  }

  set(shares: HostShares): void {
    this.#shares = shares;
  }

  /** Connections to a host that this machine may have. */
  allowed(host: HostKey, now: number): number {
    const { base, baseUntil, leases } = this.#shares;
    const lease = leases.get(host);
    return (baseUntil > now ? base : 0) + (lease !== undefined && lease.until > now ? lease.count : 0);
  }
}
