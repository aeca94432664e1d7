import { STRING } from '../../core/columns.ts';
import type { ColumnCheck, SumRequest } from '../file/index-file.ts';
import { MAX_ROW_BYTES } from '../file/row-limits.ts';
import { quoteName, quoteText } from '../sql/duckdb.ts';
import type { ParquetColumn } from './columns.ts';
import { sumSql } from './value-sizes.ts';

/** Longer URLs are rare, and are read. */
const MAX_URL_BYTES = 2048;
/** Sides of larger images are read: the sum of a million areas is exact. */
const MAX_SIDE = 65_535;

type Columns = readonly ParquetColumn[];

/**
 * SQL for whether a row is summed up: its URL matches, its values pass the checks and are not too large. False where SQL
 * cannot say. Null if it cannot say for the types of these columns.
 */
export function plainSql(
  columns: Columns,
  { columns: read, url, checks, area }: Pick<SumRequest, 'columns' | 'url' | 'checks' | 'area'>,
): string | null {
  const text = columns[url.column];
  const sides = area?.map((column) => sideCheck(columns[column])) ?? [];
  const passed = checks.map((check) => checkSql(columns[check.column], check));
  if (text === undefined || !isText(text) || [...sides, ...passed].includes(null)) return null;
  const name = quoteName(text.sqlName);
  const sizes = read.flatMap((column) => {
    const found = columns[column];
    return found === undefined ? [] : [found.sizeOf(quoteName(found.sqlName))];
  });
  const conditions = [
    `strlen(${name}) <= ${MAX_URL_BYTES}`,
    `regexp_full_match(${name}, ${quoteText(url.pattern)})`,
    `${sumSql(sizes)} <= ${MAX_ROW_BYTES}`,
    ...passed,
    ...sides,
  ];
  return `coalesce(${conditions.join(' AND ')}, false)`;
}

/** Whether DuckDB has the values of a column as text. */
const isText = ({ type, convert }: ParquetColumn): boolean => type.kind === STRING.kind && convert === null;

function checkSql(column: ParquetColumn | undefined, { is }: ColumnCheck): string | null {
  if (column === undefined) return null;
  const name = quoteName(column.sqlName);
  if (is === 'null') return `${name} IS NULL`;
  if (is === 'known') return `${name} IS NOT NULL`;
  if ('maxBytes' in is) return `coalesce(${column.sizeOf(name)}, 0) <= ${is.maxBytes}`;
  return isText(column) ? `(${name} IS NULL OR regexp_full_match(${name}, ${quoteText(is.pattern)}))` : null;
}

/** SQL for whether `areaSql` is right for a side of an image. */
function sideCheck(column: ParquetColumn | undefined): string | null {
  if (column === undefined) return null;
  const name = quoteName(column.sqlName);
  switch (column.type.kind) {
    case 'int':
      return `(${name} IS NULL OR ${name} <= ${MAX_SIDE})`;
    case 'float':
      return `(${name} IS NULL OR (${name} <= ${MAX_SIDE} AND ${name} = floor(${name})))`;
    case 'string':
      return isText(column) ? `(${name} IS NULL OR regexp_full_match(${name}, '[0-9]{0,4}'))` : null;
    default:
      return null;
  }
}

/** SQL for the area of an image with these sides in a plain row; null without a known size. */
export function areaSql(sides: readonly [width: string, height: string]): string {
  const [width, height] = sides.map((side) => `TRY_CAST(${side} AS BIGINT)`);
  return `CASE WHEN ${width} > 0 AND ${height} > 0 THEN ${width} * ${height} END`;
}
