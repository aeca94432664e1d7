import type { Options } from '../../config/resolve.ts';
import type { Numbering } from '../../shards/names.ts';

/** How the options name shards and samples. */
export function numberingOf({
  numberSamplePerShard,
  oomShardCount,
  keyPrefix,
  keyCol,
}: Pick<Options, 'numberSamplePerShard' | 'oomShardCount' | 'keyPrefix' | 'keyCol'>): Numbering {
  return {
    samplesPerShard: numberSamplePerShard,
    shardDigits: oomShardCount,
    keyPrefix: keyPrefix ?? '',
    isNamed: keyCol !== null,
  };
}
