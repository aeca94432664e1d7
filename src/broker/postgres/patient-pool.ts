import { type EventEmitter, setMaxListeners } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { PgPool, PgPoolClient } from 'bullmq';
import type { DatabaseError, Pool, QueryResultRow } from 'pg';

/** A server that says nothing for so long while it is asked is gone, and the connection is made again. */
const SILENT_MS = 15_000;
const CONNECT_MS = 10_000;
const MOST_WAIT_MS = 5_000;
const CLOSE_MS = 2_000;
/** Connections of a machine; one of them is BullMQ's, for notifications. */
const CONNECTIONS = 4;

/** SQLSTATEs of what goes away: lost connections, servers that stop or start, too many connections, deadlocks. */
export const PASSES = /^(08|40|53|57P)/;

interface Answer<Row> {
  rows: Row[];
  rowCount?: number | null;
}

/** Connections to PostgreSQL whose queries wait for a server that comes back; who asks says for how long. */
export class PatientPool implements PgPool {
  readonly #pool: Pool;
  readonly #sockets: ReadonlySet<Socket>;
  readonly #isLasting: (error: unknown) => boolean;
  readonly #closing = new AbortController();

  private constructor(pool: Pool, sockets: ReadonlySet<Socket>, isLasting: (error: unknown) => boolean) {
    [this.#pool, this.#sockets, this.#isLasting] = [pool, sockets, isLasting];
    // One for each query that waits.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Loads the client. Connects only when it is asked. `searchPath`: the schema of names without one. */
  static async open(connectionString: string, searchPath: string): Promise<PatientPool> {
    const pg = (await import('pg')).default;
    const sockets = new Set<Socket>();
    const pool = new pg.Pool({
      connectionString,
      application_name: 'laion-fetch',
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: SILENT_MS,
      keepAlive: true,
      // Whoever has waited for a lock sees what was done meanwhile.
      options: `-c search_path=${searchPath} -c default_transaction_isolation=read\\ committed`,
      stream: () => {
        const socket = new Socket();
        sockets.add(socket);
        return socket.once('close', () => sockets.delete(socket));
      },
    });
    // Queries that fail say so themselves, and connections are made again.
    pool.on('error', () => {});
    const isDatabaseError = (error: unknown): error is DatabaseError => error instanceof pg.DatabaseError;
    return new PatientPool(pool, sockets, (error) =>
      isDatabaseError(error) ? !PASSES.test(error.code ?? '') : error instanceof TypeError,
    );
  }

  /** A connection, at once or not at all. */
  async connect(): Promise<PgPoolClient> {
    // The same but for overloads of `on`.
    return (await this.#pool.connect()) as unknown as PgPoolClient;
  }

  async query<Row = unknown>(text: string, values: readonly unknown[] = []): Promise<Answer<Row>> {
    const { signal } = this.#closing;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#pool.query<Row & QueryResultRow>(text, [...values]);
      } catch (error) {
        if (signal.aborted || this.#isLasting(error)) throw error;
        const pause = Math.min(MOST_WAIT_MS, 100 * attempt) * (0.5 + Math.random());
        await setTimeout(pause, undefined, { signal });
      }
    }
  }

  /** Queries wait no longer. */
  stopWaiting(): void {
    this.#closing.abort();
  }

  /** Closes all connections, also to a server that does not answer. */
  async end(): Promise<void> {
    this.stopWaiting();
    const late = new AbortController();
    const ended = this.#pool.end().catch(() => {});
    await Promise.race([ended, setTimeout(CLOSE_MS, undefined, { signal: late.signal })]);
    late.abort();
    for (const socket of this.#sockets) socket.destroy();
  }

  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'connect', listener: (client: PgPoolClient) => void): this;
  on(event: string, listener: (argument: Error & PgPoolClient) => void): this {
    (this.#pool as EventEmitter).on(event, listener);
    return this;
  }

  removeAllListeners(event?: string): this {
    (this.#pool as EventEmitter).removeAllListeners(event);
    return this;
  }
}
