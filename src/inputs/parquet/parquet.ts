import { type FileHandle, open } from 'node:fs/promises';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBInstance,
  DuckDBListValue,
} from '@duckdb/node-api';
import type { Column, Value } from '../../core/columns.ts';
import { inputError, UserError } from '../../core/errors.ts';
import type { IndexFile, IndexRow, IndexSource, OpenFormat, RowsRequest } from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { MAX_ROW_BYTES, rowsPerBatch } from '../file/row-limits.ts';
import { firstParagraph, openSandboxedDuckDB, parquetTable, quoteName } from './duckdb.ts';
import { type DuckDBMapping, mapDuckDBType } from './duckdb-types.ts';
import { largeColumns, type Refuse, type RowGroup, readFooter } from './footer.ts';
import { PageGuard } from './pages.ts';
import { sizeSql, sumSql } from './value-sizes.ts';
import { checkCondition, parenthesise } from './where.ts';

interface ParquetColumn extends Column {
  readonly convert: DuckDBMapping['convert'];
  /** SQL for the size in bytes of the value of this SQL expression. */
  readonly sizeOf: (expression: string) => string;
}

interface OpenParquet {
  readonly instance: DuckDBInstance;
  readonly source: IndexSource;
  readonly columns: readonly ParquetColumn[];
  readonly groups: readonly RowGroup[];
  readonly where: string | undefined;
  readonly notices: Notices;
}

/** Number of rows that DuckDB may read ahead: it buffers 1 MiB, and at least the 16 bytes of a URL for each row. */
const ROWS_AHEAD = 65_536 + 2048;

/** Size of the values that are converted at a time. */
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Reads Parquet with DuckDB: every codec, row groups of any size in bounded memory, errors for damaged files. Everything
 * that DuckDB would trust without a check is checked before DuckDB reads it.
 */
export const openParquet: OpenFormat = async (source, { where, onNotice }): Promise<IndexFile> => {
  const path = source.path ?? '';
  const notices = new Notices(source.name, onNotice);
  const groups = await withFile(source, async (file) =>
    readFooter(file, (await file.stat()).size, (reason) => unreadable(source, reason)),
  );
  const instance = await openSandboxedDuckDB(path);
  try {
    const { columns, rowCount } = await readShape(instance, parquetTable(path, { rowNumbers: false }), where);
    return {
      source,
      columns: columns.map(({ name, type }) => ({ name, type })),
      rowCount,
      largeColumns: largeColumns(groups),
      rows: (request) => readRows({ instance, source, columns, groups, where, notices }, request),
      close: async () => instance.closeSync(),
    };
  } catch (error) {
    instance.closeSync();
    throw error instanceof UserError ? error : unreadable(source, error);
  }
};

async function withFile<T>(source: IndexSource, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(source.path ?? '').catch((error: unknown) => {
    throw unreadable(source, error);
  });
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function unreadable(source: IndexSource, error: unknown, place = ''): Error {
  return inputError(`Cannot read '${source.name}' as Parquet${place}: ${firstParagraph(error)}`, error);
}

async function readShape(instance: DuckDBInstance, table: string, where: string | undefined) {
  const connection = await instance.connect();
  try {
    const columns = await readColumns(connection, table);
    if (where !== undefined) {
      await checkCondition(connection, { table, columns: columns.map(({ name }) => name) }, where);
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
    return Array.from({ length: statement.columnCount }, (_, index) => {
      const [name, type] = [statement.columnName(index), statement.columnType(index)];
      return { name, ...mapDuckDBType(type), sizeOf: (expression) => sizeSql(expression, type) };
    });
  } finally {
    statement.destroySync();
  }
}

/**
 * Selects rows, followed by an end row that a column of its own marks: the stream of a query that fails halfway ends like
 * a complete one, and only the missing end row reveals it. Another column holds the size of the row. A row that is too
 * large lacks its large values.
 */
function selectRows(
  path: string,
  columns: readonly ParquetColumn[],
  where: string | undefined,
  from: number,
  wanted: readonly number[],
): string {
  const read = wanted.flatMap((index) => columns[index] ?? []);
  const names = [...read.keys()].map((position) => `value${position}`);
  // Row numbers let DuckDB skip whole row groups, but it rejects them if a column of the file has their name.
  const rowNumbers =
    from > 0 && where === undefined && columns.every(({ name }) => !/^file_row_number$/i.test(name));
  const condition = where === undefined ? 'true' : parenthesise(where);
  const range = rowNumbers ? `file_row_number >= ${from}` : `${condition} OFFSET ${from}`;
  const values = read.map(({ name }, position) => `${quoteName(name)} AS ${names[position]}`);
  const sizes = read.map(({ name, sizeOf }) => sizeOf(quoteName(name)));
  const size = `CAST(${sumSql(sizes)} AS DOUBLE) AS row_bytes`;
  const rows = `SELECT ${[...values, size].join()} FROM ${parquetTable(path, { rowNumbers })} WHERE ${range}`;
  const [bounded, each] = boundedValues(names, read);
  const end = [...names.map(() => 'NULL'), '0', 'NULL', 'true'];
  return `(SELECT ${[...bounded, 'row_bytes', each, 'false'].join()} FROM (${rows})) UNION ALL (SELECT ${end.join()})`;
}

/** As many of the first columns requested, such as the URL, are kept in a row that is too large. */
const FIRST_COLUMNS = 4;

/**
 * SQL for the values of a row and for the list of their sizes, which is null for a row that is not too large. Of a row that is too large, half of the room is for the first columns requested, and the
 * other half is divided among all columns. DuckDB computes the sizes of single values for such rows only.
 */
function boundedValues(names: readonly string[], columns: readonly ParquetColumn[]): [string[], string] {
  const half = MAX_ROW_BYTES / 2;
  const sizes = names.map((name, position) => `coalesce(${columns[position]?.sizeOf(name)}, 0)`);
  const kept = names.map((name, position) => {
    const isSmall = `${sizes[position]} <= ${Math.floor(half / names.length)}`;
    const isFirst = `${sumSql(sizes.slice(0, position + 1))} <= ${half}`;
    const isKept = position < FIRST_COLUMNS ? `${isSmall} OR ${isFirst}` : isSmall;
    return `CASE WHEN row_bytes <= ${MAX_ROW_BYTES} THEN ${name} WHEN ${isKept} THEN ${name} END`;
  });
  return [kept, `CASE WHEN row_bytes > ${MAX_ROW_BYTES} THEN CAST([${sizes.join()}] AS DOUBLE[]) END`];
}

/** Positions of the values that `boundedValues` leaves out of a row with these sizes. */
function lostPositions(sizes: readonly number[]): number[] {
  const half = MAX_ROW_BYTES / 2;
  let before = 0;
  return [...sizes.keys()].filter((position) => {
    const size = sizes[position] ?? 0;
    before += size;
    return size > Math.floor(half / sizes.length) && (position >= FIRST_COLUMNS || before > half);
  });
}

async function* readRows(parquet: OpenParquet, request: RowsRequest): AsyncGenerator<IndexRow[]> {
  request.signal?.throwIfAborted();
  const file = await open(parquet.source.path ?? '').catch((error: unknown) => {
    throw unreadable(parquet.source, error);
  });
  try {
    yield* readGuarded(parquet, request, makeGuard(parquet, file, request.columns));
  } finally {
    await file.close();
  }
}

/** Resolves when the pages that hold the rows from `from` to `end` have been checked. */
type Guard = (from: number, end: number) => Promise<void>;

/** With a condition, all columns and pages are checked: it may use any column and skip any number of rows. */
function makeGuard(
  { source, columns, groups, where }: OpenParquet,
  file: FileHandle,
  wanted: readonly number[],
): Guard {
  const refuse: Refuse = (reason) => unreadable(source, reason);
  const read = new Set(where === undefined ? wanted : columns.keys());
  const guard = new PageGuard(file, groups, read, refuse);
  return (from, end) =>
    where === undefined ? guard.check(from, end) : guard.check(0, Number.POSITIVE_INFINITY);
}

async function* readGuarded(
  parquet: OpenParquet,
  { from, columns: wanted, signal }: RowsRequest,
  guard: Guard,
): AsyncGenerator<IndexRow[]> {
  const { instance, source, columns, where } = parquet;
  let reached = from;
  const orFail = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error instanceof UserError ? error : unreadable(source, error, ` after row ${reached}`);
    });

  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    for (;;) {
      const started = reached;
      await orFail(guard(from, reached + ROWS_AHEAD));
      // Only a single statement can be prepared, so this runs nothing else.
      const statement = await orFail(
        connection.prepare(selectRows(source.path ?? '', columns, where, reached, wanted)),
      );
      const result = await orFail(statement.stream());
      for (;;) {
        await orFail(guard(from, reached + ROWS_AHEAD));
        const chunk = await orFail(result.fetchChunk());
        signal?.throwIfAborted();
        if (chunk === null || chunk.rowCount === 0) break;
        const isEnd = chunk.getColumnVector(wanted.length + 2).getItem(chunk.rowCount - 1) === true;
        const length = chunk.rowCount - (isEnd ? 1 : 0);
        for (const rows of cutChunk(chunk, length, reached, parquet, wanted)) yield rows;
        reached += length;
        if (isEnd) return;
      }
      // A query that starts at the failed row reports the reason at once.
      if (reached === started) {
        throw unreadable(source, 'the data ends early for an unknown reason', ` after row ${reached}`);
      }
    }
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
  }
}

/** The rows of a chunk, in parts that take a bounded number of bytes. */
function* cutChunk(
  chunk: DuckDBDataChunk,
  length: number,
  first: number,
  { columns, notices }: OpenParquet,
  wanted: readonly number[],
): Generator<IndexRow[]> {
  const sizes = chunk.getColumnVector(wanted.length);
  const details = chunk.getColumnVector(wanted.length + 1);
  for (let start = 0; start < length; ) {
    let end = start;
    const most = Math.min(length, start + rowsPerBatch(columns.length));
    for (let bytes = 0; end < most && bytes < BATCH_BYTES; end += 1) {
      bytes += Math.min(Number(sizes.getItem(end)), MAX_ROW_BYTES);
    }
    const rows = toRows(chunk, start, end, columns, wanted);
    yield rows.map((values, index) => {
      const each = details.getItem(start + index);
      if (!(each instanceof DuckDBListValue)) return { values };
      const lost = lostPositions(each.items.map(Number)).map((position) => wanted[position] ?? 0);
      const where = `row ${first + start + index + 1}`;
      for (const column of lost) notices.tellLarge(columns[column]?.name ?? '', where);
      return { values, lost: new Map(lost.map((column) => [column, 'large'] as const)) };
    });
    start = end;
  }
}

function toRows(
  chunk: DuckDBDataChunk,
  start: number,
  end: number,
  columns: readonly ParquetColumn[],
  wanted: readonly number[],
): Value[][] {
  const rows = Array.from({ length: end - start }, (): Value[] => new Array(columns.length).fill(null));
  wanted.forEach((index, position) => {
    const vector = chunk.getColumnVector(position);
    const convert = columns[index]?.convert ?? null;
    rows.forEach((values, row) => {
      const value = vector.getItem(start + row);
      if (value !== null) values[index] = convert === null ? (value as Value) : convert(value);
    });
  });
  return rows;
}
