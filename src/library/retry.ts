import { failureClasses } from '../config/failure-classes.ts';
import { usageError } from '../core/errors.ts';
import type { FailureCode } from '../core/failures.ts';
import { type RetrySummary as RunSummary, retry as runRetry } from '../run/retry.ts';
import type { RunHooks } from './events.ts';
import { withHooks } from './hooks.ts';
import type { RetryOptions } from './options.ts';
import { outputFolder, resolveRetry } from './resolve-options.ts';
import { conclude, type FetchingResult, settle } from './result.ts';

/** The outcome of a retry. */
export interface RetrySummary {
  readonly output: string;
  /** The failures whose rows were tried again. */
  readonly classes: readonly FailureCode[];
  /** Rows that had one of these failures. */
  readonly rowsWanted: number;
  /** Rows that were tried again. */
  readonly rowsTried: number;
  /** Images that the dataset did not have before. */
  readonly restored: number;
  readonly shardsRewritten: number;
  readonly shardsUnchanged: number;
  /** Settled rows of shards that could not be written; they are fetched again. */
  readonly rowsUnwritten: number;
  /** Rows, successes and failures of the whole dataset after the retry. */
  readonly rows: number;
  readonly successes: number;
  readonly failures: Readonly<Partial<Record<FailureCode, number>>>;
  /** Share of images among the rows, 0 to 1. */
  readonly successRatio: number;
  /** Bytes of images that this call received. */
  readonly bytes: number;
  /** Seconds that this call took. */
  readonly seconds: number;
}

/** The result of `retry`. `incomplete`: the dataset does not meet `failUnder`. `interrupted`: the signal was aborted. */
export type RetryResult = FetchingResult<RetrySummary>;

/**
 * Fetches the failed rows of a finished dataset again and adds their images where they belong. Rejects only for a bug.
 */
export function retry(options: RetryOptions, hooks: RunHooks = {}): Promise<RetryResult> {
  return settle(async () => {
    const resolved = resolveRetry(options);
    const { options: runOptions, own } = resolved;
    const request = { options: runOptions, output: outputFolder(resolved), codes: codesOf(own['classes']) };
    const run = await withHooks(hooks, (engineHooks) => runRetry({ ...request, ...engineHooks }));
    return conclude(
      summarise(run),
      run.interrupted,
      'The retry was interrupted; the same call resumes it',
      runOptions.failUnder,
    );
  });
}

function codesOf(classes: unknown): ReadonlySet<FailureCode> {
  if (classes === undefined || classes === null) return failureClasses(undefined);
  if (classes === 'all' || Array.isArray(classes)) return failureClasses(String(classes));
  throw usageError(`classes: expected an array of failure codes or 'all', got ${JSON.stringify(classes)}`);
}

function summarise(run: RunSummary): RetrySummary {
  const { output, codes, wanted, tally, before, now, shards, unwrittenRows, seconds } = run;
  return {
    output,
    classes: [...codes],
    rowsWanted: wanted,
    rowsTried: tally.rows,
    restored: now.successes - before.successes,
    shardsRewritten: shards.rewritten,
    shardsUnchanged: shards.unchanged,
    rowsUnwritten: unwrittenRows,
    rows: now.rows,
    successes: now.successes,
    failures: Object.fromEntries(now.commonest()),
    successRatio: now.successRatio,
    bytes: tally.bytes,
    seconds,
  };
}
