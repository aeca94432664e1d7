import type { Connection } from './connection.ts';

interface Counted {
  /** Connections that may have a socket: in use, idle or closing. */
  open: number;
  /** Those unused for longest first. */
  readonly idle: Set<Connection>;
  /** Settles when all that are closing have closed. */
  closing: Promise<unknown>;
}

/** Counts connections by IP address, for a limit that covers idle ones, too. */
export class AddressCounts {
  readonly #most: number;
  readonly #counted = new Map<string, Counted>();

  constructor(most: number) {
    this.#most = most;
  }

  /** A connection to the address will be opened. */
  opens(address: string): void {
    this.#of(address).open += 1;
  }

  /** Whether there are more connections to the address than allowed. */
  isOver(address: string): boolean {
    return this.#of(address).open > this.#most;
  }

  /** The idle connection to the address that has been unused for longest. */
  oldestIdle(address: string): Connection | undefined {
    const [oldest] = this.#of(address).idle;
    return oldest;
  }

  /** Settles when all connections to the address that are closing now have closed. */
  async closing(address: string): Promise<void> {
    await this.#of(address).closing;
  }

  idles(connection: Connection): void {
    if (connection.address !== undefined) this.#of(connection.address).idle.add(connection);
  }

  leavesIdle(connection: Connection): void {
    if (connection.address !== undefined) this.#of(connection.address).idle.delete(connection);
  }

  /** The connection is counted until `closed` settles. */
  closes({ address }: Connection, closed: Promise<void>): void {
    if (address === undefined) return;
    const counted = this.#of(address);
    const end = closed.then(() => {
      counted.open -= 1;
      if (counted.open === 0) this.#counted.delete(address);
    });
    counted.closing = Promise.all([counted.closing, end]);
  }

  #of(address: string): Counted {
    const known = this.#counted.get(address);
    if (known !== undefined) return known;
    const counted: Counted = { open: 0, idle: new Set(), closing: Promise.resolve() };
    this.#counted.set(address, counted);
    return counted;
  }
}
