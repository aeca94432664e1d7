import type { FileHandle } from 'node:fs/promises';
import { inputError, UserError } from '../../core/errors.ts';
import type {
  IndexFile,
  IndexRow,
  IndexSource,
  OpenFormat,
  OpenOptions,
  RowsRequest,
} from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { fetchAll, openSourceFile, type SourceFile } from '../file/source-file.ts';
import { constantsOf } from '../sql/constants.ts';
import { firstParagraph } from '../sql/duckdb.ts';
import { type Condition, tableForCondition } from '../sql/table.ts';
import { checkCondition } from '../sql/where.ts';
import { needsCopies, readCopies } from './copies.ts';
import { type Footer, largeColumns, readFooter } from './format/footer.ts';
import { PageGuard } from './format/pages.ts';
import type { Refuse } from './format/schema.ts';
import { countSelected, findStart } from './passed-rows.ts';
import { readTable } from './rows.ts';
import { sumUp } from './sum-up.ts';
import { openEmptyCopy, openWhole, type View } from './view.ts';

/** An open file. */
export interface OpenParquet {
  readonly source: IndexSource;
  readonly footer: Footer;
  /** The whole file, or no row of it if DuckDB does not read it as it is. */
  readonly table: View;
  /** What the rows must meet; null for all. */
  readonly condition: Condition | null;
  readonly notices: Notices;
  readonly refuse: Refuse;
}

/**
 * Reads Parquet with DuckDB: every codec, row groups of any size in bounded memory, errors for damaged files. Everything
 * that DuckDB would trust without a check is checked before DuckDB reads it. What DuckDB does not read as it is, it reads
 * from copies of some row groups at a time.
 */
export const openParquet: OpenFormat = async (source, options): Promise<IndexFile> => {
  const refuse: Refuse = (reason) => unreadable(source, reason);
  const file = await openSourceFile(source).catch((error: unknown) => {
    throw unreadable(source, error);
  });
  try {
    const footer = await readFooter(file, (await file.stat()).size, refuse);
    const table = await openTable(file, { source, footer });
    const condition = await findCondition(table, source, options).catch(closing(table));
    const notices = new Notices(source.name, options.onNotice);
    const parquet = { source, footer, table, condition, notices, refuse };
    return {
      source,
      columns: table.columns.map(({ name, type, isNull = false }) =>
        isNull ? { name, type, isNull } : { name, type },
      ),
      rowCount: condition === null ? footer.groups.reduce((sum, { rows }) => sum + rows, 0) : null,
      largeColumns: largeColumns(footer.groups),
      rows: (request) => readRows(parquet, request),
      ...(condition === null ? {} : { count: (signal) => countSelected(parquet, signal) }),
      sumUp: (request) => sumUp(parquet, request, (rows) => readRows(parquet, rows)),
      close: table.close,
    };
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(source, error);
  } finally {
    await file.close();
  }
};

function openTable(
  file: FileHandle,
  { source, footer }: Pick<OpenParquet, 'source' | 'footer'>,
): Promise<View> {
  return needsCopies(footer) ? openEmptyCopy(file, source.name, footer) : openWhole(source, footer);
}

/** Closes a table before its error goes on. */
const closing = (table: View) => async (error: unknown) => {
  await table.close();
  throw error;
};

function unreadable(source: IndexSource, error: unknown, place = ''): Error {
  return inputError(`Cannot read '${source.name}' as Parquet${place}: ${firstParagraph(error)}`, error);
}

/** Texts that are not UTF-8 end DuckDB's reading, so the rows from there on are read with texts as bytes. */
async function* readRows(parquet: OpenParquet, request: RowsRequest): AsyncGenerator<readonly IndexRow[]> {
  request.signal?.throwIfAborted();
  const { source, footer } = parquet;
  const file = await openSourceFile(source).catch((error: unknown) => {
    throw unreadable(source, error);
  });
  const fail = (error: unknown, reached: number) =>
    error instanceof UserError ? error : unreadable(source, error, ` after row ${reached}`);
  const readAsIs = (from: OpenParquet, asked: RowsRequest) =>
    needsCopies(footer)
      ? readCopies(from, file, asked, { textAsBytes: false, fail })
      : readWhole(from, file, asked, fail);
  let reached = request.from;
  try {
    try {
      for await (const rows of readAsIs(parquet, request)) {
        reached += rows.length;
        yield rows;
      }
    } catch (error) {
      if (!isTextError(error))
        throw await blameColumn(
          error,
          request,
          () => openTable(file, parquet),
          (table, column) =>
            readAsIs({ ...parquet, table }, { ...request, from: reached, columns: [column] }),
        );
      yield* readCopies(parquet, file, { ...request, from: reached }, { textAsBytes: true, fail });
    }
  } finally {
    await file.close();
  }
}

/** The error with the name of the first column that cannot be read by itself, if DuckDB alone failed. */
async function blameColumn(
  error: unknown,
  { columns, signal }: RowsRequest,
  reopen: () => Promise<View>,
  read: (table: View, column: number) => AsyncIterable<unknown>,
): Promise<unknown> {
  // What DuckDB is not asked to read already has a name.
  if (!(error instanceof UserError) || !(error.cause instanceof Error)) return error;
  for (const column of columns) {
    // Some failures make a DuckDB unusable.
    const table = await reopen();
    const failed = await readsNothing(read(table, column));
    await table.close();
    signal?.throwIfAborted();
    if (!failed) continue;
    const name = table.columns[column]?.name ?? '';
    return inputError(
      `${error.message}; the column '${name}' cannot be read: leave it out with --columns`,
      error.cause,
    );
  }
  return error;
}

/** Whether the first rows cannot be read. */
async function readsNothing(rows: AsyncIterable<unknown>): Promise<boolean> {
  try {
    for await (const _ of rows) break;
    return false;
  } catch {
    return true;
  }
}

const isTextError = (error: unknown): boolean =>
  error instanceof UserError &&
  /: (?:Invalid Input Error: )?Invalid (?:string encoding|unicode)/i.test(error.message);

/** With a condition, all columns are checked: it may use any column and skip any number of rows. */
async function* readWhole(
  parquet: OpenParquet,
  file: SourceFile,
  request: RowsRequest,
  fail: (error: unknown, reached: number) => Error,
): AsyncGenerator<readonly IndexRow[]> {
  const { footer, table, condition, notices, refuse } = parquet;
  if (condition !== null) await fetchAll(file);
  const start = await findStart(parquet, file, request.from, request.signal);
  const checked = new Set(condition === null ? request.columns : table.columns.keys());
  const pages = new PageGuard(file, footer.groups, checked, refuse);
  const guard = (from: number, end: number) =>
    condition === null ? pages.check(from, end) : pages.check(start?.row ?? 0, Number.POSITIVE_INFINITY);
  const selected = {
    ...(condition === null ? table : tableForCondition(table, condition)),
    where: condition?.where,
    start,
  };
  yield* readTable(selected, request, { guard, fail, notices, rowsBefore: 0 });
}

async function findCondition(
  table: View,
  source: IndexSource,
  { where, whereColumns = [] }: OpenOptions,
): Promise<Condition | null> {
  if (where === undefined) return null;
  return checkCondition(table, where, constantsOf(table.columns, source.partitions ?? [], whereColumns));
}
