import { dirname, relative, sep } from 'node:path';
import { STRING, type Value } from '../../core/columns.ts';
import type { IndexFile, IndexRow, Partition } from '../file/index-file.ts';

const HIVE_NULL = '__HIVE_DEFAULT_PARTITION__';

/**
 * What the folders between `base` and a file say about all of its rows, as Hive and Spark name them: `lang=en` is the
 * column `lang` with the value `en`. Escapes such as `%20` are decoded.
 */
export function partitionsOf(path: string, base: string): readonly Partition[] {
  const found = new Map<string, string | null>();
  for (const folder of relative(base, dirname(path)).split(sep)) {
    const at = folder.indexOf('=');
    if (at < 1) continue;
    const value = decode(folder.slice(at + 1));
    found.set(decode(folder.slice(0, at)), value === HIVE_NULL ? null : value);
  }
  return [...found].map(([name, value]) => ({ name, value }));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The folder that all of these files are in, however deep. */
export function commonFolder(paths: readonly string[]): string {
  const folders = paths.map((path) => dirname(path).split(sep));
  const [first = []] = folders;
  const differs = first.findIndex((name, depth) => folders.some((folder) => folder[depth] !== name));
  return (
    first.slice(0, differs === -1 ? first.length : differs).join(sep) ||
    (paths[0]?.startsWith(sep) ? sep : '.')
  );
}

/** A file with a column for each of its partitions that it has no column for, behind its own. */
export function withPartitions(file: IndexFile): IndexFile {
  const own = new Set(file.columns.map(({ name }) => name.toLowerCase()));
  const added = (file.source.partitions ?? []).filter(({ name }) => !own.has(name.toLowerCase()));
  if (added.length === 0 || file.columns.length === 0) return file;
  const values = added.map(({ value }) => value);
  return {
    ...file,
    columns: [...file.columns, ...added.map(({ name }) => ({ name, type: STRING }))],
    rows: (request) => {
      const columns = request.columns.filter((column) => column < file.columns.length);
      return extended(file.rows({ ...request, columns }), values);
    },
  };
}

async function* extended(
  batches: AsyncIterable<readonly IndexRow[]>,
  values: readonly Value[],
): AsyncGenerator<readonly IndexRow[]> {
  for await (const batch of batches) {
    yield batch.map((row) => ('unreadable' in row ? row : { ...row, values: [...row.values, ...values] }));
  }
}
