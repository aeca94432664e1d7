import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { PLACEHOLDER_PORTS, type WebPorts } from '../servers/ports.ts';

/** The fixture index; its URLs have placeholder ports. */
export const FIXTURE_INDEX = fileURLToPath(new URL('../../../fixtures/index.parquet', import.meta.url));

/** Writes the fixture index to a Parquet file, with the ports of a running box in its URLs. */
export async function materialiseIndex({ http, https }: WebPorts, target: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const url = `replace(
      replace("URL", ':${PLACEHOLDER_PORTS.http}/', ':${http}/'),
      ':${PLACEHOLDER_PORTS.https}/', ':${https}/')`;
    await connection.run(
      `COPY (SELECT * REPLACE (${url} AS "URL") FROM ${quote(FIXTURE_INDEX)}) TO ${quote(target)} (FORMAT parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
