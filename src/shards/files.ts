import type { ShardId } from '../core/samples.ts';

/**
 * The files of a shard in the dataset's folder: its samples (a tar, a TFRecord or MDS file or a folder; the metadata itself in the
 * format parquet), its metadata, the digests of these, its statistics, and indexes of the tar for loaders. Samples of more
 * than `--max-shard-bytes` are in several files, the parts: `00042.tar`, `00042_001.tar`. The rights of its rows are in a
 * hidden folder, so that `*.parquet` finds the metadata alone.
 */
const SUFFIXES = {
  tar: '.tar',
  tfrecord: '.tfrecord',
  mds: '.mds',
  folder: '',
  parquet: '.parquet',
  checksums: '.sha256',
  daliIndex: '.idx',
  energonIndex: '.tar.idx',
  stats: '_stats.json',
  rights: '.parquet',
} as const;

/** Folder of the tables of rights, one for each shard. */
const RIGHTS_FOLDER = '.laion-fetch/rights.parquet';

/** In a shard's folder of samples: what Hugging Face's `imagefolder` knows of its images. */
export const METADATA_LINES = 'metadata.jsonl';

export type ShardFileKind = keyof typeof SUFFIXES;
/** Files that hold nothing but samples. */
export const SAMPLE_KINDS = ['tar', 'folder', 'tfrecord', 'mds'] as const satisfies readonly ShardFileKind[];
export type SampleKind = (typeof SAMPLE_KINDS)[number];

/** Files of which a shard may have several. */
const PARTED: ReadonlySet<ShardFileKind> = new Set(['tar', 'tfrecord', 'mds', 'daliIndex', 'energonIndex']);
/** Minimum digits of a part, so that names sort in the order of the parts. */
const PART_DIGITS = 3;

export interface ShardFile {
  /** Name of the shard, `00042`. */
  readonly shard: string;
  readonly id: ShardId;
  readonly kind: ShardFileKind;
  /** From 0; a file that is not divided is part 0. */
  readonly part: number;
}

/** Name of a shard's file in the dataset's folder: `00042.tar`, `00042_001.tar`, `00042_stats.json`. */
export function shardFileName(shard: string, kind: ShardFileKind, part = 0): string {
  const suffix = part === 0 ? '' : `_${String(part).padStart(PART_DIGITS, '0')}`;
  return (kind === 'rights' ? `${RIGHTS_FOLDER}/` : '') + shard + suffix + SUFFIXES[kind];
}

/** The shard and the kind of file that a name means; null if it is not the name of a shard's file. */
export function parseShardFileName(name: string): ShardFile | null {
  const own = name.startsWith(`${RIGHTS_FOLDER}/`) ? name.slice(RIGHTS_FOLDER.length + 1) : name;
  const [, shard, digits = '0'] = /^(\d{1,15})(?:_(\d{3,6})(?=\.))?/.exec(own) ?? [];
  if (shard === undefined) return null;
  const part = Number(digits);
  for (const kind of Object.keys(SUFFIXES) as ShardFileKind[]) {
    if (name !== shardFileName(shard, kind, part)) continue;
    return part === 0 || PARTED.has(kind) ? { shard, id: Number(shard) as ShardId, kind, part } : null;
  }
  return null;
}
