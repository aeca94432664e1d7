import type { ShardId } from '../core/samples.ts';

/**
 * The files of a shard in the dataset's folder: its samples (a tar, a TFRecord file or a folder; the metadata itself in the
 * format parquet), its metadata, the digests of these, its statistics, and indexes of the tar for loaders.
 */
const SUFFIXES = {
  tar: '.tar',
  tfrecord: '.tfrecord',
  folder: '',
  parquet: '.parquet',
  checksums: '.sha256',
  daliIndex: '.idx',
  energonIndex: '.tar.idx',
  stats: '_stats.json',
} as const;

/** In a shard's folder of samples: what Hugging Face's `imagefolder` knows of its images. */
export const METADATA_LINES = 'metadata.jsonl';

export type ShardFileKind = keyof typeof SUFFIXES;
/** Files that hold nothing but samples. */
export const SAMPLE_KINDS = ['tar', 'folder', 'tfrecord'] as const satisfies readonly ShardFileKind[];
export type SampleKind = (typeof SAMPLE_KINDS)[number];

export interface ShardFile {
  /** Name of the shard, `00042`. */
  readonly shard: string;
  readonly id: ShardId;
  readonly kind: ShardFileKind;
}

/** Name of a shard's file in the dataset's folder: `00042.tar`, `00042_stats.json`. */
export function shardFileName(shard: string, kind: ShardFileKind): string {
  return shard + SUFFIXES[kind];
}

/** The shard and the kind of file that a name means; null if it is not the name of a shard's file. */
export function parseShardFileName(name: string): ShardFile | null {
  const shard = /^\d{1,15}/.exec(name)?.[0];
  if (shard === undefined) return null;
  for (const kind of Object.keys(SUFFIXES) as ShardFileKind[]) {
    if (name === shardFileName(shard, kind)) return { shard, id: Number(shard) as ShardId, kind };
  }
  return null;
}
