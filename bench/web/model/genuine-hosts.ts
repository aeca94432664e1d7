import { DuckDBInstance } from '@duckdb/node-api';

/** The host of each row of a Parquet index with a column `URL`, 0 for the host with the most rows. */
export async function readGenuineHosts(index: string): Promise<Uint32Array> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll('SELECT "URL" FROM read_parquet($1)', [index]);
    return placesOf((reader.getColumns()[0] ?? []).map((url) => hostname(String(url))));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Ranks of names by frequency; of two equally frequent names, the earlier is first. */
export function placesOf(names: readonly string[]): Uint32Array {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const places = new Map(sorted.map(([name], place) => [name, place]));
  return Uint32Array.from(names, (name) => places.get(name) ?? 0);
}

/** Text that no parser accepts has a host of its own. */
const hostname = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : url);
