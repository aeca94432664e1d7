import { oneLine } from '../../core/errors.ts';
import type { FailureCode } from '../../core/failures.ts';
import type { ShardId } from '../../core/samples.ts';
import { findShards } from '../../output/dataset/ledger.ts';
import { readStats, samplesFiles } from '../../output/metadata/stats.ts';
import type { Store } from '../../output/store/store.ts';
import { SAMPLE_KINDS, type SampleKind, shardFileName } from '../../shards/files.ts';

/** A shard that has its statistics, and what they say. */
export interface FinishedShard {
  /** `00042`. */
  readonly name: string;
  readonly id: ShardId;
  /** What holds its samples; null if its metadata do, or nothing does. */
  readonly samples: SampleKind | null;
  /** The files of these, in order, or their folder. */
  readonly files: readonly string[];
  readonly hasMetadata: boolean;
  readonly isAdopted: boolean;
  readonly rows: number;
  readonly successes: number;
  readonly failures: Readonly<Partial<Record<FailureCode, number>>>;
  readonly bytes: number;
  readonly version: string;
}

export interface FinishedShards {
  readonly shards: readonly FinishedShard[];
  /** Why statistics could not be read, one text for each. */
  readonly unread: readonly string[];
}

/** The finished shards of a dataset, in order. */
export async function findFinishedShards(store: Store): Promise<FinishedShards> {
  const found = (await findShards(store)).filter(({ kinds }) => kinds.has('stats'));
  const shards: FinishedShard[] = [];
  const unread: string[] = [];
  for (const { shard: name, id, kinds } of found.sort((a, b) => a.id - b.id)) {
    try {
      const stats = await readStats(store, shardFileName(name, 'stats'));
      const samples = SAMPLE_KINDS.find((kind) => kinds.has(kind)) ?? null;
      shards.push({
        name,
        id,
        samples,
        files: samples === null ? [] : samplesFiles(stats, name, samples),
        hasMetadata: kinds.has('parquet'),
        isAdopted: stats.adopted === true,
        rows: stats.count,
        successes: stats.successes,
        failures: stats.failure_codes,
        bytes: numberOr0(stats.bytes_downloaded),
        version: String(stats.version),
      });
    } catch (error) {
      unread.push(oneLine(error));
    }
  }
  return { shards, unread };
}

/** Statistics of old versions may lack the value. */
const numberOr0 = (value: unknown): number => (Number.isFinite(value) ? Number(value) : 0);
