import type { InputFormat } from '../core/choices.ts';
import { inputError, usageError } from '../core/errors.ts';
import type { IndexFile, IndexSource, OpenOptions } from './file/index-file.ts';
import { FORMATS, isStreamed } from './formats.ts';

const HEADERLESS: readonly InputFormat[] = ['csv', 'tsv', 'txt'];

/**
 * Opens a file of the index and reads its columns; the rows come later, from `rows`. The caller closes it.
 * @throws UserError when it cannot be read in its format, or `where` is not a condition on its columns
 */
export async function openIndex(source: IndexSource, options: OpenOptions = {}): Promise<IndexFile> {
  if (options.where !== undefined && source.format !== 'parquet') {
    throw usageError(
      `Cannot apply --where to '${source.name}': expected Parquet, found ${FORMATS[source.format].label}; ` +
        `convert the index to Parquet or leave --where out`,
    );
  }
  const hasNames = !HEADERLESS.includes(source.format);
  if (options.header && hasNames) {
    throw usageError(
      `Cannot apply --header to '${source.name}': expected CSV, TSV or text, found ${FORMATS[source.format].label}, ` +
        'whose columns have names of their own; leave --header out',
    );
  }
  if (source.bytes === 0 && !isStreamed(source.format)) {
    throw inputError(`Cannot read '${source.name}' as ${FORMATS[source.format].label}: the file is empty`);
  }
  const open = await FORMATS[source.format].load();
  return open(source, options);
}
