import { oneLine } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import { parseShardFileName, type ShardFileKind, shardFileName } from '../../shards/files.ts';
import type { Numbering } from '../../shards/names.ts';
import { readStats, type ShardStats } from '../metadata/stats.ts';
import type { MetadataReader, StoredRow } from '../read/stored-rows.ts';
import { storedSamples } from '../read/stored-samples.ts';
import { sha256Of } from '../store/sha256-of.ts';
import type { Store } from '../store/store.ts';
import { type Finding, FindingList } from './findings.ts';
import { KeyOrder } from './key-order.ts';
import { compareDigests, readChecksumFile } from './verify-checksums.ts';
import { outcomeFault } from './verify-outcome.ts';
import { type PictureDecoder, verifySamples } from './verify-samples.ts';
import { checkSums, RowCounts } from './verify-stats.ts';

export interface ShardToVerify {
  readonly store: Store;
  readonly shard: string;
  readonly id: ShardId;
  /** Files of the shard that exist. */
  readonly kinds: ReadonlySet<ShardFileKind>;
  /** What stands under the name of a file and is none: "a symbolic link". */
  readonly odd: ReadonlyMap<ShardFileKind, string>;
  /** Whether the dataset's format has samples and metadata beside the statistics. */
  readonly hasSamples: boolean;
  /** Null where no manifest tells it; then the first key shows it. */
  readonly numbering: Numbering | null;
  readonly metadata: MetadataReader;
  /** Where every picture is to be decoded. */
  readonly decode?: PictureDecoder;
}

export interface VerifiedShard {
  readonly shard: string;
  readonly id: ShardId;
  readonly rows: number;
  readonly successes: number;
  readonly faults: readonly Finding[];
}

/** Proves one shard whole: its files exist, can be read to their end and agree. */
export async function verifyShard(shard: ShardToVerify): Promise<VerifiedShard> {
  const faults = new FindingList();
  for (const [kind, what] of shard.odd) faults.add(shardFileName(shard.shard, kind), `is ${what}, no file`);
  const stats = await statsOf(shard, faults);
  const content = stats !== null && shard.hasSamples ? await contentOf(shard, faults) : null;
  if (stats !== null && content !== null) {
    content.counts.compare(stats, shardFileName(shard.shard, 'parquet'), faults);
  }
  if (shard.kinds.has('stats')) await verifyDigests(shard, stats, content, faults);
  return {
    shard: shard.shard,
    id: shard.id,
    rows: stats?.count ?? 0,
    successes: stats?.successes ?? 0,
    faults: faults.all,
  };
}

/** Null where metadata or samples are missing. */
async function contentOf(shard: ShardToVerify, faults: FindingList): Promise<ShardContent | null> {
  const dataKind = dataKindOf(shard, faults);
  if (isMissing(shard, 'parquet')) faults.add(shardFileName(shard.shard, 'parquet'), 'is missing');
  return dataKind !== null && shard.kinds.has('parquet') ? readContent(shard, dataKind, faults) : null;
}

async function verifyDigests(
  shard: ShardToVerify,
  stats: ShardStats | null,
  content: ShardContent | null,
  faults: FindingList,
): Promise<void> {
  const checksumFile = shardFileName(shard.shard, 'checksums');
  const statsFile = shardFileName(shard.shard, 'stats');
  if (isMissing(shard, 'checksums')) faults.add(checksumFile, 'is missing');
  const checksums = shard.kinds.has('checksums')
    ? await readChecksumFile(shard.store, checksumFile, faults)
    : null;
  const found = new Map(content?.digests);
  found.set(statsFile, await sha256Of(shard.store, statsFile));
  compareDigests({ found, statistics: stats?.files ?? {}, checksums }, checksumFile, faults);
  for (const name of checksums?.keys() ?? []) {
    if (!found.has(name) && !isThere(shard, name))
      faults.add(checksumFile, `names ${name}, which is not there`);
  }
}

/** Whether a name is that of a file of the shard that exists, although it may not be one that can be read. */
function isThere({ shard, kinds, odd }: ShardToVerify, name: string): boolean {
  const file = parseShardFileName(name);
  return file?.shard === shard && (kinds.has(file.kind) || odd.has(file.kind));
}

function isMissing({ kinds, odd }: ShardToVerify, kind: ShardFileKind): boolean {
  return !kinds.has(kind) && !odd.has(kind);
}

async function statsOf(shard: ShardToVerify, faults: FindingList): Promise<ShardStats | null> {
  const file = shardFileName(shard.shard, 'stats');
  if (isMissing(shard, 'stats')) {
    for (const kind of shard.kinds)
      faults.add(shardFileName(shard.shard, kind), `belongs to no finished shard: ${file} is missing`);
  }
  if (!shard.kinds.has('stats')) return null;
  try {
    const stats = await readStats(shard.store, file);
    checkSums(stats, file, faults);
    return stats;
  } catch (error) {
    faults.add(file, `cannot be read: ${oneLine(error)}`);
    return null;
  }
}

function dataKindOf(shard: ShardToVerify, faults: FindingList): 'tar' | 'folder' | null {
  const { kinds } = shard;
  if (kinds.has('tar') && kinds.has('folder'))
    faults.add(shardFileName(shard.shard, 'folder'), 'stands beside a tar');
  if (kinds.has('tar')) return 'tar';
  if (kinds.has('folder')) return 'folder';
  if (isMissing(shard, 'tar') && isMissing(shard, 'folder'))
    faults.add(shardFileName(shard.shard, 'tar'), 'is missing');
  return null;
}

interface ShardContent {
  readonly counts: RowCounts;
  /** SHA-256 of the files that could be read to their end, by name. */
  readonly digests: ReadonlyMap<string, string>;
}

async function readContent(
  { store, shard, id, numbering, metadata, decode }: ShardToVerify,
  dataKind: 'tar' | 'folder',
  faults: FindingList,
): Promise<ShardContent> {
  const metadataFile = shardFileName(shard, 'parquet');
  const dataFile = shardFileName(shard, dataKind);
  const digests = new Map<string, string>();
  const counts = new RowCounts();
  let order: KeyOrder | undefined;
  const checkRow = (row: StoredRow): void => {
    order ??= new KeyOrder(id, numbering ?? numberingOf(shard, row.key));
    counts.add(row);
    for (const fault of [order.follow(row.key), outcomeFault(row)]) {
      if (fault !== null) faults.add(metadataFile, fault, row.key ?? undefined);
    }
  };
  await verifySamples({
    rows: each(metadata.rows(await store.localPath(metadataFile)), checkRow),
    samples: storedSamples(store, dataKind, dataFile, {
      pictures: decode !== undefined,
      onSha256: (name, sha256) => digests.set(name, sha256),
      onFault: (fault, key) => faults.add(dataFile, fault, key),
    }),
    dataFile,
    metadataFile,
    faults,
    ...(decode === undefined ? {} : { decode }),
  });
  try {
    digests.set(metadataFile, await sha256Of(store, metadataFile));
  } catch {
    // What cannot be read as bytes is a fault already, as it could not be read as rows.
  }
  return { counts, digests };
}

/** How the samples of a shard are numbered, as its first key shows. */
function numberingOf(shard: string, firstKey: string | null): Numbering {
  const indexDigits = Math.max(0, (firstKey?.length ?? 0) - shard.length);
  return { samplesPerShard: 10 ** indexDigits, shardDigits: shard.length };
}

async function* each<T>(source: AsyncIterable<T>, effect: (item: T) => void): AsyncGenerator<T> {
  for await (const item of source) {
    effect(item);
    yield item;
  }
}
