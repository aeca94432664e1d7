import { resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { machineLimits } from '../../util/machine/machine-limits.ts';

export interface DuckDBLimits {
  readonly threads: number;
  readonly memoryBytes: number;
}

/**
 * An in-memory DuckDB that can read only this file or none, whatever SQL it runs: no other file, no network, no extension,
 * and no way to change that. Rows are streamed, so the memory limit only has to fit Parquet pages; some writers make pages of
 * 100 MB.
 */
export async function openSandboxedDuckDB(
  path: string | null,
  { threads, memoryBytes }: DuckDBLimits = { threads: 1, memoryBytes: 1e9 },
): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: `${threads}`,
    memory_limit: `${Math.floor(Math.min(memoryBytes, machineLimits().memoryBytes / 2))}B`,
    temp_directory: '',
    // The system's cache of files is enough.
    enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    const file = path === null ? null : resolve(path);
    const allowed = file === null ? [] : [file, escapeGlob(file)].map(quoteText);
    await connection.run(`SET allowed_paths = [${allowed.join()}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
  } finally {
    connection.closeSync();
  }
  return instance;
}

/** SQL for the file as a table, with a column `file_row_number` if requested. */
export function parquetTable(path: string, { rowNumbers }: { readonly rowNumbers: boolean }): string {
  // A folder named like `year=2020` would otherwise add a column to the file's own.
  const options = `hive_partitioning = false, file_row_number = ${rowNumbers}`;
  return `read_parquet(${quoteText(escapeGlob(resolve(path)))}, ${options})`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The message of an error as one line, without the excerpt of the SQL, which the user did not write. */
export function firstParagraph(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .split('\n\n', 1)
    .join()
    .replace(/\s*\n\s*/g, ' ');
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** DuckDB treats every path as a glob. */
function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
