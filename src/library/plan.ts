import type { FailureCode } from '../core/failures.ts';
import { type DownloadPlan, planDownload } from '../run/plan.ts';
import type { PlanOptions } from './options.ts';
import { indexPatterns, resolveDownload } from './resolve-options.ts';
import { type Failure, type Shortfall, type Success, settleUnlessAborted, succeeded } from './result.ts';
import { inCode } from './wording.ts';

/** What a download would do. Times are in seconds, sizes in bytes. */
export interface PlanSummary {
  readonly files: number;
  /** Size of the index; null if it is standard input. */
  readonly bytes: number | null;
  readonly rows: number;
  readonly shards: number;
  /** Names of the columns by their roles; null if there is none. */
  readonly columns: {
    readonly url: string | null;
    readonly caption: string | null;
    readonly carried: readonly string[];
  };
  /** Rows whose URL would be requested. */
  readonly usableRows: number;
  /** Rows that would fail without a request, by their code. */
  readonly unusableRows: Readonly<Partial<Record<FailureCode, number>>>;
  /** Usable rows whose URL an earlier row has; the true number differs by `margin` at most. */
  readonly duplicates: { readonly rows: number; readonly margin: number };
  readonly hosts: {
    readonly count: number;
    /** The ten hosts with most rows, the largest first. */
    readonly largest: readonly { readonly host: string; readonly rows: number }[];
  };
  readonly prediction: {
    readonly seconds: number;
    /** What would limit the download most; null if there is nothing to do. */
    readonly boundBy: 'processor' | 'concurrency' | 'bandwidth' | 'rate' | 'host' | null;
    readonly successes: number;
    readonly requests: number;
    readonly trafficBytes: number;
    readonly diskBytes: number;
  };
}

/** The result of `plan`. `interrupted`: the signal was aborted. */
export type PlanResult = (Success & PlanSummary) | Shortfall<'interrupted'> | Failure;

/** What `plan` accepts in addition to its options. */
export interface PlanHooks {
  /** Receives what a person should know about the index, such as the detected columns. */
  readonly onNotice?: ((message: string) => void) | undefined;
  /** Aborting ends the call, which then has no summary. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Predicts what a download would do and how long it would take. Reads the whole index and measures this machine for a
 * second; fetches nothing. Rejects only for a bug.
 */
export function plan(options: PlanOptions, { onNotice, signal }: PlanHooks = {}): Promise<PlanResult> {
  return settleUnlessAborted('The plan was interrupted', signal, async () => {
    const { options: runOptions, own } = resolveDownload(options);
    const patterns = indexPatterns(own['index']);
    const notice = (message: string): void => onNotice?.(inCode(message));
    const found = await planDownload(patterns, runOptions, notice, signal && { signal });
    return { ...succeeded, ...summarise(found) };
  });
}

function summarise({ files, bytes, shards, columns, counts, prediction }: DownloadPlan): PlanSummary {
  const { rows, usable, unusable, duplicates, hosts } = counts;
  return {
    files,
    bytes,
    rows,
    shards,
    columns,
    usableRows: usable,
    unusableRows: Object.fromEntries(unusable),
    duplicates,
    hosts: { count: hosts.count, largest: hosts.largest },
    prediction: {
      seconds: prediction.seconds,
      boundBy: prediction.seconds === 0 ? null : (prediction.bounds[0]?.kind ?? null),
      successes: prediction.successes,
      requests: prediction.requests,
      trafficBytes: prediction.trafficBytes,
      diskBytes: prediction.diskBytes,
    },
  };
}
