import { inputError } from '../core/errors.ts';
import type { FailureCode } from '../core/failures.ts';
import { datasetTally } from '../report/summary.ts';
import { type RunSummary, download as runDownload } from '../run/download.ts';
import type { RunHooks } from './events.ts';
import { withHooks } from './hooks.ts';
import type { DownloadOptions } from './options.ts';
import { indexPatterns, outputFolder, resolveDownload } from './resolve-options.ts';
import { conclude, type FetchingResult, settle } from './result.ts';

/** The outcome of a download. Rows, successes and failures cover the whole dataset, including earlier calls. */
export interface DownloadSummary {
  readonly output: string;
  readonly rows: number;
  readonly successes: number;
  /** Rows that failed, by their code. */
  readonly failures: Readonly<Partial<Record<FailureCode, number>>>;
  /** Share of images among the rows, 0 to 1; duplicates do not count, and no rows at all count as 1. */
  readonly successRatio: number;
  readonly shardsWritten: number;
  /** Shards that earlier calls had written. */
  readonly shardsBefore: number;
  /** Rows that an earlier call had settled in shards that it could not finish. */
  readonly rowsTakenOver: number;
  /** Settled rows of unfinished shards; the next call takes them over. */
  readonly rowsUnwritten: number;
  /** Rows that `duplicates: 'drop'` left out. */
  readonly duplicatesDropped: number;
  /** Bytes of images that this call received. */
  readonly bytes: number;
  /** Seconds that this call took. */
  readonly seconds: number;
}

/**
 * The result of `download`. `ok` says that every row of the index has its outcome in the dataset and that
 * `failUnder` is met. `incomplete`: `failUnder` is not met. `interrupted`: the signal was aborted.
 */
export type DownloadResult = FetchingResult<DownloadSummary>;

/**
 * Downloads the images of an index and writes them as a dataset. The same call resumes an interrupted
 * download. Rejects only for a bug; whatever a user can correct is a result with `ok: false`.
 */
export function download(options: DownloadOptions, hooks: RunHooks = {}): Promise<DownloadResult> {
  return settle(async () => {
    const resolved = resolveDownload(options);
    const { options: runOptions, own } = resolved;
    const request = {
      options: runOptions,
      patterns: indexPatterns(own['index']),
      output: outputFolder(resolved),
    };
    const run = await withHooks(hooks, (engineHooks) => runDownload({ ...request, ...engineHooks }));
    const summary = summarise(run);
    if (summary.rows === 0 && !run.interrupted && !runOptions.allowEmpty)
      throw inputError('The index has no rows: expected at least one; allowEmpty accepts none');
    return conclude(
      summary,
      run.interrupted,
      'The download was interrupted; the same call resumes it',
      runOptions.failUnder,
    );
  });
}

function summarise(run: RunSummary): DownloadSummary {
  const { output, tally, shards, takenOver, unwrittenRows, droppedDuplicates, seconds } = run;
  const all = datasetTally(run);
  return {
    output,
    rows: all.rows,
    successes: all.successes,
    failures: Object.fromEntries(all.commonest()),
    successRatio: all.successRatio,
    shardsWritten: shards.written,
    shardsBefore: shards.before,
    rowsTakenOver: takenOver,
    rowsUnwritten: unwrittenRows,
    duplicatesDropped: droppedDuplicates,
    bytes: tally.bytes,
    seconds,
  };
}
