import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { InputFormat } from '../core/choices.ts';
import { inputError, usageError } from '../core/errors.ts';
import type { IndexFile, IndexSource, OpenOptions } from './file/index-file.ts';
import { copyToScratch } from './file/scratch-file.ts';
import { FORMATS, isStreamed } from './formats.ts';
import { withPartitions } from './parts/partitions.ts';
import { withRowNumbers } from './row-numbers.ts';
import { withRowForEachUrl } from './url-lists.ts';

const HEADERLESS: readonly InputFormat[] = ['csv', 'tsv', 'txt'];

/**
 * Opens a file of the index and reads its columns; the rows come later, from `rows`. The caller closes it.
 * @throws UserError when it cannot be read in its format, `where` is not a condition on its columns, or it is unclear
 * where the URLs of a list are
 */
export async function openIndex(source: IndexSource, options: OpenOptions = {}): Promise<IndexFile> {
  const hasNames = !HEADERLESS.includes(source.format);
  if (options.header && hasNames) {
    throw usageError(
      `Cannot apply --header to '${source.name}': expected CSV, TSV or text, found ${FORMATS[source.format].label}, ` +
        'whose columns have names of their own; leave --header out',
    );
  }
  if (options.images && source.path === null) {
    throw usageError(
      `Cannot take images from '${source.name}' (--from-tar): a pipe is read only once; save the tar to a file first`,
    );
  }
  if (options.images && source.format !== 'webdataset') {
    throw usageError(
      `Cannot take images from '${source.name}' (--from-tar): expected tars, found ` +
        `${FORMATS[source.format].label}; leave --from-tar out to download its URLs`,
    );
  }
  const isCopied = source.path === null && !isStreamed(source.format);
  const open = source.remote !== undefined ? openRemote : isCopied ? openCopy : openFile;
  const file = withPartitions(await open(source, options));
  try {
    const rows = withRowForEachUrl(await withCondition(file, options), options);
    if (options.indexRow || rows.roles !== undefined) refuseUnnumbered(file, options);
    return options.indexRow ? withRowNumbers(rows) : rows;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws UserError if the rows that meet the condition cannot be numbered */
function refuseUnnumbered({ columns, source }: IndexFile, { where }: OpenOptions): void {
  const taken = columns.find(({ name }) => /^file_row_number$/i.test(name));
  if (where === undefined || source.format !== 'parquet' || taken === undefined) return;
  throw usageError(
    `Cannot number the rows of '${source.name}' that meet --where: DuckDB needs the name of its column ` +
      `'${taken.name}' for that; rename the column, or leave out --where or the numbers (--index-row)`,
  );
}

async function openFile(source: IndexSource, options: OpenOptions): Promise<IndexFile> {
  if (source.bytes === 0 && !isStreamed(source.format)) {
    throw inputError(`Cannot read '${source.name}' as ${FORMATS[source.format].label}: the file is empty`);
  }
  const open = await FORMATS[source.format].load();
  return open(source, options);
}

/** Opens a file of which parts are fetched as they are needed. */
async function openRemote(source: IndexSource, options: OpenOptions): Promise<IndexFile> {
  const parts = await source.remote?.open();
  if (parts === undefined) return openFile(source, options);
  try {
    const file = await openFile({ ...source, path: parts.path, parts }, options);
    const closed = new AbortController();
    const follow = (signal: AbortSignal | undefined): void => {
      const abort = () => parts.abort(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true, signal: closed.signal });
    };
    const { count, sumUp } = file;
    return {
      ...file,
      source,
      rows: (request) => {
        follow(request.signal);
        return file.rows(request);
      },
      ...(count && {
        count: (signal) => {
          follow(signal);
          return count(signal);
        },
      }),
      ...(sumUp && {
        sumUp: (request) => {
          follow(request.signal);
          return sumUp(request);
        },
      }),
      fetchRest: () => parts.fetchRest(),
      close: async () => {
        closed.abort();
        await file.close();
        await parts.close();
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** Opens a pipe in a format that is read at several places, as a temporary file. */
async function openCopy(source: IndexSource, options: OpenOptions): Promise<IndexFile> {
  const scratch = await copyToScratch(source.stdin?.chunks ?? Readable.from([]), source.name);
  try {
    const { size } = await stat(scratch.path);
    const file = await openFile({ ...source, path: scratch.path, bytes: size }, options);
    const close = async () => {
      await file.close();
      await scratch.close();
    };
    return { ...file, source, close };
  } catch (error) {
    await scratch.close();
    throw error;
  }
}

/** Parquet files select their rows themselves. */
async function withCondition(file: IndexFile, options: OpenOptions): Promise<IndexFile> {
  const { where } = options;
  // A file without columns has no rows.
  if (where === undefined || file.source.format === 'parquet' || file.columns.length === 0) return file;
  const { filterRows } = await import('./sql/filter-rows.ts');
  return filterRows(file, where, options);
}
