import type { Column } from '../../core/columns.ts';
import { inputError } from '../../core/errors.ts';
import { openBytes } from './file-bytes.ts';
import type { IndexFile, IndexRow, IndexSource, OpenOptions, RowsRequest } from './index-file.ts';
import { normalizeLineEnds } from './line-ends.ts';
import { Notices } from './notices.ts';
import { boundRow } from './row-limits.ts';

/** A table whose rows can be read once, from front to back. */
export interface Table {
  readonly columns: readonly Column[];
  batches(columns: readonly number[]): AsyncIterable<readonly IndexRow[]>;
}

/** One pass over a file: its table, and `close` to release it, even in the middle of a read. */
export interface Pass extends Table {
  close(): void | Promise<void>;
}

/**
 * An index file in a format that can only be read from the start. Each call of `rows` is a new pass. The first call uses
 * the pass that read the columns, so that standard input can be read, too.
 */
export async function openSequential(
  source: IndexSource,
  begin: () => Promise<Pass>,
  { onNotice }: OpenOptions,
): Promise<IndexFile> {
  const notices = new Notices(source.name, onNotice);
  let first: Pass | null = await begin();
  const { columns } = first;
  const names = columns.map(({ name }) => name);

  async function takePass(): Promise<Pass> {
    if (first === null && source.path === null) {
      throw inputError('Cannot read standard input again: save it to a file first');
    }
    const pass = first ?? (await begin());
    first = null;
    return pass;
  }

  async function* rows({ from, columns, signal }: RowsRequest): AsyncGenerator<readonly IndexRow[]> {
    signal?.throwIfAborted();
    const pass = await takePass();
    const close = () => void pass.close();
    signal?.addEventListener('abort', close, { once: true });
    try {
      let read = 0;
      for await (const batch of pass.batches(columns)) {
        signal?.throwIfAborted();
        const start = read;
        read += batch.length;
        if (read <= from) continue;
        const bounded = batch.map((row, index) =>
          boundRow(row, (position) => notices.tellLarge(names[position] ?? '', `row ${start + index + 1}`)),
        );
        yield start < from ? bounded.slice(from - start) : bounded;
      }
    } catch (error) {
      // Closing the pass makes its pending read fail; the caller needs the reason of the abort instead.
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', close);
      await pass.close();
    }
  }

  return {
    source,
    columns,
    rowCount: null,
    rows,
    close: async () => {
      await first?.close();
      first = null;
    },
  };
}

/** An index file in a text format; `parse` turns bytes into a table. */
export function openText(
  source: IndexSource,
  options: OpenOptions,
  parse: (chunks: AsyncIterable<Buffer>) => Promise<Table>,
): Promise<IndexFile> {
  const begin = async (): Promise<Pass> => {
    const bytes = await openBytes(source, options);
    try {
      return { ...(await parse(normalizeLineEnds(bytes.chunks))), close: () => bytes.close() };
    } catch (error) {
      bytes.close();
      throw error;
    }
  };
  return openSequential(source, begin, options);
}
