import { MAX_ROW_BYTES } from '../file/row-limits.ts';
import { quoteName } from '../sql/duckdb.ts';
import { parenthesise } from '../sql/where.ts';
import type { ParquetColumn } from './columns.ts';
import type { ParquetTable } from './rows.ts';
import { sumSql } from './value-sizes.ts';

/**
 * Selects rows, followed by an end row that a column of its own marks: the stream of a query that fails halfway ends like
 * a complete one, and only the missing end row reveals it. Another column holds the size of the row. A row that is too
 * large lacks its large values. Rows that meet a condition end with their number in the table, from 0.
 */
export function selectRows(
  { sql, columns, where, start }: ParquetTable,
  from: number,
  wanted: readonly number[],
): string {
  const read = wanted.flatMap((index) => columns[index] ?? []);
  const names = [...read.keys()].map((position) => `value${position}`);
  const rowNumbers = (from > 0 || where !== undefined) && hasRowNumbers(columns);
  const number = rowNumbers && where !== undefined ? ['file_row_number'] : [];
  const range = rangeSql({ where, start, from, rowNumbers });
  const values = read.map(({ sqlName }, position) => `${quoteName(sqlName)} AS ${names[position]}`);
  const sizes = read.map(({ sqlName, sizeOf }) => sizeOf(quoteName(sqlName)));
  const size = `CAST(${sumSql(sizes)} AS DOUBLE) AS row_bytes`;
  const rows = `SELECT ${[...values, size, ...number].join()} FROM ${sql({ rowNumbers })} WHERE ${range}`;
  const [bounded, each] = boundedValues(names, read);
  const end = [...names.map(() => 'NULL'), '0', 'NULL', 'true', ...number.map(() => 'NULL')];
  return `(SELECT ${[...bounded, 'row_bytes', each, 'false', ...number].join()} FROM (${rows})) UNION ALL (SELECT ${end.join()})`;
}

/** Row numbers let DuckDB skip whole row groups, but it rejects them if a column of the file has their name. */
export const hasRowNumbers = (columns: readonly ParquetColumn[]): boolean =>
  columns.every(({ sqlName }) => !/^file_row_number$/i.test(sqlName));

function rangeSql({
  where,
  start,
  from,
  rowNumbers,
}: Pick<ParquetTable, 'where' | 'start'> & { readonly from: number; readonly rowNumbers: boolean }): string {
  if (where === undefined) return rowNumbers ? `file_row_number >= ${from}` : `true OFFSET ${from}`;
  const condition = parenthesise(where);
  if (start === undefined || !rowNumbers) return `${condition} OFFSET ${from}`;
  return `file_row_number >= ${start.row} AND ${condition} OFFSET ${from - start.selected}`;
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
export function lostPositions(sizes: readonly number[]): number[] {
  const half = MAX_ROW_BYTES / 2;
  let before = 0;
  return [...sizes.keys()].filter((position) => {
    const size = sizes[position] ?? 0;
    before += size;
    return size > Math.floor(half / sizes.length) && (position >= FIRST_COLUMNS || before > half);
  });
}
