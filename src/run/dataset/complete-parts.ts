import type { Options } from '../../config/resolve.ts';
import type { ShardId } from '../../core/samples.ts';
import { maxFileBytes } from '../../output/formats/formats.ts';
import { readStats } from '../../output/metadata/stats.ts';
import type { Store } from '../../output/store/store.ts';
import { parseShardFileName, shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';

/** Of finished shards, those that still have all the files among which `--max-shard-bytes` divided their samples. */
export async function withAllParts(
  store: Store,
  done: readonly ShardId[],
  { maxShardBytes, outputFormat, oomShardCount: shardDigits }: Options,
): Promise<readonly ShardId[]> {
  if (maxFileBytes(outputFormat, maxShardBytes) === null) return done;
  const complete: ShardId[] = [];
  for (const id of done) {
    if (await hasAllParts(store, shardFileName(shardName(id, { shardDigits }), 'stats'))) complete.push(id);
  }
  return complete;
}

async function hasAllParts(store: Store, statsFile: string): Promise<boolean> {
  const { files = {} } = await readStats(store, statsFile);
  for (const name of Object.keys(files)) {
    const isPart = (parseShardFileName(name)?.part ?? 0) > 0;
    if (isPart && (await store.size(name)) === null) return false;
  }
  return true;
}
