import type { HostKey } from '../../core/samples.ts';
import { AddressCounts } from './address-counts.ts';
import { Connection, type ConnectionLimits } from './connection.ts';
import type { Dialler } from './dial.ts';

/** How long the place of a severed connection stays taken. */
const LINGER_MS = 10;
/** Maximum hosts remembered whose connections are never reused. */
const MAX_UNSAFE_HOSTS = 10_000;

interface HostConnections {
  /** Connections that may have a socket: in use, idle or closing. */
  open: number;
  readonly idle: Connection[];
  /** Settles when all that are closing have closed. */
  closing: Promise<unknown>;
}

export interface PoolOptions {
  readonly dial: Dialler;
  readonly limits: ConnectionLimits;
  /** Maximum idle connections kept, over all hosts. */
  readonly maxIdle: number;
  /** Maximum connections to one IP address, idle ones included; null for no limit. */
  readonly perAddress: number | null;
}

/** What a connection is needed for. */
export interface Wanted {
  readonly host: HostKey;
  readonly origin: string;
  /** The limit of the host at the moment. */
  readonly most: number;
  /** Whether it must be a new one. */
  readonly isFresh: boolean;
  /** The IP address that it leads to; undefined if addresses are not counted. */
  readonly address: string | undefined;
}

/**
 * Connections by host, reused while they are fresh. With every call, the caller passes the connection limit of the host
 * at the moment, which covers all its ports and schemes and idle connections, too. The caller never uses more
 * connections than that; the pool closes idle ones that exceed the rest.
 */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #hosts = new Map<HostKey, HostConnections>();
  readonly #all = new Set<Connection>();
  /** All idle connections, those unused for longest first. */
  readonly #idle = new Set<Connection>();
  /** Hosts that sent stray bytes: each of their connections carries a single request from then on. */
  readonly #unsafeHosts = new Set<HostKey>();
  readonly #addresses: AddressCounts;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#addresses = new AddressCounts(options.perAddress ?? Number.POSITIVE_INFINITY);
  }

  /** A connection for one request. Reuses an idle one where it can. */
  async acquire(wanted: Wanted): Promise<Connection> {
    const { host, origin, most, isFresh, address } = wanted;
    const known = this.#hosts.get(host) ?? { open: 0, idle: [], closing: Promise.resolve() };
    this.#hosts.set(host, known);
    const same = isFresh
      ? undefined
      : known.idle.findLast((idle) => idle.origin === origin && idle.address === address);
    if (same !== undefined) {
      this.#unlist(known, same);
      return same.rest === undefined ? same : await this.#rested(same, known, wanted);
    }
    // Reserved before anything is awaited, so that two callers never share the last place.
    known.open += 1;
    if (address !== undefined) this.#addresses.opens(address);
    if (known.open > most) {
      const [surplus] = known.idle;
      if (surplus === undefined) await known.closing;
      else {
        this.#unlist(known, surplus);
        await this.#close(known, surplus);
      }
    }
    if (address !== undefined && this.#addresses.isOver(address)) await this.#makeRoom(address);
    const { dial, limits } = this.#options;
    const onStray = (stray: Connection): void => this.#distrust(stray);
    const connection = new Connection(host, origin, dial, limits, onStray, address);
    connection.isBeside = known.open > 1;
    this.#all.add(connection);
    return connection;
  }

  /** Takes a connection back after its exchange. Resolves when another connection may take its place. */
  async release(connection: Connection, most: number): Promise<void> {
    const known = this.#hosts.get(connection.host);
    if (known === undefined) return;
    // The server may not yet have seen that we closed, and would count a new connection beside the old one.
    if (connection.isSevered) await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    if (!connection.isReusable || this.hasStrayBytes(connection.host)) {
      await this.#close(known, connection);
      return;
    }
    known.idle.push(connection);
    this.#idle.add(connection);
    this.#addresses.idles(connection);
    await this.#closeSurplus(known, most);
    const [oldest] = this.#idle;
    if (this.#idle.size > this.#options.maxIdle && oldest !== undefined) {
      const owner = this.#hosts.get(oldest.host);
      if (owner !== undefined) {
        this.#unlist(owner, oldest);
        // It may belong to another host: nothing here waits for its place.
        void this.#close(owner, oldest);
      }
    }
  }

  /**
   * Whether the host has sent bytes that no request asked for, or that are not HTTP. Any answer but the first of a
   * connection may then belong to an earlier request.
   */
  hasStrayBytes(host: HostKey): boolean {
    return this.#unsafeHosts.has(host);
  }

  /** Open connections to a host, idle and closing ones included. */
  openTo(host: HostKey): number {
    return this.#hosts.get(host)?.open ?? 0;
  }

  /** Hosts with open connections. */
  get hosts(): Iterable<HostKey> {
    return this.#hosts.keys();
  }

  /** Closes idle connections to hosts that may have fewer now. */
  trim(mostOf: (host: HostKey) => number): void {
    for (const connection of [...this.#idle]) {
      const known = this.#hosts.get(connection.host);
      if (known !== undefined && known.open > mostOf(connection.host))
        void this.#closeSurplus(known, mostOf(connection.host));
    }
  }

  /** Closes all connections, also those in use. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.destroy()));
  }

  /** Waits until a connection has rested. If that has shown stray bytes, or the server has closed it, returns another. */
  async #rested(connection: Connection, known: HostConnections, wanted: Wanted): Promise<Connection> {
    await connection.rest;
    connection.rest = undefined;
    if (connection.isReusable && !this.hasStrayBytes(wanted.host)) return connection;
    await this.#close(known, connection);
    return await this.acquire(wanted);
  }

  /** Closes an idle connection to the address, of whatever host, or waits for those that are closing. */
  async #makeRoom(address: string): Promise<void> {
    const surplus = this.#addresses.oldestIdle(address);
    const owner = surplus === undefined ? undefined : this.#hosts.get(surplus.host);
    if (surplus === undefined || owner === undefined) await this.#addresses.closing(address);
    else {
      this.#unlist(owner, surplus);
      await this.#close(owner, surplus);
    }
  }

  /** Closes idle connections that exceed the limit of a host, those unused for longest first. */
  async #closeSurplus(known: HostConnections, most: number): Promise<void> {
    const surplus = known.idle.slice(0, Math.max(0, known.open - most));
    for (const connection of surplus) this.#unlist(known, connection);
    await Promise.all(surplus.map((connection) => this.#close(known, connection)));
  }

  /** Reuses no connection to the host from now on, and closes the idle ones. */
  #distrust({ host }: Connection): void {
    const [oldest] = this.#unsafeHosts;
    if (this.#unsafeHosts.size >= MAX_UNSAFE_HOSTS && oldest !== undefined) this.#unsafeHosts.delete(oldest);
    this.#unsafeHosts.add(host);
    const known = this.#hosts.get(host);
    if (known === undefined) return;
    for (const idle of known.idle.slice()) {
      this.#unlist(known, idle);
      void this.#close(known, idle);
    }
  }

  #unlist(known: HostConnections, connection: Connection): void {
    known.idle.splice(known.idle.indexOf(connection), 1);
    this.#idle.delete(connection);
    this.#addresses.leavesIdle(connection);
  }

  async #close(known: HostConnections, connection: Connection): Promise<void> {
    const closed = connection.close();
    this.#addresses.closes(connection, closed);
    known.closing = Promise.all([known.closing, closed]);
    await closed;
    this.#all.delete(connection);
    known.open -= 1;
    if (known.open === 0) this.#hosts.delete(connection.host);
  }
}
