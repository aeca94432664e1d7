import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** What is in the folder `.laion-fetch` of a finished dataset. */
export const STATE_FILES = ['hosts.json', 'loader-files.json', 'manifest.json', 'throughput.json'];

/** The rows of all metadata files of a dataset, in order, read by DuckDB; int64 as text. */
export async function readMetadata(output: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT * FROM read_parquet('${join(output, '*.parquet')}', union_by_name = true) ORDER BY key`,
    );
    return reader.getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The names of the members of a tar, in order, read by GNU tar. */
export function listTar(path: string): string[] {
  return execFileSync('tar', ['tf', path], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

/** The bytes of one member of a tar, read by GNU tar. */
export function readMember(path: string, member: string): Buffer {
  return execFileSync('tar', ['xOf', path, member], { maxBuffer: 2 ** 28 });
}

/** Digests of the files in a folder whose names have this ending. */
export function digestFiles(folder: string, ending: string): Record<string, string> {
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && entry.name.endsWith(ending) ? [entry.name] : [],
  );
  const digest = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(names.sort().map((name) => [name, digest(name)]));
}

export function readStats(output: string, shard = '00000'): Record<string, unknown> {
  return JSON.parse(readFileSync(join(output, `${shard}_stats.json`), 'utf8')) as Record<string, unknown>;
}
