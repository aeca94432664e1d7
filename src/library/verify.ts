import { type Verification, verifyOutput } from '../run/verify.ts';
import type { VerifyOptions } from './options.ts';
import { flagValue, indexPatterns, outputFolder, resolveVerify } from './resolve-options.ts';
import {
  type Failure,
  incomplete,
  type Shortfall,
  type Success,
  settleUnlessAborted,
  succeeded,
} from './result.ts';
import { inCode } from './wording.ts';

/** Something wrong with a dataset. */
export interface Finding {
  /** Path relative to the dataset's folder; `.` for the dataset as a whole. */
  readonly file: string;
  /** Key of the sample that it concerns. */
  readonly key?: string;
  /** What is wrong, in one line. */
  readonly problem: string;
}

/** Whether the metadata agree with the index of one run of the dataset. */
export interface ComparedIndex {
  /** Names of the index's files. */
  readonly files: readonly string[];
  readonly rowsCompared: number;
  /** Why the index was not compared; null if it was. */
  readonly skipped: string | null;
}

/** What a repair did with a shard: `left` if no run of the dataset has planned it, `refreshed` if it wrote loader files again. */
export interface RepairedShard {
  readonly shard: string;
  readonly action: 'removed' | 'missing' | 'left' | 'refreshed';
}

/** What `verify` found. */
export interface VerifySummary {
  readonly output: string;
  readonly shards: number;
  readonly rows: number;
  readonly successes: number;
  readonly findings: readonly Finding[];
  /** Names of shards that are missing or have findings. */
  readonly brokenShards: readonly string[];
  /** One for each run of the dataset. */
  readonly indexes: readonly ComparedIndex[];
  /** Null if no repair was requested. */
  readonly repair: readonly RepairedShard[] | null;
}

/**
 * The result of `verify`. `ok`: the dataset is complete and consistent. `incomplete`: it has findings. `interrupted`:
 * the signal was aborted.
 */
export type VerifyResult =
  | (Success & VerifySummary)
  | (Shortfall<'incomplete'> & VerifySummary)
  | Shortfall<'interrupted'>
  | Failure;

/** What `verify` accepts in addition to its options. */
export interface VerifyHooks {
  /** Aborting ends the call between two shards; it then has no summary. */
  readonly signal?: AbortSignal | undefined;
}

/** Checks that a dataset is complete and consistent. Rejects only for a bug. */
export function verify(options: VerifyOptions, { signal }: VerifyHooks = {}): Promise<VerifyResult> {
  return settleUnlessAborted('The verification was interrupted', signal, async () => {
    const resolved = resolveVerify(options);
    const { deep, repair, index } = resolved.own;
    const output = outputFolder(resolved);
    const report = await verifyOutput({
      output,
      options: resolved.options,
      decodeImages: flagValue('deep', deep),
      repair: flagValue('repair', repair),
      index: index === undefined || index === null ? null : indexPatterns(index),
      ...(signal === undefined ? {} : { signal }),
    });
    const summary = summarise(output, report);
    const [first] = summary.findings;
    if (first === undefined) return { ...succeeded, ...summary };
    const others = summary.findings.length - 1;
    const more = others === 0 ? '' : `, and ${others} more`;
    return { ...incomplete(`${first.file}: ${first.problem}${more}`), ...summary };
  });
}

function summarise(output: string, report: Verification): VerifySummary {
  const { shards, rows, successes, findings, broken, indexes, repair } = report;
  return {
    output,
    shards,
    rows,
    successes,
    findings: findings.map(({ problem, ...place }) => ({ ...place, problem: inCode(problem) })),
    brokenShards: broken.map(({ shard }) => shard),
    indexes: indexes.map((each) => ({
      files: each.names,
      rowsCompared: each.rows,
      skipped: each.skipped,
    })),
    repair: repair?.shards ?? null,
  };
}
