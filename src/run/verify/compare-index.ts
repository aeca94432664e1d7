import { type Options, withDatasetSettings } from '../../config/resolve.ts';
import { UserError } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import type { IndexSource } from '../../inputs/file/index-file.ts';
import type { Finding } from '../../output/verify/findings.ts';
import type { ManifestRun } from '../dataset/manifest.ts';
import { assignShards, type IndexExtent } from '../index/assign-shards.ts';
import { openIndexFiles } from '../index/open-index.ts';
import { ComparedShard } from './compared-shard.ts';

export interface IndexToCompare {
  readonly output: string;
  readonly run: ManifestRun;
  readonly sources: readonly IndexSource[];
  /** Those that shape the dataset are the run's own, whatever stands here. */
  readonly options: Options;
}

/** What the comparison of an index with the metadata came to. */
export interface IndexComparison {
  readonly rows: number;
  /** Faults of shards by their names. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
  /** Why the index and the plan of the run do not agree; null where they do. */
  readonly contradiction: string | null;
}

/**
 * Holds every row that a run took of its index against the row of the metadata that has its key: URL, caption, carried
 * columns, where it points as a duplicate, whether it could be read. Metadata that cannot be read are passed over.
 * Throws a UserError where the index cannot be read.
 */
export async function compareIndex(index: IndexToCompare): Promise<IndexComparison> {
  const { output, run, sources } = index;
  const options = withDatasetSettings(index.options, run.options);
  const survey = await openIndexFiles(sources, options, () => {});
  const stretches = assignShards({
    options,
    index: survey,
    firstShard: run.firstShard as ShardId,
    done: new Set(),
    signal: new AbortController().signal,
    onNotice: () => {},
    onDropped: () => {},
  });
  const findings = new Map<string, readonly Finding[]>();
  let shard: ComparedShard | null = null;
  let rows = 0;
  for (;;) {
    const next = await stretches.next();
    if (shard !== null && (next.done || next.value.id !== shard.id)) {
      const found = await shard.finish();
      if (found.length > 0) findings.set(shard.name, found);
      shard = null;
    }
    if (next.done) return { rows, findings, contradiction: contradiction(next.value, run) };
    const { id, rows: placed } = next.value;
    shard ??= new ComparedShard(output, id, options, survey);
    for (const row of placed) await shard.compare(row);
    rows += placed.length;
  }
}

function contradiction(extent: IndexExtent, { finished }: ManifestRun): string | null {
  if (finished === null || JSON.stringify(extent) === JSON.stringify(finished.fileRows)) return null;
  return `the index has ${extent.join(' + ')} rows, the manifest tells of ${finished.fileRows.join(' + ')}`;
}

/** Why an index could not be compared; anything but a UserError is thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  throw error;
}
