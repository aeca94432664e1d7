import { fetchAll, openSourceFile, type SourceFile } from '../file/source-file.ts';
import { tableForCondition } from '../sql/table.ts';
import { parenthesise } from '../sql/where.ts';
import { needsCopies } from './copies.ts';
import { PageGuard } from './format/pages.ts';
import type { OpenParquet } from './parquet.ts';
import { hasRowNumbers } from './select.ts';

/**
 * The row of the file at which the selected row `from` is, found by the columns of the condition alone; undefined if
 * that is not to be known, or not worth a look.
 */
export async function findStart(
  parquet: OpenParquet,
  file: SourceFile,
  from: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly row: number; readonly selected: number } | undefined> {
  const { table, condition } = parquet;
  if (condition === null || from === 0 || !hasRowNumbers(table.columns)) return undefined;
  const row = await queryCondition(parquet, file, signal, (rows, where) => {
    return `SELECT CAST(file_row_number AS DOUBLE) FROM ${rows} WHERE ${where} LIMIT 1 OFFSET ${from}`;
  });
  return row === null ? undefined : { row, selected: from };
}

/** Number of rows that meet the condition; null if only a read of the rows can tell. */
export async function countSelected(
  parquet: OpenParquet,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  await using file = await openSourceFile(parquet.source);
  return await queryCondition(parquet, file, signal, (rows, where) => {
    return `SELECT CAST(count(*) AS DOUBLE) FROM ${rows} WHERE ${where}`;
  });
}

/** The number that a query about the condition gives; null if it gives none or fails, as at a text that is not UTF-8. */
async function queryCondition(
  { footer, table, condition, refuse }: OpenParquet,
  file: SourceFile,
  signal: AbortSignal | undefined,
  query: (rows: string, where: string) => string,
): Promise<number | null> {
  if (condition === null || needsCopies(footer) || !hasRowNumbers(table.columns)) return null;
  await fetchAll(file);
  const pages = new PageGuard(file, footer.groups, new Set(condition.used.values()), refuse);
  await pages.check(0, Number.POSITIVE_INFINITY);
  const connection = await table.instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    const rows = tableForCondition(table, condition).sql({ rowNumbers: true });
    const reader = await connection.runAndReadAll(query(rows, parenthesise(condition.where)));
    const value = reader.currentRowCount === 0 ? null : reader.value(0, 0);
    return typeof value === 'number' ? value : null;
  } catch {
    signal?.throwIfAborted();
    return null;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
  }
}
