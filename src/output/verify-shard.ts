import { join } from 'node:path';
import type { ShardId } from '../core/samples.ts';
import { type ShardFileKind, shardFileName } from '../shards/files.ts';
import { type Numbering, sampleKey } from '../shards/names.ts';
import { type Fault, FaultList, oneLine } from './faults.ts';
import { fileSha256 } from './file-sha256.ts';
import { readStats, type ShardStats } from './stats.ts';
import type { MetadataReader, StoredRow } from './stored-rows.ts';
import { storedSamples } from './stored-samples.ts';
import { type PictureDecoder, verifySamples } from './verify-samples.ts';

export interface ShardToVerify {
  readonly folder: string;
  readonly shard: string;
  readonly id: ShardId;
  /** Files of the shard that exist. */
  readonly kinds: ReadonlySet<ShardFileKind>;
  /** Whether the dataset's format has samples and metadata beside the statistics. */
  readonly hasSamples: boolean;
  readonly metadata: MetadataReader;
  /** Where every picture is to be decoded. */
  readonly decode?: PictureDecoder;
}

export interface VerifiedShard {
  readonly shard: string;
  readonly rows: number;
  readonly successes: number;
  readonly faults: readonly Fault[];
}

/** What a shard's statistics count, as its metadata has it. */
type Counts = Pick<
  ShardStats,
  'count' | 'successes' | 'failed_to_download' | 'failed_to_resize' | 'failure_codes'
>;

/** Proves one shard whole: its statistics, metadata and samples exist, can be read to their end and agree. */
export async function verifyShard(shard: ShardToVerify): Promise<VerifiedShard> {
  const faults = new FaultList();
  const stats = await statsOf(shard, faults);
  if (stats !== null && shard.hasSamples) {
    const dataKind = dataKindOf(shard, faults);
    const metadataFile = shardFileName(shard.shard, 'parquet');
    if (!shard.kinds.has('parquet')) faults.add(metadataFile, 'is missing');
    else if (dataKind !== null) {
      const { counts, digests } = await readContent(shard, dataKind, faults);
      compare(stats, counts, metadataFile, faults);
      compareDigests(stats, digests, faults);
    }
  }
  return {
    shard: shard.shard,
    rows: stats?.count ?? 0,
    successes: stats?.successes ?? 0,
    faults: faults.all,
  };
}

async function statsOf(
  { folder, shard, kinds }: ShardToVerify,
  faults: FaultList,
): Promise<ShardStats | null> {
  const file = shardFileName(shard, 'stats');
  if (!kinds.has('stats')) {
    for (const kind of kinds)
      faults.add(shardFileName(shard, kind), `belongs to no finished shard: ${file} is missing`);
    return null;
  }
  try {
    const stats = await readStats(join(folder, file));
    if (stats.count !== stats.successes + stats.failed_to_download + stats.failed_to_resize) {
      faults.add(file, 'the count is not the sum of successes and failures');
    }
    return stats;
  } catch (error) {
    faults.add(file, `cannot be read: ${oneLine(error)}`);
    return null;
  }
}

function dataKindOf({ shard, kinds }: ShardToVerify, faults: FaultList): 'tar' | 'folder' | null {
  if (kinds.has('tar') && kinds.has('folder'))
    faults.add(shardFileName(shard, 'folder'), 'stands beside a tar');
  if (kinds.has('tar')) return 'tar';
  if (kinds.has('folder')) return 'folder';
  faults.add(shardFileName(shard, 'tar'), 'is missing');
  return null;
}

interface ShardContent {
  readonly counts: Counts;
  /** SHA-256 of the files that could be read to their end, by name. */
  readonly digests: ReadonlyMap<string, string>;
}

async function readContent(
  { folder, shard, id, metadata, decode }: ShardToVerify,
  dataKind: 'tar' | 'folder',
  faults: FaultList,
): Promise<ShardContent> {
  const metadataFile = shardFileName(shard, 'parquet');
  const digests = new Map<string, string>();
  const dataFile = shardFileName(shard, dataKind);
  const counts = { success: 0, failed_to_download: 0, failed_to_resize: 0 };
  const failure_codes: Record<string, number> = {};
  let count = 0;
  let numbering: Numbering | undefined;

  const countRow = ({ key, status, failureCode }: StoredRow): void => {
    numbering ??= numberingOf(shard, key);
    const expected = sampleKey(id, count, numbering);
    if (key !== expected) faults.add(metadataFile, `row ${count} has the key ${key}, expected ${expected}`);
    count += 1;
    if (status !== null && Object.hasOwn(counts, status)) counts[status as keyof typeof counts] += 1;
    else faults.add(metadataFile, `the status ${status} is unknown`, key ?? expected);
    if (failureCode !== null) failure_codes[failureCode] = (failure_codes[failureCode] ?? 0) + 1;
  };
  await verifySamples({
    rows: each(metadata.rows(join(folder, metadataFile)), countRow),
    samples: storedSamples(dataKind, join(folder, dataFile), {
      pictures: decode !== undefined,
      onSha256: (sha256) => digests.set(dataFile, sha256),
    }),
    dataFile,
    metadataFile,
    faults,
    ...(decode === undefined ? {} : { decode }),
  });
  try {
    digests.set(metadataFile, await fileSha256(join(folder, metadataFile)));
  } catch {
    // What cannot be read as bytes is a fault already, as it could not be read as rows.
  }
  const { success, ...failed } = counts;
  return { counts: { count, successes: success, ...failed, failure_codes }, digests };
}

/** How the samples of a shard are numbered, as its first key shows. */
function numberingOf(shard: string, firstKey: string | null): Numbering {
  const indexDigits = Math.max(0, (firstKey?.length ?? 0) - shard.length);
  return { samplesPerShard: 10 ** indexDigits, shardDigits: shard.length };
}

function compare(stats: ShardStats, counts: Counts, metadataFile: string, faults: FaultList): void {
  for (const name of ['count', 'successes', 'failed_to_download', 'failed_to_resize'] as const) {
    if (stats[name] === counts[name]) continue;
    faults.add(metadataFile, `${name} is ${counts[name]} here and ${stats[name]} in the statistics`);
  }
  const codes = new Set([...Object.keys(stats.failure_codes), ...Object.keys(counts.failure_codes)]);
  for (const code of codes as Set<keyof ShardStats['failure_codes']>) {
    const [here = 0, there = 0] = [counts.failure_codes[code], stats.failure_codes[code]];
    if (here !== there)
      faults.add(metadataFile, `${code} occurs ${here} times here and ${there} in the statistics`);
  }
}

function compareDigests({ files }: ShardStats, digests: ShardContent['digests'], faults: FaultList): void {
  for (const [name, sha256] of digests) {
    const written = files?.[name]?.sha256;
    if (written !== undefined && written !== sha256) {
      faults.add(name, 'does not have the sha256 of the statistics');
    }
  }
}

async function* each<T>(source: AsyncIterable<T>, effect: (item: T) => void): AsyncGenerator<T> {
  for await (const item of source) {
    effect(item);
    yield item;
  }
}
