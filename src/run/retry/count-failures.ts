import { type Options, withDatasetSettings } from '../../config/resolve.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { ShardId } from '../../core/samples.ts';
import { readLedger } from '../../output/dataset/ledger.ts';
import { requiredKinds } from '../../output/formats/formats.ts';
import { readStats } from '../../output/metadata/stats.ts';
import { openStore } from '../../output/store/open-store.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import type { Manifest, ManifestRun } from '../dataset/manifest.ts';
import { Tally } from '../engine/tally.ts';

/** A run of the dataset and its shards with rows to retry. */
interface RunWithFailures {
  /** With the run's own options where they decide the dataset's content. */
  readonly options: Options;
  readonly shards: readonly ShardId[];
}

export interface FailureCounts {
  /** Outcomes of all finished shards. */
  readonly dataset: Tally;
  /** Rows with one of the requested failures. */
  readonly wanted: number;
  readonly runs: readonly RunWithFailures[];
}

/** Counts the outcomes of finished shards by their statistics, and finds the shards with any of the failures. */
export async function countFailures(
  output: string,
  { runs }: Manifest,
  given: Options,
  codes: ReadonlySet<FailureCode>,
): Promise<FailureCounts> {
  const dataset = new Tally();
  const found: RunWithFailures[] = [];
  let wanted = 0;
  for (const [position, run] of runs.entries()) {
    const options = withDatasetSettings(given, run.options);
    const shards: ShardId[] = [];
    for (const id of await finishedShards(output, run, runs[position + 1], options)) {
      const name = shardFileName(shardName(id, { shardDigits: options.oomShardCount }), 'stats');
      const { successes, failure_codes } = await readStats(openStore(output), name);
      dataset.addCounts(successes, failure_codes);
      let rows = 0;
      for (const code of codes) rows += failure_codes[code] ?? 0;
      if (rows > 0) shards.push(id);
      wanted += rows;
    }
    if (shards.length > 0) found.push({ options, shards });
  }
  return { dataset, wanted, runs: found };
}

/** The finished shards of a run, before those of the `next` one. */
export async function finishedShards(
  output: string,
  { firstShard }: ManifestRun,
  next: ManifestRun | undefined,
  { outputFormat }: Options,
): Promise<readonly ShardId[]> {
  const { done } = await readLedger(openStore(output), requiredKinds(outputFormat));
  const end = next?.firstShard ?? Number.POSITIVE_INFINITY;
  return [...done].filter((id) => id >= firstShard && id < end).sort((a, b) => a - b);
}
