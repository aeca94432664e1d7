import { type DuckDBDataChunk, DuckDBListValue } from '@duckdb/node-api';
import type { Value } from '../../core/columns.ts';
import type { IndexRow, RowsRequest } from '../file/index-file.ts';
import type { Notices } from '../file/notices.ts';
import { MAX_ROW_BYTES, rowsPerBatch } from '../file/row-limits.ts';
import type { SqlTable } from '../sql/table.ts';
import type { ParquetColumn } from './columns.ts';
import { lostPositions, selectRows } from './select.ts';

/** What rows are read from: all columns of the index, of which those that are requested are in the table. */
export interface ParquetTable extends SqlTable<ParquetColumn> {
  readonly where: string | undefined;
  /** Rows before `row` are known to have `selected` rows that meet the condition. */
  readonly start?: { readonly row: number; readonly selected: number } | undefined;
}

export interface TableContext {
  /** Resolves when the pages that hold the rows from `from` to `end` have been checked. */
  readonly guard: (from: number, end: number) => Promise<void>;
  /** Makes the error for a table that cannot be read; `reached` is the number of rows before the failure. */
  readonly fail: (error: unknown, reached: number) => Error;
  readonly notices: Notices;
  /** Number of rows of the index before the table, for notices. */
  readonly rowsBefore: number;
}

/** Number of rows that DuckDB may read ahead: it buffers 1 MiB, and at least the 16 bytes of a URL for each row. */
const ROWS_AHEAD = 65_536 + 2048;

/** Size of the values that are converted at a time. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Rows of a small chunk, and the room that each of its columns has in memory. */
const [SMALL_CHUNK, VECTOR_BYTES] = [512, 2048 * 16];

/** The rows of a table, in bounded memory. */
export async function* readTable(
  table: ParquetTable,
  { from, columns: wanted, signal }: RowsRequest,
  { guard, fail, notices, rowsBefore }: TableContext,
): AsyncGenerator<IndexRow[]> {
  let reached = from;
  const orFail = <T>(step: Promise<T>): Promise<T> =>
    step.catch((error: unknown) => {
      signal?.throwIfAborted();
      throw fail(error, reached);
    });

  const connection = await table.instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    for (;;) {
      const started = reached;
      await orFail(guard(from, reached + ROWS_AHEAD));
      // Only a single statement can be prepared, so this runs nothing else.
      const statement = await orFail(connection.prepare(selectRows(table, reached, wanted)));
      const result = await orFail(statement.stream());
      for (;;) {
        await orFail(guard(from, reached + ROWS_AHEAD));
        const chunk = await orFail(result.fetchChunk());
        signal?.throwIfAborted();
        if (chunk === null || chunk.rowCount === 0) break;
        if (chunk.rowCount < SMALL_CHUNK) weigh(chunk);
        const isEnd = chunk.getColumnVector(wanted.length + 2).getItem(chunk.rowCount - 1) === true;
        const length = chunk.rowCount - (isEnd ? 1 : 0);
        yield* cutChunk(chunk, length, reached, { columns: table.columns, wanted, notices, rowsBefore });
        reached += length;
        if (!isEnd) continue;
        // The end of the stream releases what DuckDB holds for it, which otherwise lasts until the result is collected.
        await result.fetchChunk();
        return;
      }
      // A query that starts at the failed row reports the reason at once.
      if (reached === started) throw fail(new Error('the data ends early for an unknown reason'), reached);
    }
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
  }
}

/**
 * Makes the garbage collector aware of a chunk, which it takes for a few bytes: a chunk has room for 2048 rows however
 * few it has, and thousands of small row groups would fill the memory.
 */
function weigh(chunk: DuckDBDataChunk): void {
  new ArrayBuffer(chunk.columnCount * VECTOR_BYTES);
}

interface ChunkContext {
  readonly columns: readonly ParquetColumn[];
  readonly wanted: readonly number[];
  readonly notices: Notices;
  readonly rowsBefore: number;
}

/** The rows of a chunk, in parts that take a bounded number of bytes. */
function* cutChunk(
  chunk: DuckDBDataChunk,
  length: number,
  first: number,
  { columns, wanted, notices, rowsBefore }: ChunkContext,
): Generator<IndexRow[]> {
  const sizes = chunk.getColumnVector(wanted.length);
  const details = chunk.getColumnVector(wanted.length + 1);
  const numbers = chunk.columnCount > wanted.length + 3 ? chunk.getColumnVector(wanted.length + 3) : null;
  for (let start = 0; start < length; ) {
    let end = start;
    const most = Math.min(length, start + rowsPerBatch(columns.length));
    for (let bytes = 0; end < most && bytes < BATCH_BYTES; end += 1) {
      bytes += Math.min(Number(sizes.getItem(end)), MAX_ROW_BYTES);
    }
    const rows = toRows(chunk, start, end, columns, wanted);
    yield rows.map((values, index) => {
      const number = numbers === null ? null : rowsBefore + Number(numbers.getItem(start + index));
      const row = number === null ? { values } : { values, number };
      const each = details.getItem(start + index);
      if (!(each instanceof DuckDBListValue)) return row;
      const lost = lostPositions(each.items.map(Number)).map((position) => wanted[position] ?? 0);
      const where = `row ${(number ?? rowsBefore + first + start + index) + 1}`;
      for (const column of lost) notices.tellLarge(columns[column]?.name ?? '', where);
      return { ...row, lost: new Map(lost.map((column) => [column, 'large'] as const)) };
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
