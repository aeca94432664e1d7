import type { FileHandle } from 'node:fs/promises';
import type { DuckDBInstance } from '@duckdb/node-api';
import { STRING } from '../../core/columns.ts';
import type { IndexSource } from '../file/index-file.ts';
import { copyToScratch } from '../file/scratch-file.ts';
import { type DuckDBLimits, openSandboxedDuckDB, parquetTable } from '../sql/duckdb.ts';
import type { SqlTable } from '../sql/table.ts';
import { type ParquetColumn, readColumns } from './columns.ts';
import { type CopiedGroup, copyOf } from './format/copy.ts';
import type { Footer } from './format/footer.ts';
import { type Schema, selectColumns } from './format/schema.ts';

export interface CopyRequest {
  /** The index in messages. */
  readonly name: string;
  readonly schema: Schema;
  readonly groups: readonly CopiedGroup[];
  /** Positions of the columns to copy. */
  readonly wanted: readonly number[];
  /** Whether texts are read as bytes, so that those that are not UTF-8 cost nothing but themselves. */
  readonly textAsBytes: boolean;
}

/** A file that DuckDB reads; `close` also removes it if it is a copy. */
export interface View extends SqlTable<ParquetColumn> {
  close(): Promise<void>;
}

/** The file as it is. */
export async function openWhole(
  { path, name }: IndexSource,
  { schema }: Footer,
  limits?: DuckDBLimits,
): Promise<View> {
  const instance = await openSandboxedDuckDB(path ?? name, limits);
  const sql: View['sql'] = (options) => parquetTable(path ?? name, options);
  const close = async () => instance.closeSync();
  try {
    return { instance, columns: await columnsOf(instance, sql, schema), sql, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** All columns of a file, but no row. */
export function openEmptyCopy(file: FileHandle, name: string, { schema }: Footer): Promise<View> {
  const wanted = [...schema.root.children.keys()];
  return openCopy(file, { name, schema, groups: [], wanted, textAsBytes: false });
}

/**
 * Some columns of some row groups.
 * @throws UserError when there is no space for temporary files
 */
export async function openCopy(file: FileHandle, options: CopyRequest): Promise<View> {
  const wanted = [...new Set(options.wanted)].sort((a, b) => a - b);
  const schema = selectColumns(options.schema, wanted);
  const scratch = await copyToScratch(copyOf(file, { ...options, schema }), options.name);
  const instance = await openSandboxedDuckDB(scratch.path);
  const close = async () => {
    instance.closeSync();
    await scratch.close();
  };
  const sql: View['sql'] = (rows) => parquetTable(scratch.path, rows);
  try {
    const copied = await columnsOf(instance, sql, schema);
    const positions = new Map(wanted.map((position, index) => [position, copied[index]]));
    const columns = options.schema.root.children.map(({ name }, at) => positions.get(at) ?? notCopied(name));
    return { instance, columns, sql, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function columnsOf(
  instance: DuckDBInstance,
  sql: View['sql'],
  schema: Schema,
): Promise<ParquetColumn[]> {
  const connection = await instance.connect();
  try {
    return await readColumns(connection, sql({ rowNumbers: false }), schema);
  } finally {
    connection.closeSync();
  }
}

/** Takes the place of a column that nobody requests. */
const notCopied = (name: string): ParquetColumn => ({
  name,
  type: STRING,
  sqlName: '',
  convert: null,
  sizeOf: () => '0',
  seen: null,
});
