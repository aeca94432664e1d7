import type { HostKey } from '../../core/samples.ts';
import type { ConnectionShares, Demand, HostDemand, HostShares } from '../hosts/connection-shares.ts';
import type { HostQueue, QueuedRow } from './host-queue.ts';

/** A host that opens sooner needs its connections now. */
const SOON_MS = 2_000;

interface SharedHostsOptions {
  readonly shares: ConnectionShares;
  readonly frontier: {
    readonly hosts: ReadonlyMap<HostKey, Pick<HostQueue<QueuedRow>, 'host' | 'rows'>>;
    review(host: HostKey, stays: () => boolean): void;
  };
  readonly pool: {
    readonly hosts: Iterable<HostKey>;
    openTo(host: HostKey): number;
    trim(mostOf: (host: HostKey) => number): void;
  };
  readonly now: () => number;
}

/** Hosts that other machines of the run ask, too: what this machine needs of them, and what it may have. */
export class SharedHosts {
  readonly #options: SharedHostsOptions;

  constructor(options: SharedHostsOptions) {
    this.#options = options;
  }

  /** What hosts need beyond what this machine may always have. */
  demand(): Demand {
    const { shares, frontier, pool, now } = this.#options;
    const { generation, base } = shares.current;
    const least = Math.min(1, base);
    const found: HostDemand[] = [];
    const seen = new Set<HostKey>();
    for (const { host, rows } of frontier.hosts.values()) {
      const { name, active } = host;
      const isOpen = host.opensAt <= now() + SOON_MS;
      const wanted = isOpen ? Math.min(rows.size + active, host.ownLimit(now())) : active;
      const open = Math.max(active, pool.openTo(name));
      seen.add(name);
      if (wanted > base || open > least) found.push({ host: name, wanted, open });
    }
    for (const host of pool.hosts) {
      const open = pool.openTo(host);
      if (!seen.has(host) && open > least) found.push({ host, wanted: 0, open });
    }
    return { generation, hosts: found };
  }

  /** What this machine may have from now on. */
  share(next: HostShares): void {
    const { shares, frontier, pool, now } = this.#options;
    const before = shares.current;
    shares.set(next);
    pool.trim((host) => shares.allowed(host, now()));
    const countOf = (host: HostKey): number => before.leases.get(host)?.count ?? 0;
    const raised =
      next.base > before.base
        ? [...frontier.hosts.keys()]
        : [...next.leases].filter(([host, { count }]) => count > countOf(host)).map(([host]) => host);
    for (const host of raised) frontier.review(host, () => true);
  }
}
