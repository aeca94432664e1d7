import type { Options } from '../../config/resolve.ts';

import { sampleColumns } from '../../core/reserved-columns.ts';

/** Names that samples of a run with these options need beside those of every dataset. */
export function reservedNames(options: Options): ReadonlySet<string> {
  return sampleColumns({
    format: options.outputFormat,
    encodeFormat: options.encodeFormat,
    mergesCaptions: options.dedupe === 'url' && options.duplicates === 'merge',
  });
}
