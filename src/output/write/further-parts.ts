import { type SampleKind, shardFileName } from '../../shards/files.ts';
import { sampleFormat } from '../formats/formats.ts';
import { TAR_INDEX_KINDS } from '../loader-files/tar/tar-indexes.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { type ShardStats, samplesFiles } from '../metadata/stats.ts';
import type { Store } from '../store/store.ts';

/** Removes parts of a shard behind those that were written: nothing would replace what was there before with other samples. */
export async function removeFurtherParts(
  store: Store,
  shard: string,
  kind: SampleKind,
  written: number,
): Promise<void> {
  const first = Math.max(1, written);
  let end = first;
  while ((await store.size(shardFileName(shard, kind, end))) !== null) end += 1;
  // The last one first, and its samples last: what a crash leaves is found again.
  for (let part = end - 1; part >= first; part -= 1)
    await store.remove([...TAR_INDEX_KINDS, kind].map((each) => shardFileName(shard, each, part)));
}

/** Removes parts that a shard with these statistics had before. */
export async function removeOldParts(
  store: Store,
  name: string,
  { format, maxShardBytes }: Pick<DatasetShape, 'format' | 'maxShardBytes'>,
  stats: ShardStats,
): Promise<void> {
  const kind = sampleFormat(format)?.kind;
  if (kind === undefined || maxShardBytes === null) return;
  await removeFurtherParts(store, name, kind, samplesFiles(stats, name, kind).length);
}
