import type { Options } from '../../config/resolve.ts';
import type { ShardId } from '../../core/samples.ts';
import { everyNthShard, neighbouringShards, type OwnShards } from '../../shards/own-shards.ts';
import { shardCount } from '../../shards/plan.ts';
import type { OpenedIndex } from './open-index.ts';
import { countSelected } from './select-rows.ts';

/**
 * The shards that `--part` gives to this machine; null for all. Depends on the index and the options alone, so that machines
 * agree without a word: neighbouring shards if the index says how many rows it has, otherwise every n-th.
 */
export async function shardsOfPart(
  index: OpenedIndex,
  options: Options,
  firstShard: ShardId,
  signal: AbortSignal,
): Promise<OwnShards | null> {
  const { part } = options;
  if (part === null) return null;
  const shards = await countShards(index, options, signal);
  return shards === null ? everyNthShard(part, firstShard) : neighbouringShards(part, firstShard, shards);
}

/** Shards of the index; null if only its rows tell. */
async function countShards(
  { files }: OpenedIndex,
  options: Options,
  signal: AbortSignal,
): Promise<number | null> {
  // Rows that are left out for others, and keys that are compared, need every row before them.
  if (options.dedupe === 'url' || options.keyCol !== null) return null;
  let [left, shards] = [options.limit ?? Number.POSITIVE_INFINITY, 0];
  for (const [file, { rowCount }] of files.entries()) {
    if (rowCount === null) return null;
    const rows = await countSelected({ rowCount }, { file, selection: options, signal });
    const taken = Math.min(rows ?? 0, left);
    shards += shardCount(taken, options.numberSamplePerShard);
    left -= taken;
  }
  return shards;
}
