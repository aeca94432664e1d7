import { usageError } from '../core/errors.ts';
import { merge as runMerge } from '../run/merge.ts';
import type { ChangeHooks } from './events.ts';
import type { MergeOptions } from './options.ts';
import { flagValue, namesOf, outputFolder, resolveMerge } from './resolve-options.ts';
import { type Failure, type Shortfall, type Success, settleUnlessAborted, succeeded } from './result.ts';
import { inCode } from './wording.ts';

/** The outcome of a merger. */
export interface MergeSummary {
  readonly output: string;
  readonly datasets: number;
  readonly shards: number;
  /** Shards that earlier calls had written. */
  readonly shardsBefore: number;
  /** Rows and images in the shards that this call has written. */
  readonly rows: number;
  readonly samples: number;
}

/** The result of `merge`. `interrupted`: the signal was aborted. */
export type MergeResult = (Success & MergeSummary) | Shortfall<'interrupted'> | Failure;

/**
 * Writes finished datasets of one format as one dataset, without a download. They are only read. The same call resumes.
 * Rejects only for a bug.
 */
export function merge(options: MergeOptions, { onNotice, signal }: ChangeHooks = {}): Promise<MergeResult> {
  return settleUnlessAborted('The merger was interrupted; the same call resumes it', signal, async () => {
    const resolved = resolveMerge(options);
    const { datasets, renumber } = resolved.own;
    const sources = namesOf('datasets', datasets);
    if (sources.length === 0)
      throw usageError('datasets: expected folders or addresses of datasets, got none');
    const merged = await runMerge({
      output: outputFolder(resolved),
      sources,
      options: resolved.options,
      renumber: flagValue('renumber', renumber),
      onNotice: (message) => onNotice?.(inCode(message)),
      signal,
    });
    return { ...succeeded, ...merged };
  });
}
