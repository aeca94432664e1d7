import type { Options } from '../../../config/resolve.ts';
import type { IndexSource } from '../../../inputs/file/index-file.ts';
import { findSources } from '../../../inputs/sources.ts';

/**
 * The files of an index, as the options say that they are found and read.
 * @throws UserError as `findSources` does
 */
export function findIndexFiles(
  patterns: readonly string[],
  { inputFormat, proxy }: Pick<Options, 'inputFormat' | 'proxy'>,
): Promise<IndexSource[]> {
  return findSources(patterns, { inputFormat: inputFormat ?? undefined, proxy });
}
