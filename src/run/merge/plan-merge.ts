import { type Options, withDatasetSettings } from '../../config/resolve.ts';
import { usageError } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import { planShards } from '../../shards/plan.ts';
import type { Manifest, ManifestRun } from '../dataset/manifest.ts';

/** A finished dataset that is merged. */
export interface Source {
  readonly output: string;
  readonly manifest: Manifest;
  /** Digest of the statistics of its shards: what it is now. */
  readonly digest: string;
}

/** A shard and the place that it gets. */
export interface PlannedShard {
  readonly source: string;
  readonly from: ShardId;
  readonly to: ShardId;
  /** Options of its run, before and after. */
  readonly before: Options;
  readonly after: Options;
}

export interface MergePlan {
  /** The runs of the merged dataset, as if they were finished. */
  readonly runs: readonly ManifestRun[];
  readonly shards: readonly PlannedShard[];
}

/** Samples that differ in these cannot be in one dataset: readers take its format from the first samples. */
const MUST_AGREE = ['output-format', 'encode-format'];

/**
 * Plans the merger of datasets in this order: each of their runs becomes a run of the merged dataset, with shards numbered
 * on. `given`: options that decide nothing about a dataset. `renumber`: whether keys that rows gave to samples become
 * numbers.
 * @throws UserError when they cannot be merged
 */
export function planMerge(sources: readonly Source[], given: Options, renumber: boolean): MergePlan {
  const all = sources.flatMap(({ output, manifest, digest }) =>
    manifest.runs.map((run) => ({ output, run, digest })),
  );
  refuseDifferences(all);
  const most = (name: string): number => Math.max(...all.map(({ run }) => Number(run.options[name])));
  const size = most('number-sample-per-shard');
  const digits = most('oom-shard-count');
  const runs: ManifestRun[] = [];
  const shards: PlannedShard[] = [];
  for (const { output, run, digest } of all) {
    const plans = shardsOf(run);
    const first = shards.length;
    const isKept = run.options['number-sample-per-shard'] === size;
    const options = {
      ...run.options,
      'number-sample-per-shard': size,
      'oom-shard-count': digits,
      ...(renumber ? { 'key-col': null } : {}),
    };
    const { adopted: _, merged: __, ...kept } = run;
    runs.push({
      ...kept,
      options,
      firstShard: first,
      // With another number of rows in a shard, the index no longer tells which shard a row is in.
      inputs: isKept && run.options['key-col'] === options['key-col'] ? run.inputs : [],
      merged: { from: output, statistics: digest, renumbered: renumber },
      finished: run.finished && {
        at: run.finished.at,
        fileRows: isKept ? run.finished.fileRows : plans.map(({ rows }) => rows),
      },
    });
    const before = withDatasetSettings(given, run.options);
    const after = withDatasetSettings(given, options);
    for (const [at, { id: from }] of plans.entries())
      shards.push({ source: output, from, to: (first + at) as ShardId, before, after });
  }
  return { runs, shards };
}

function shardsOf({ finished, options, firstShard }: ManifestRun) {
  const size = Number(options['number-sample-per-shard']);
  return planShards(finished?.fileRows ?? [], size, firstShard as ShardId);
}

function refuseDifferences(all: readonly { readonly output: string; readonly run: ManifestRun }[]): void {
  const [first, ...others] = all;
  for (const name of MUST_AGREE) {
    const other = others.find(({ run }) => run.options[name] !== first?.run.options[name]);
    if (first === undefined || other === undefined) continue;
    const found = [first, other].map(({ output, run }) => `'${output}' has ${String(run.options[name])}`);
    throw usageError(
      `Cannot merge datasets that differ in --${name}: ${found.join(', ')}; make one of them again, ` +
        'from its tars with --from-tar or from its index',
    );
  }
  if (first?.run.options['output-format'] === 'none')
    throw usageError(`Cannot merge '${first.output}': with --output-format none it has no samples`);
}
