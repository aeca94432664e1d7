import type { MachinePart, ShardId } from '../core/samples.ts';
import { planShards } from './plan.ts';

/** Which shards of a run belong to a part. */
export interface OwnShards {
  owns(id: ShardId): boolean;
  /** The first shard after all of them; null if only the end of the index shows it. */
  readonly end: ShardId | null;
}

/** Neighbouring shards of an index whose number of shards is known, so that each machine reads one stretch of rows. */
export function neighbouringShards(part: MachinePart, firstShard: ShardId, shards: number): OwnShards {
  const first = firstShard + boundary(part.index, part.count, shards);
  const end = (firstShard + boundary(part.index + 1, part.count, shards)) as ShardId;
  return { owns: (id) => id >= first && id < end, end };
}

/** Every `count`-th shard, for an index whose number of shards only its end shows. */
export function everyNthShard({ index, count }: MachinePart, firstShard: ShardId): OwnShards {
  return { owns: (id) => (id - firstShard) % count === index, end: null };
}

/** Rows in the own shards, given the rows of each file. `own`: null for all shards. */
export function rowsOwned(
  fileRows: readonly number[],
  samplesPerShard: number,
  firstShard: ShardId,
  own: OwnShards | null,
): number {
  if (own === null) return fileRows.reduce((sum, rows) => sum + rows, 0);
  const plans = planShards(fileRows, samplesPerShard, firstShard);
  return plans.reduce((sum, { id, rows }) => (own.owns(id) ? sum + rows : sum), 0);
}

/** Shards before the `index`-th of `count` parts. Exact for every number of shards that has a name. */
const boundary = (index: number, count: number, shards: number): number =>
  Number((BigInt(shards) * BigInt(index)) / BigInt(count));
