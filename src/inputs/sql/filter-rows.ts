import type { InputFormat } from '../../core/choices.ts';
import { UserError } from '../../core/errors.ts';
import type { IndexFile, IndexRow, OpenOptions, RowsRequest } from '../file/index-file.ts';
import { Notices } from '../file/notices.ts';
import { RowFilter } from './row-filter.ts';
import { asText, type FilterColumn, typedByRows } from './typed-columns.ts';

/** Formats whose values are all texts. */
const TEXTS: readonly InputFormat[] = ['csv', 'tsv', 'txt'];

type Head = readonly IndexRow[];

/**
 * A file with only those rows that meet a condition, as DuckDB decides. In a table of texts, a column is of numbers if
 * its first values are; a later value that is no number is null. A row that cannot be read does not meet any condition.
 * @throws UserError when the condition cannot be used for its columns; of standard input, only `rows` says so
 */
export async function filterRows(file: IndexFile, where: string, options: OpenOptions): Promise<IndexFile> {
  const notices = new Notices(file.source.name, options.onNotice);
  const start = (head: Head) => startFilter(file, where, head, options);
  const isText = TEXTS.includes(file.source.format);
  let filter: RowFilter | null = null;
  if (file.source.path !== null) filter = await start(isText ? await firstRows(file) : []);

  async function* rows({ from, columns, signal }: RowsRequest): AsyncGenerator<readonly IndexRow[]> {
    const used = filter?.used ?? file.columns.keys();
    let [read, kept] = [0, 0];
    const batches = file.rows({ from: 0, columns: [...new Set([...columns, ...used])], signal });
    for await (const batch of joined(batches)) {
      filter ??= await start(batch);
      const selected = await filter.select(batch, read);
      const lost = batch.findIndex((row) => 'unreadable' in row);
      const first = batch[lost];
      if (first !== undefined && 'unreadable' in first) {
        notices.tell(
          'unreadable',
          `row ${read + lost + 1}`,
          () => `${first.unreadable}; --where leaves such rows out`,
        );
      }
      read += batch.length;
      kept += selected.length;
      if (kept <= from || selected.length === 0) continue;
      yield kept - selected.length < from ? selected.slice(from - kept) : selected;
    }
  }

  return {
    ...file,
    rowCount: null,
    rows,
    close: async () => {
      filter?.close();
      await file.close();
    },
  };
}

/** What is empty or a number in the first rows may be meant as text, which the use in the condition shows. */
async function startFilter(
  file: IndexFile,
  where: string,
  head: Head,
  { whereColumns = [] }: OpenOptions,
): Promise<RowFilter> {
  const columns = typedByRows(file, head, whereColumns);
  const others = [columns.map((column) => (column.isEmpty ? asText(column) : column)), columns.map(asText)];
  const start = (typed: readonly FilterColumn[]) =>
    RowFilter.start({ columns: typed, where, partitions: file.source.partitions ?? [], whereColumns });
  try {
    return await start(columns);
  } catch (error) {
    if (!(error instanceof UserError) || columns.every(({ parse }) => parse === null)) throw error;
    for (const typed of others) {
      const filter = await start(typed).catch(() => null);
      if (filter !== null) return filter;
    }
    throw error;
  }
}

async function firstRows(file: IndexFile): Promise<Head> {
  for await (const batch of joined(file.rows({ from: 0, columns: [...file.columns.keys()] }))) return batch;
  return [];
}

/** Each question to DuckDB is about so many rows, and the types of texts are those of so many. */
const MIN_ROWS = 1000;

async function* joined(batches: AsyncIterable<readonly IndexRow[]>): AsyncGenerator<readonly IndexRow[]> {
  let rows: IndexRow[] = [];
  for await (const batch of batches) {
    rows.push(...batch);
    if (rows.length < MIN_ROWS) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}
