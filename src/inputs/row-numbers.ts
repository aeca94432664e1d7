import { basename } from 'node:path';
import { INT64, STRING, type Value } from '../core/columns.ts';
import type { IndexFile, IndexRow } from './file/index-file.ts';

/**
 * A file with two more columns for each row: its number, counted from 0 in the file whatever the condition on rows, and
 * the name of the file. If rows have lists of URLs, a column with the number is there already.
 */
export function withRowNumbers(file: IndexFile): IndexFile {
  if (file.columns.length === 0) return file;
  const taken = new Set(file.columns.map(({ name }) => name));
  const free = (name: string): string => (taken.has(name) ? free(`index_${name}`) : name);
  const row = file.roles?.row ?? null;
  const numbers = row === null ? [{ name: free('index_row'), type: INT64 }] : [];
  const added = [...numbers, { name: free('index_file'), type: STRING }];
  const name = file.source.remote?.fileName ?? basename(file.source.name);
  const valuesAt = (position: number): Value[] => (row === null ? [BigInt(position), name] : [name]);
  return {
    ...file,
    columns: [...file.columns, ...added],
    rowColumns: [...(row === null ? [] : [row]), ...added.map((column) => column.name)],
    rows: (request) => {
      const columns = request.columns.filter((column) => column < file.columns.length);
      return numbered(file.rows({ ...request, columns }), request.from, file.columns.length, valuesAt);
    },
  };
}

async function* numbered(
  batches: AsyncIterable<readonly IndexRow[]>,
  from: number,
  width: number,
  valuesAt: (position: number) => readonly Value[],
): AsyncGenerator<readonly IndexRow[]> {
  let position = from;
  const nothing: readonly null[] = new Array(width).fill(null);
  for await (const batch of batches) {
    yield batch.map((row, at) => {
      const added = valuesAt(('unreadable' in row ? undefined : row.number) ?? position + at);
      return { ...row, values: [...(row.values ?? nothing), ...added] };
    });
    position += batch.length;
  }
}
