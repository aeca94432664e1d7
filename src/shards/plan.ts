import type { ShardId } from '../core/samples.ts';

/** The rows of one input file that become one shard. */
export interface ShardPlan {
  readonly id: ShardId;
  /** Position of the file among the inputs. */
  readonly file: number;
  /** Rows of the file before the shard. */
  readonly start: number;
  readonly rows: number;
}

/** Number of shards for a file of `rows` rows; the last may have fewer. */
export function shardCount(rows: number, samplesPerShard: number): number {
  return Math.ceil(rows / samplesPerShard);
}

/** The shard of the row at `position` of a file, and its index there, given the number of the file's first shard. */
export function placeRow(
  position: number,
  firstShard: ShardId,
  samplesPerShard: number,
): { readonly id: ShardId; readonly index: number } {
  const id = (firstShard + Math.floor(position / samplesPerShard)) as ShardId;
  return { id, index: position % samplesPerShard };
}

/**
 * Divides files of known row counts into shards, numbered from `firstShard` on. A shard never spans two files, and a
 * file without rows has none, as in img2dataset 1.47.0.
 */
export function planShards(
  fileRows: readonly number[],
  samplesPerShard: number,
  firstShard: ShardId = 0 as ShardId,
): ShardPlan[] {
  const plans: ShardPlan[] = [];
  for (const [file, rows] of fileRows.entries()) {
    for (let start = 0; start < rows; start += samplesPerShard) {
      const id = (firstShard + plans.length) as ShardId;
      plans.push({ id, file, start, rows: Math.min(samplesPerShard, rows - start) });
    }
  }
  return plans;
}
