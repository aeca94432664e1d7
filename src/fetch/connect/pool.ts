import type { HostKey } from '../../core/samples.ts';
import { Connection, type ConnectionLimits } from './connection.ts';
import type { Dialler } from './dial.ts';

/** How long the place of a connection that was cut off stays taken. */
const LINGER_MS = 10;

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
  /** Most idle connections kept over all hosts. */
  readonly maxIdle: number;
}

/**
 * Connections by host, reused while they are fresh. The caller says with every call how many sockets the host bears
 * at the moment, idle ones and all its ports and schemes counted, and never holds more connections than that; the
 * pool sees to it that idle ones do not exceed what is left.
 */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #hosts = new Map<HostKey, HostConnections>();
  readonly #all = new Set<Connection>();
  /** All idle connections, the longest unused first. */
  readonly #idle = new Set<Connection>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** A connection for one request. Prefers one that has carried requests, unless `fresh` asks for a new socket. */
  async acquire(host: HostKey, origin: string, most: number, fresh = false): Promise<Connection> {
    const known = this.#hosts.get(host) ?? { open: 0, idle: [], closing: Promise.resolve() };
    this.#hosts.set(host, known);
    const same = fresh ? undefined : known.idle.findLast((connection) => connection.origin === origin);
    if (same !== undefined) {
      this.#unlist(known, same);
      return same;
    }
    // Reserved before anything is awaited, so that two callers never share the last place.
    known.open += 1;
    if (known.open > most) {
      const [surplus] = known.idle;
      if (surplus === undefined) await known.closing;
      else {
        this.#unlist(known, surplus);
        await this.#close(known, surplus);
      }
    }
    const connection = new Connection(host, origin, this.#options.dial, this.#options.limits);
    this.#all.add(connection);
    return connection;
  }

  /** Takes a connection back after its exchange; resolves when its place may be taken by another. */
  async release(connection: Connection, most: number): Promise<void> {
    const known = this.#hosts.get(connection.host);
    if (known === undefined) return;
    // Our word of the end is still on its way to the server, which would count a new connection beside the old one.
    if (connection.isSevered) await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    if (!connection.isReusable) {
      await this.#close(known, connection);
      return;
    }
    known.idle.push(connection);
    this.#idle.add(connection);
    await this.#closeSurplus(known, most);
    const [oldest] = this.#idle;
    if (this.#idle.size > this.#options.maxIdle && oldest !== undefined) {
      const owner = this.#hosts.get(oldest.host);
      if (owner !== undefined) {
        this.#unlist(owner, oldest);
        // Another host's: nobody here waits for its place.
        void this.#close(owner, oldest);
      }
    }
  }

  /** Closes all connections, also those in use. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.destroy()));
  }

  /** Closes idle connections that a host does not bear any more, the longest unused first. */
  async #closeSurplus(known: HostConnections, most: number): Promise<void> {
    const surplus = known.idle.slice(0, Math.max(0, known.open - most));
    for (const connection of surplus) this.#unlist(known, connection);
    await Promise.all(surplus.map((connection) => this.#close(known, connection)));
  }

  #unlist(known: HostConnections, connection: Connection): void {
    known.idle.splice(known.idle.indexOf(connection), 1);
    this.#idle.delete(connection);
  }

  async #close(known: HostConnections, connection: Connection): Promise<void> {
    const closed = connection.close();
    known.closing = Promise.all([known.closing, closed]);
    await closed;
    this.#all.delete(connection);
    known.open -= 1;
    if (known.open === 0) this.#hosts.delete(connection.host);
  }
}
