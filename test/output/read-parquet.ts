import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';

export interface ReadTable {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly DuckDBValue[])[];
}

/** Runs a query over a Parquet file, which it names `FILE`. */
export async function readParquet(path: string, query = 'SELECT * FROM FILE'): Promise<ReadTable> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(query.replace('FILE', `'${path}'`));
    return {
      names: result.columnNames(),
      types: result.columnTypes().map(String),
      rows: result.getRows(),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
