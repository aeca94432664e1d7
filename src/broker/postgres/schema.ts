import type { PgQueryable } from 'bullmq';
import { LEASE_FUNCTIONS } from './lease-function.ts';
import { NEWS_FUNCTION } from './news-function.ts';

/** Changes with every change of tables and functions. */
const VERSION = 'laion-fetch 3';

/**
 * Creates the tables and functions where they are missing: those of BullMQ by its own `migrate`, and ours. Machines that
 * start at the same time wait for each other, before the transactions begin: in these, a session may still hold for true
 * that a schema is missing.
 */
export async function prepareDatabase(client: PgQueryable, migrate: () => Promise<unknown>): Promise<void> {
  await client.query(`SELECT pg_advisory_lock(hashtext('laion_fetch.schema'))`);
  await migrate();
  await createSchema(client);
  await sweep(client);
  await client.query(`SELECT pg_advisory_unlock(hashtext('laion_fetch.schema'))`);
}

/** Leases last for seconds, so their tables begin anew. Rows that change every second leave room for their next version. */
const TABLES = `
DROP TABLE IF EXISTS laion_fetch.caller, laion_fetch.deal, laion_fetch.host, laion_fetch.lease;
CREATE SCHEMA IF NOT EXISTS laion_fetch;
CREATE TABLE IF NOT EXISTS laion_fetch.run (
  run text PRIMARY KEY, plan text, is_draining boolean NOT NULL DEFAULT false
);
CREATE TABLE IF NOT EXISTS laion_fetch.machine (
  run text, name text, figures text NOT NULL, seen timestamptz NOT NULL, PRIMARY KEY (run, name)
) WITH (fillfactor = 50);
CREATE TABLE laion_fetch.caller (
  run text, machine text, call bigint NOT NULL, base int NOT NULL, ends bigint NOT NULL, leases_end bigint NOT NULL,
  PRIMARY KEY (run, machine)
) WITH (fillfactor = 50);
CREATE TABLE laion_fetch.deal (
  run text PRIMARY KEY, each int NOT NULL, safe bigint NOT NULL, last_end bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE laion_fetch.host (
  run text, host text, held int NOT NULL, beyond int NOT NULL, waits bigint NOT NULL, PRIMARY KEY (run, host)
) WITH (fillfactor = 50);
CREATE TABLE laion_fetch.lease (
  run text, machine text, host text, held int NOT NULL, reserved int NOT NULL, since bigint NOT NULL,
  PRIMARY KEY (run, machine, host)
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS laion_fetch.news (
  run text, host text, machine text, body text NOT NULL, said bigint NOT NULL, ends bigint NOT NULL,
  place bigint NOT NULL, PRIMARY KEY (run, host, machine)
);
CREATE INDEX IF NOT EXISTS news_by_place ON laion_fetch.news (run, place);
CREATE INDEX IF NOT EXISTS news_by_end ON laion_fetch.news (run, ends);
CREATE SEQUENCE IF NOT EXISTS laion_fetch.news_place;
`;

async function createSchema(client: PgQueryable): Promise<void> {
  const version = `SELECT obj_description(to_regnamespace('laion_fetch'), 'pg_namespace') AS version`;
  const { rows } = await client.query<{ version: string | null }>(version);
  if (rows[0]?.version === VERSION) return;
  // One message is one transaction.
  await client.query(`${TABLES}
    ${LEASE_FUNCTIONS}
    ${NEWS_FUNCTION}
    COMMENT ON SCHEMA laion_fetch IS '${VERSION}';`);
}

/**
 * Removes what machines have left behind that ended in silence. Their leases end with the next call of another machine. The
 * lock keeps calls out meanwhile: a host that gets its first lease during the sweep would lose its sum.
 */
async function sweep(client: PgQueryable): Promise<void> {
  const now = 'extract(epoch FROM clock_timestamp()) * 1000';
  await client.query(`LOCK TABLE laion_fetch.caller IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM laion_fetch.machine WHERE seen < now() - interval '1 hour';
    DELETE FROM laion_fetch.caller WHERE greatest(ends, leases_end) < ${now} - 3600000;
    DELETE FROM laion_fetch.lease WHERE NOT EXISTS (
      SELECT FROM laion_fetch.caller WHERE caller.run = lease.run AND caller.machine = lease.machine);
    DELETE FROM laion_fetch.host WHERE NOT EXISTS (
      SELECT FROM laion_fetch.lease WHERE lease.run = host.run AND lease.host = host.host);
    DELETE FROM laion_fetch.news WHERE ends < ${now};`);
}
