import type { UserError } from '../../core/errors.ts';
import type { HostKey } from '../../core/samples.ts';
import { publicQueueAddress } from '../../util/text/queue-address.ts';
import { BullQueue } from '../bull/bull-queue.ts';
import {
  type Broker,
  type BrokerRun,
  type LeaseCall,
  type LeasedHost,
  type Leases,
  MACHINE_MS,
  type Machine,
  type MachineFigures,
  MOST_READ,
  type News,
  type NewsCall,
  type ReadNewsItem,
  type RunPlan,
} from '../interface/broker.ts';
import {
  CHECK_LOGIN,
  codeOf,
  isPassing,
  reasonOf,
  UnreachableError,
  unusableError,
} from '../interface/broker-error.ts';
import { leasesOf } from '../interface/lease-rule.ts';
import { LEASE, leaseArguments } from './lease-function.ts';
import { newsArguments, PASS_NEWS } from './news-function.ts';
import { PASSES, PatientPool } from './patient-pool.ts';
import { prepareDatabase } from './schema.ts';

/** PostgreSQL as a broker: shards in the tables of BullMQ, in the schema `bullmq`; the rest in `laion_fetch`. */
export class PostgresBroker implements Broker {
  readonly address: string;
  readonly #pool: PatientPool;
  readonly #open: PostgresRun[] = [];

  private constructor(address: string, pool: PatientPool) {
    [this.address, this.#pool] = [address, pool];
  }

  /**
   * Loads the client, connects, and creates the tables where they are missing.
   * @throws UserError with exit code 3 if the server refuses the password or what is needed; UnreachableError if it may be
   * there later
   */
  static async connect(address: string): Promise<PostgresBroker> {
    const { DEFAULT_SCHEMA, runMigrations } = await import('bullmq');
    let pool: PatientPool | undefined;
    try {
      pool = await PatientPool.open(address, DEFAULT_SCHEMA);
      const client = await pool.connect();
      try {
        await prepareDatabase(client, () => runMigrations(client, DEFAULT_SCHEMA));
      } catch (error) {
        // Its lock ends with it.
        client.release(true);
        throw error;
      }
      client.release();
    } catch (error) {
      await pool?.end();
      throw cannotUse(publicQueueAddress(address), error);
    }
    return new PostgresBroker(publicQueueAddress(address), pool);
  }

  async runs(): Promise<readonly string[]> {
    const text = 'SELECT run FROM laion_fetch.run WHERE plan IS NOT NULL ORDER BY run';
    const { rows } = await this.#pool.query<{ run: string }>(text);
    return rows.map(({ run }) => run);
  }

  async run(fingerprint: string): Promise<BrokerRun> {
    const connection = this.#pool;
    const run = new PostgresRun(
      connection,
      fingerprint,
      await BullQueue.open({ run: fingerprint, connection, backend: (bull) => bull.createPostgresBackend }),
    );
    this.#open.push(run);
    return run;
  }

  async close(): Promise<void> {
    this.#pool.stopWaiting();
    const closed = Promise.all(this.#open.map((run) => run.queue.close()));
    await this.#pool.end();
    await closed;
  }
}

class PostgresRun implements BrokerRun {
  readonly queue: BullQueue;
  readonly #pool: PatientPool;
  readonly #fingerprint: string;

  constructor(pool: PatientPool, fingerprint: string, queue: BullQueue) {
    [this.#pool, this.#fingerprint, this.queue] = [pool, fingerprint, queue];
  }

  async plan(): Promise<RunPlan | null> {
    const [row] = await this.#ask<{ plan: string | null }>('SELECT plan FROM laion_fetch.run WHERE run = $1');
    return row === undefined || row.plan === null ? null : (JSON.parse(row.plan) as RunPlan);
  }

  async setPlan(plan: RunPlan): Promise<void> {
    await this.#ask(
      'INSERT INTO laion_fetch.run (run, plan) VALUES ($1, $2) ON CONFLICT (run) DO UPDATE SET plan = excluded.plan',
      JSON.stringify(plan),
    );
  }

  async isDraining(): Promise<boolean> {
    const text = 'SELECT FROM laion_fetch.run WHERE run = $1 AND is_draining';
    return (await this.#ask(text)).length === 1;
  }

  async drain(isDraining: boolean): Promise<void> {
    await this.#ask(
      `INSERT INTO laion_fetch.run (run, is_draining) VALUES ($1, $2)
       ON CONFLICT (run) DO UPDATE SET is_draining = excluded.is_draining`,
      isDraining,
    );
  }

  async report(name: string, figures: MachineFigures): Promise<number> {
    const [row] = await this.#ask<{ others: number }>(
      `WITH reported AS (
         INSERT INTO laion_fetch.machine VALUES ($1, $2, $3, clock_timestamp())
         ON CONFLICT (run, name) DO UPDATE SET figures = excluded.figures, seen = excluded.seen
       )
       SELECT count(*)::int AS others FROM laion_fetch.machine WHERE run = $1 AND name <> $2 AND ${LATELY}`,
      name,
      JSON.stringify(figures),
    );
    return 1 + (row?.others ?? 0);
  }

  async machines(): Promise<readonly Machine[]> {
    const rows = await this.#ask<{ name: string; figures: string }>(
      `SELECT name, figures FROM laion_fetch.machine WHERE run = $1 AND ${LATELY} ORDER BY name`,
    );
    return rows.map(({ name, figures }) => ({ name, ...(JSON.parse(figures) as MachineFigures) }));
  }

  async leave(name: string): Promise<void> {
    await this.#ask('DELETE FROM laion_fetch.machine WHERE run = $1 AND name = $2', name);
  }

  async lease(call: LeaseCall): Promise<Leases | null> {
    const values = leaseArguments(call, this.#fingerprint, null);
    const { rows } = await this.#pool.query<{ granted: number[] | null }>(LEASE, values);
    return leasesOf(rows[0]?.granted ?? []);
  }

  async leased(): Promise<readonly LeasedHost[]> {
    const rows = await this.#ask<LeasedHost>(
      `SELECT host, held AS connections, waits > extract(epoch FROM clock_timestamp()) * 1000 AS "isWaitedFor"
       FROM laion_fetch.host WHERE run = $1 ORDER BY held DESC`,
    );
    return rows.map(({ host, connections, isWaitedFor }) => ({ host, connections, isWaitedFor }));
  }

  async passNews(call: NewsCall): Promise<News> {
    const values = newsArguments(call, this.#fingerprint, null);
    const { rows } = await this.#pool.query<NewsRow>(PASS_NEWS, values);
    const until = Number(rows.at(-1)?.place ?? call.since);
    const read = rows.map(({ host, machine, body, age_ms }): ReadNewsItem => {
      return { host, machine, text: body, ageMs: Number(age_ms) };
    });
    return { until, hasMore: rows.length === MOST_READ, read };
  }

  async remove(): Promise<void> {
    await this.queue.remove();
    for (const table of ['machine', 'lease', 'host', 'caller', 'deal', 'news', 'run'])
      await this.#ask(`DELETE FROM laion_fetch.${table} WHERE run = $1`);
  }

  /** The first value is the run's fingerprint. */
  async #ask<Row>(text: string, ...values: unknown[]): Promise<Row[]> {
    return (await this.#pool.query<Row>(text, [this.#fingerprint, ...values])).rows;
  }
}

/** 64-bit numbers come as text. */
interface NewsRow {
  readonly place: string;
  readonly host: HostKey;
  readonly machine: string;
  readonly body: string;
  readonly age_ms: string;
}

const LATELY = `seen > clock_timestamp() - interval '${MACHINE_MS} milliseconds'`;

/** SQLSTATEs and messages of logins that fail. */
const REFUSES_LOGIN = /^28|^SASL|no password|password must be/i;
/** What the client says of connections that break. */
const BROKEN = /timeout|timed out|Connection terminated/i;

function cannotUse(address: string, error: unknown): UserError {
  const [code, found] = [codeOf(error), reasonOf(error)];
  if (REFUSES_LOGIN.test(code) || REFUSES_LOGIN.test(found))
    return unusableError(address, 'it refuses the password', CHECK_LOGIN);
  if (isPassing(error) || PASSES.test(code) || BROKEN.test(found))
    return new UnreachableError(address, error);
  const remedy = 'name a database of PostgreSQL 13 or newer in which the user may create schemas';
  return unusableError(address, found, remedy);
}
