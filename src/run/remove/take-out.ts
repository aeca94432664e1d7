import { join } from 'node:path';
import type { Options } from '../../config/resolve.ts';
import type { RightsPolicy } from '../../core/rights/policies.ts';
import type { FetchFacts, SampleRow, ShardId } from '../../core/samples.ts';
import { maxFileBytes } from '../../output/formats/formats.ts';
import { readStats, type ShardStats } from '../../output/metadata/stats.ts';
import { Spool } from '../../output/spool/spool.ts';
import { openStore } from '../../output/store/open-store.ts';
import { backfillShard } from '../../output/write/backfill-shard.ts';
import { removeOldParts } from '../../output/write/further-parts.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import { VERSION } from '../../util/version.ts';
import { datasetShape } from '../stages/stage-settings.ts';
import { recordRemoved } from './removed-list.ts';

/** A sample that is taken out of its shard. */
export interface RemovedSample {
  /** Its row in the shard. */
  readonly index: number;
  readonly key: string;
  readonly row: SampleRow;
  /** What stays in the metadata about its download. */
  readonly fetch: FetchFacts;
  /** Why, in words of a closed set. */
  readonly reason: string;
}

export interface ShardRemoval {
  readonly output: string;
  /** Those of the run that wrote the shard. */
  readonly options: Options;
  readonly id: ShardId;
  readonly samples: readonly RemovedSample[];
  /** What asks for it, for the list of removed rows: the names of lists. */
  readonly source: string;
  /** The policy that the signals of the samples were judged by; by default that of the run. */
  readonly policy?: RightsPolicy;
  /** An empty folder. */
  readonly scratch: string;
}

/** Replaces a shard by one in which these rows have failed, after it has recorded that they are not to be fetched again. */
export async function takeOut(removal: ShardRemoval): Promise<ShardStats | null> {
  const { output, options, id, samples, source, policy, scratch } = removal;
  const store = openStore(output);
  const name = shardName(id, { shardDigits: options.oomShardCount });
  const removed = samples.map(({ row, key, reason }) => ({
    ...{ url: row.url ?? '', place: `${name} ${key}`, reason },
  }));
  // First, so that no later command brings back what a crash leaves.
  await recordRemoved(store, removed, source, new Date());
  const spool = await Spool.open(join(scratch, 'removed.spool'), options.numberSamplePerShard);
  try {
    await Promise.all(
      samples.map(({ index, row, fetch, reason }) => {
        const message = `taken out: ${reason}`;
        return spool.append(index, { row, result: { ok: false, code: 'removed', message, fetch } });
      }),
    );
    const shape = datasetShape(options, { columns: [], caption: false });
    const rights = shape.rights === null ? null : (policy ?? shape.rights);
    const stats = await backfillShard({
      ...{ id, spool, store, version: VERSION },
      shape: { ...shape, rights },
      endedAt: Date.now(),
    });
    await spool.remove();
    return stats;
  } finally {
    await spool.close();
  }
}

/** Removes parts of a shard's samples that a crash left behind when the shard was replaced by one with fewer. */
export async function removeLeftParts(output: string, options: Options, id: ShardId): Promise<void> {
  const maxShardBytes = maxFileBytes(options.outputFormat, options.maxShardBytes);
  if (maxShardBytes === null) return;
  const store = openStore(output);
  const name = shardName(id, { shardDigits: options.oomShardCount });
  const stats = await readStats(store, shardFileName(name, 'stats'));
  await removeOldParts(store, name, { format: options.outputFormat, maxShardBytes }, stats);
}
