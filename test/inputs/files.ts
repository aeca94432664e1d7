import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';
import type { Value } from '../../src/core/columns.ts';
import type { IndexFile, IndexRow, OpenOptions } from '../../src/inputs/file/index-file.ts';
import { openIndex } from '../../src/inputs/open.ts';
import { findSources } from '../../src/inputs/sources.ts';
import { useTempFolder } from '../support/temp-folder.ts';

/** Writes a file into a folder of its own and opens it as an index. */
export async function openBytes(
  name: string,
  bytes: string | Uint8Array,
  options: OpenOptions & { readonly inputFormat?: string } = {},
): Promise<IndexFile> {
  const path = join(await useTempFolder(), name);
  await writeFile(path, bytes);
  return openPath(path, options);
}

export async function openPath(
  path: string,
  { inputFormat, ...options }: OpenOptions & { readonly inputFormat?: string } = {},
): Promise<IndexFile> {
  const [source] = await findSources([path], { inputFormat });
  if (source === undefined) throw new Error(`${path} is not there`);
  const index = await openIndex(source, options);
  onTestFinished(() => index.close());
  return index;
}

export async function readRows(
  index: IndexFile,
  from = 0,
  columns = [...index.columns.keys()],
): Promise<IndexRow[]> {
  const rows: IndexRow[] = [];
  for await (const batch of index.rows({ from, columns })) rows.push(...batch);
  return rows;
}

/** The values of an index without unreadable rows. */
export async function readValues(index: IndexFile, from = 0): Promise<(readonly Value[])[]> {
  const rows = await readRows(index, from);
  return rows.map((row) => ('unreadable' in row ? [row.unreadable] : row.values));
}

/** Runs SQL in DuckDB, which can write every kind of Parquet. */
export async function runSql(...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes the rows of a query as Parquet and returns the path. */
export async function makeParquet(query: string, options = ''): Promise<string> {
  const path = join(await useTempFolder(), 'index.parquet');
  await runSql(`COPY (${query}) TO '${path}' (FORMAT parquet${options})`);
  return path;
}
