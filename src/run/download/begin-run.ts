import type { ShardId } from '../../core/samples.ts';
import { holdRun, type RunRequest } from './hold-run.ts';

/** A run that is recorded in its dataset. */
export interface BegunRun {
  readonly output: string;
  readonly firstShard: ShardId;
  /** Shards that earlier starts of this run finished. */
  readonly shardsDone: number;
}

/**
 * Records a run in its dataset and ends, so that parts may do it, none of which may replace or extend a dataset. Throws a
 * UserError for what a user can correct.
 */
export function beginRun(request: RunRequest): Promise<BegunRun> {
  return holdRun(request, async ({ held: { prepared } }) => ({
    output: request.output,
    firstShard: prepared.firstShard,
    shardsDone: prepared.done.size,
  }));
}
