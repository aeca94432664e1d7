import type { HostKey } from '../../core/samples.ts';
import {
  type ConnectionShares,
  connectionsFor,
  type Demand,
  type HostDemand,
  type HostShares,
} from '../hosts/connections/connection-shares.ts';
import type { HostBook } from '../hosts/host-book.ts';
import type { HostNews } from '../hosts/host-news.ts';
import type { HostQueue, QueuedRow } from './host-queue.ts';

/** A host that opens sooner needs its connections now. */
const SOON_MS = 2_000;

type SharedQueue = Pick<HostQueue<QueuedRow>, 'host' | 'rows' | 'requestMs'>;

/** A host that time limits, and that this machine asks. */
export interface PacedHost {
  readonly host: HostKey;
  /** Milliseconds between requests of all machines together, learnt from refusals; 0 for none. */
  readonly intervalMs: number;
  /** Whether it was learnt without knowing of other machines. */
  readonly isAlone: boolean;
}

interface SharedHostsOptions {
  readonly shares: ConnectionShares;
  readonly book: Pick<HostBook, 'hear'>;
  readonly frontier: {
    readonly hosts: ReadonlyMap<HostKey, SharedQueue>;
    relist(host: HostKey): void;
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

  /** What hosts need beyond what this machine may always have. Until the next shares, they get no more than that. */
  demand(): Demand {
    const { shares, frontier, pool } = this.#options;
    const { generation, base } = shares.current;
    const least = Math.min(1, base);
    const found: HostDemand[] = [];
    const kept = new Map<HostKey, number>();
    for (const queue of frontier.hosts.values()) {
      const { name } = queue.host;
      const wanted = this.#wanted(queue);
      kept.set(name, Math.max(wanted, queue.host.active));
      const open = Math.max(queue.host.active, pool.openTo(name));
      if (wanted > base || open > least) found.push({ host: name, wanted, open });
    }
    for (const host of pool.hosts) {
      const open = pool.openTo(host);
      if (!kept.has(host) && open > least) found.push({ host, wanted: 0, open });
    }
    shares.keep(kept);
    this.#trim();
    return { generation, hosts: found };
  }

  /** Hosts with a pace that this machine asks. A Crawl-delay without a second row limits nothing. */
  paced(): PacedHost[] {
    const found: PacedHost[] = [];
    for (const { host, rows } of this.#options.frontier.hosts.values()) {
      const { learntMs, crawlDelayMs } = host.pace;
      const isDelayed = crawlDelayMs > 0 && rows.size + host.active > 1;
      if (learntMs > 0 || isDelayed)
        found.push({ host: host.name, intervalMs: learntMs, isAlone: host.pace.isAlone });
    }
    return found;
  }

  /** Other machines have learnt this. */
  hear(news: readonly HostNews[]): void {
    const { book, frontier, now } = this.#options;
    for (const each of news) {
      book.hear(each, now());
      // The rows of a host that is closed now end.
      if (each.closed !== null) frontier.relist(each.host);
    }
  }

  /** What this machine may have from now on. */
  share(next: HostShares): void {
    const { shares, frontier, now } = this.#options;
    const { base } = shares.current;
    const before = new Map([...next.leases.keys()].map((host) => [host, shares.allowed(host, now())]));
    shares.set(next);
    this.#trim();
    const isRaised = (host: HostKey): boolean => shares.allowed(host, now()) > (before.get(host) ?? 0);
    const raised = next.base > base ? frontier.hosts.keys() : [...next.leases.keys()].filter(isRaised);
    for (const host of [...raised]) frontier.relist(host);
  }

  /** Connections with which the rows of a host are soon done; those in use while it is not to be asked. */
  #wanted({ host, rows, requestMs }: SharedQueue): number {
    const now = this.#options.now();
    if (host.opensAt > now + SOON_MS) return host.active;
    return Math.min(connectionsFor(rows.size + host.active, requestMs), host.ownLimit(now));
  }

  /** Closes idle connections that this machine may not have. */
  #trim(): void {
    const { shares, pool, now } = this.#options;
    pool.trim((host) => shares.allowed(host, now()));
  }
}
