import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import type { Column, Value } from '../core/columns.ts';
import { inputError, UserError } from '../core/errors.ts';
import { firstParagraph, openCagedDuckDB, parquetTable, quoteName } from './duckdb.ts';
import { type DuckDBMapping, mapDuckDBType } from './duckdb-types.ts';
import type { IndexFile, IndexRow, IndexSource, OpenFormat, RowsRequest } from './index-file.ts';
import { checkCondition, parenthesise } from './where.ts';

interface ParquetColumn extends Column {
  readonly convert: DuckDBMapping['convert'];
}

interface OpenParquet {
  readonly instance: DuckDBInstance;
  readonly source: IndexSource;
  readonly columns: readonly ParquetColumn[];
  readonly where: string | undefined;
}

/** Parquet by way of DuckDB: every codec, row groups of any size in bounded memory, damaged files as errors. */
export const openParquet: OpenFormat = async (source, { where }): Promise<IndexFile> => {
  const path = source.path ?? '';
  const instance = await openCagedDuckDB(path);
  try {
    const { columns, rowCount } = await survey(instance, parquetTable(path, { rowNumbers: false }), where);
    return {
      source,
      columns: columns.map(({ name, type }) => ({ name, type })),
      rowCount,
      rows: (request) => readRows({ instance, source, columns, where }, request),
      close: async () => instance.closeSync(),
    };
  } catch (error) {
    instance.closeSync();
    throw error instanceof UserError ? error : unreadable(source, error);
  }
};

function unreadable(source: IndexSource, error: unknown, place = ''): Error {
  return inputError(`Cannot read '${source.name}' as Parquet${place}: ${firstParagraph(error)}`, error);
}

async function survey(instance: DuckDBInstance, table: string, where: string | undefined) {
  const connection = await instance.connect();
  try {
    const columns = await readColumns(connection, table);
    if (where !== undefined) {
      await checkCondition(connection, table, where);
      return { columns, rowCount: null };
    }
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${table}`);
    return { columns, rowCount: Number(counted.getRows()[0]?.[0]) };
  } finally {
    connection.closeSync();
  }
}

async function readColumns(connection: DuckDBConnection, table: string): Promise<ParquetColumn[]> {
  const statement = await connection.prepare(`SELECT * FROM ${table}`);
  try {
    return Array.from({ length: statement.columnCount }, (_, index) => ({
      name: statement.columnName(index),
      ...mapDuckDBType(statement.columnType(index)),
    }));
  } finally {
    statement.destroySync();
  }
}

/**
 * Selects rows and, behind the last, one that says so in a column of its own: the stream of a query that fails half
 * way ends like one that is done, and only the missing last row tells.
 */
function selectRows(
  path: string,
  columns: readonly ParquetColumn[],
  where: string | undefined,
  from: number,
  wanted: readonly number[],
): string {
  const names = [...wanted.map((index) => quoteName(columns[index]?.name ?? '')), 'false AS is_end'];
  const nulls = [...wanted.map(() => 'NULL'), 'true'];
  // Row numbers let whole row groups be passed over, but DuckDB refuses them where a column has their name.
  const rowNumbers =
    from > 0 && where === undefined && columns.every(({ name }) => !/^file_row_number$/i.test(name));
  const condition = where === undefined ? 'true' : parenthesise(where);
  const range = rowNumbers ? `file_row_number >= ${from}` : `${condition} OFFSET ${from}`;
  const rows = `SELECT ${names.join()} FROM ${parquetTable(path, { rowNumbers })} WHERE ${range}`;
  return `(${rows}) UNION ALL (SELECT ${nulls.join()})`;
}

async function* readRows(
  { instance, source, columns, where }: OpenParquet,
  { from, columns: wanted, signal }: RowsRequest,
): AsyncGenerator<IndexRow[]> {
  signal?.throwIfAborted();
  let reached = from;
  const orFail = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      signal?.throwIfAborted();
      throw unreadable(source, error, ` after row ${reached}`);
    });

  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    for (;;) {
      const started = reached;
      // Prepared, as only a single statement can be.
      const statement = await orFail(
        connection.prepare(selectRows(source.path ?? '', columns, where, reached, wanted)),
      );
      const result = await orFail(statement.stream());
      for (;;) {
        const chunk = await orFail(result.fetchChunk());
        signal?.throwIfAborted();
        if (chunk === null || chunk.rowCount === 0) break;
        const isEnd = chunk.getColumnVector(wanted.length).getItem(chunk.rowCount - 1) === true;
        const length = chunk.rowCount - (isEnd ? 1 : 0);
        if (length > 0) yield toRows(chunk, length, columns, wanted);
        reached += length;
        if (isEnd) return;
      }
      // Asked again from where it failed, DuckDB gives the reason at once.
      if (reached === started) {
        throw unreadable(source, 'the data ends without a reason', ` after row ${reached}`);
      }
    }
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
  }
}

function toRows(
  chunk: DuckDBDataChunk,
  length: number,
  columns: readonly ParquetColumn[],
  wanted: readonly number[],
): IndexRow[] {
  const rows = Array.from({ length }, (): Value[] => new Array(columns.length).fill(null));
  wanted.forEach((index, position) => {
    const vector = chunk.getColumnVector(position);
    const convert = columns[index]?.convert ?? null;
    rows.forEach((values, row) => {
      const value = vector.getItem(row);
      if (value !== null) values[index] = convert === null ? (value as Value) : convert(value);
    });
  });
  return rows.map((values) => ({ values }));
}
