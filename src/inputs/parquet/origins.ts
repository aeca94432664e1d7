import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import type { SumSink } from '../file/index-file.ts';

/** Hosts of several steps are counted together: most hosts are in many steps, and each costs a text in JavaScript. */
const MAX_HOSTS = 2_000_000;
/** Rows of the table at which equal hosts are added up. */
const MAX_ROWS = 500_000;
const TABLE = 'laion_fetch_origins';
const SUMS = `SELECT scheme, authority, sum(rows) AS rows FROM ${TABLE} GROUP BY scheme, authority`;

/** Counts of rows by the scheme and authority of their URL, of several steps. */
export class Origins {
  readonly #connection: DuckDBConnection;
  readonly #sink: SumSink;
  /** Rows of the table, how many of them are different hosts, and what they count. */
  #hosts = 0;
  #distinct = 0;
  #rows = 0;

  private constructor(connection: DuckDBConnection, sink: SumSink) {
    this.#connection = connection;
    this.#sink = sink;
  }

  static async create(connection: DuckDBConnection, sink: SumSink): Promise<Origins> {
    await connection.run(`CREATE TABLE ${TABLE} (scheme VARCHAR, authority VARCHAR, rows DOUBLE)`);
    return new Origins(connection, sink);
  }

  /** Adds counts: a query for scheme, authority and rows, how many counts it gives, and their sum. */
  async add(sql: string, hosts: number, rows: number): Promise<void> {
    await this.#connection.run(`INSERT INTO ${TABLE} ${sql}`);
    this.#hosts += hosts;
    this.#rows += rows;
    if (this.#hosts > MAX_ROWS + this.#distinct) await this.#addUp();
    if (this.#distinct > MAX_HOSTS) await this.give();
  }

  async #addUp(): Promise<void> {
    await this.#connection.run(`CREATE OR REPLACE TABLE ${TABLE} AS ${SUMS}`);
    const counted = await this.#connection.runAndReadAll(`SELECT count(*) FROM ${TABLE}`);
    this.#hosts = Number(counted.getRows()[0]?.[0] ?? 0);
    this.#distinct = this.#hosts;
  }

  /** Gives all counts to the sink, and begins anew. */
  async give(): Promise<void> {
    let given = 0;
    for await (const chunk of streamChunks(this.#connection, SUMS)) {
      const schemes = chunk.getColumnVector(0);
      const [authorities, counts] = [chunk.getColumnVector(1), chunk.getColumnVector(2)];
      for (let [at, end] = [0, chunk.rowCount]; at < end; at += 1) {
        const rows = Number(counts.getItem(at));
        given += rows;
        const scheme = schemes.getItem(at) === 'https' ? 'https' : 'http';
        this.#sink.takeOrigin(scheme, String(authorities.getItem(at)), rows);
      }
    }
    // A stream that fails halfway ends like a complete one.
    if (given !== this.#rows) throw new Error(`DuckDB gave the hosts of ${given} rows out of ${this.#rows}`);
    await this.#connection.run(`TRUNCATE ${TABLE}`);
    [this.#hosts, this.#distinct, this.#rows] = [0, 0, 0];
  }
}

/** The result of a query that cannot fail halfway, in bounded memory. */
export async function* streamChunks(
  connection: DuckDBConnection,
  sql: string,
): AsyncGenerator<DuckDBDataChunk> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk;
  }
}
