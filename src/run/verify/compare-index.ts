import { type Options, withDatasetSettings } from '../../config/resolve.ts';
import { UserError } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import type { IndexSource } from '../../inputs/file/index-file.ts';
import type { Finding } from '../../output/verify/findings.ts';
import type { ManifestRun } from '../dataset/manifest.ts';
import { assignShards, type IndexExtent } from '../index/assign-shards.ts';
import { openIndexFiles } from '../index/open-index.ts';
import { ComparedShard, type MetadataOpener } from './compared-shard.ts';

export interface IndexToCompare {
  readonly output: string;
  readonly run: ManifestRun;
  readonly sources: readonly IndexSource[];
  /** Options that decide the dataset's content are replaced by those of the run. */
  readonly options: Options;
  readonly signal?: AbortSignal;
  /** Opens the metadata of a shard, with the rows in the order of their keys; by default, ours. */
  readonly openMetadata?: MetadataOpener;
}

/** The result of comparing an index with the metadata. */
export interface IndexComparison {
  readonly rows: number;
  /** Rows that the run takes from each file. */
  readonly extent: IndexExtent;
  /** Findings by the names of their shards. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
  /** How the index contradicts the manifest; null if they agree. */
  readonly contradiction: string | null;
}

/**
 * Compares every row that a run took from its index with the metadata row of the same key: URL, caption, carried
 * columns, the row it duplicates, whether it was readable. Skips unreadable metadata. Throws a UserError if the index
 * cannot be read.
 */
export async function compareIndex(index: IndexToCompare): Promise<IndexComparison> {
  const { output, run, sources, signal = new AbortController().signal } = index;
  const options = withDatasetSettings(index.options, run.options);
  const opened = await openIndexFiles(sources, options, () => {});
  const changed = new Set(run.columns?.changed);
  const batches = assignShards({
    options,
    index: opened,
    firstShard: run.firstShard as ShardId,
    done: new Set(),
    signal,
    onNotice: () => {},
    onDropped: () => {},
  });
  const findings = new Map<string, readonly Finding[]>();
  let shard: ComparedShard | null = null;
  let rows = 0;
  for (;;) {
    const next = await batches.next();
    // An aborted reader ends as if the index were over.
    signal.throwIfAborted();
    if (shard !== null && (next.done || next.value.id !== shard.id)) {
      const found = await shard.finish();
      if (found.length > 0) findings.set(shard.name, found);
      shard = null;
    }
    if (next.done) {
      const extent = next.value;
      return { rows, extent, findings, contradiction: contradiction(extent, run) };
    }
    const { id, rows: shardRows } = next.value;
    const { openMetadata } = index;
    shard ??= new ComparedShard({ output, id, options, index: opened, changed, openMetadata });
    for (const row of shardRows) await shard.compare(row);
    rows += shardRows.length;
  }
}

function contradiction(extent: IndexExtent, { finished }: ManifestRun): string | null {
  if (finished === null || JSON.stringify(extent) === JSON.stringify(finished.fileRows)) return null;
  return `the index has ${extent.join(' + ')} rows, the manifest ${finished.fileRows.join(' + ')}`;
}

/** The reason why an index could not be compared. Rethrows anything but a UserError. */
export function reasonOf(error: unknown): string {
  if (error instanceof UserError) return error.message;
  throw error;
}
