import type { OutputFormat } from '../../core/choices.ts';
import { oneLine } from '../../core/errors.ts';
import type { ShardId } from '../../core/samples.ts';
import {
  parseShardFileName,
  SAMPLE_KINDS,
  type SampleKind,
  type ShardFileKind,
  shardFileName,
} from '../../shards/files.ts';
import type { Numbering } from '../../shards/names.ts';
import { sha256Of } from '../checksums/sha256-of.ts';
import { FORMATS } from '../formats/formats.ts';
import { MetadataLines, samplePath } from '../loader-files/metadata-lines.ts';
import { TarIndexes } from '../loader-files/tar/tar-indexes.ts';
import { readStats, type ShardStats, samplesFiles } from '../metadata/stats.ts';
import type { MetadataReader, StoredRow } from '../read/stored-rows.ts';
import { storedSamples } from '../read/stored-samples.ts';
import type { Store } from '../store/store.ts';
import { type Finding, FindingList } from './findings.ts';
import { KeyOrder, type SampleOrder } from './key-order.ts';
import { NamedKeys } from './named-keys.ts';
import { compareDigests, readChecksumFile } from './verify-checksums.ts';
import { type ExpectedFile, expectedFiles, isTarIndex, verifyLoaderFiles } from './verify-loader-files.ts';
import { outcomeProblem } from './verify-outcome.ts';
import { type ImageDecoder, untilBroken, verifySamples } from './verify-samples.ts';
import { checkSums, RowCounts } from './verify-stats.ts';

export interface ShardToVerify {
  readonly store: Store;
  readonly shard: string;
  readonly id: ShardId;
  /** Files of the shard that exist. */
  readonly kinds: ReadonlySet<ShardFileKind>;
  /** Entries that are named like a file of the shard but are something else, such as "a symbolic link". */
  readonly odd: ReadonlyMap<ShardFileKind, string>;
  /** Names of the further files of its samples and of their indexes that exist. */
  readonly parts: ReadonlySet<string>;
  /** Whether the dataset's format has samples and metadata besides the statistics. */
  readonly hasSamples: boolean;
  /** Null if no manifest records it. */
  readonly format: OutputFormat | null;
  /** Whether the shard must have loader files. */
  readonly loaderFiles: boolean;
  /** Null if no manifest records it; then the first key determines it. */
  readonly numbering: Numbering | null;
  readonly metadata: MetadataReader;
  /** Decodes every image; absent if images should not be decoded. */
  readonly decode?: ImageDecoder;
}

/** The file that holds the samples. */
type DataKind = SampleKind | 'parquet';

export interface VerifiedShard {
  readonly shard: string;
  readonly id: ShardId;
  readonly rows: number;
  readonly successes: number;
  readonly findings: readonly Finding[];
  /** Findings about loader files, which can be written again from the samples. */
  readonly loaderFindings: readonly Finding[];
}

/** Verifies one shard: its files must exist, be readable to their end and agree. */
export async function verifyShard(shard: ShardToVerify): Promise<VerifiedShard> {
  const findings = new FindingList();
  const loaderFindings = new FindingList();
  for (const [kind, what] of shard.odd)
    if (!isTarIndex(kind)) findings.add(shardFileName(shard.shard, kind), `is ${what}, not a file`);
  const stats = await statsOf(shard, findings);
  if (stats !== null) checkParts(shard, stats, findings);
  const content = stats !== null && shard.hasSamples ? await contentOf(shard, stats, findings) : null;
  if (stats !== null && content !== null) {
    content.counts.compare(stats, shardFileName(shard.shard, 'parquet'), findings);
  }
  if (shard.kinds.has('stats')) await verifyDigests(shard, stats, content, findings);
  // A shard with other findings is written again, with its loader files.
  if (content !== null && findings.all.length === 0) {
    await verifyLoaderFiles(shard, content.loaderFiles, loaderFindings);
  }
  return {
    shard: shard.shard,
    id: shard.id,
    rows: stats?.count ?? 0,
    successes: stats?.successes ?? 0,
    findings: findings.all,
    loaderFindings: loaderFindings.all,
  };
}

/** Null if metadata or samples are missing. */
async function contentOf(
  shard: ShardToVerify,
  stats: ShardStats,
  findings: FindingList,
): Promise<ShardContent | null> {
  const dataKind = await dataKindOf(shard, findings);
  if (isMissing(shard, 'parquet')) findings.add(shardFileName(shard.shard, 'parquet'), 'is missing');
  return dataKind !== null && shard.kinds.has('parquet')
    ? readContent(shard, stats, dataKind, findings)
    : null;
}

async function verifyDigests(
  shard: ShardToVerify,
  stats: ShardStats | null,
  content: ShardContent | null,
  findings: FindingList,
): Promise<void> {
  const checksumFile = shardFileName(shard.shard, 'checksums');
  const statsFile = shardFileName(shard.shard, 'stats');
  if (isMissing(shard, 'checksums')) findings.add(checksumFile, 'is missing');
  const checksums = shard.kinds.has('checksums')
    ? await readChecksumFile(shard.store, checksumFile, findings)
    : null;
  const found = new Map(content?.digests);
  found.set(statsFile, await sha256Of(shard.store, statsFile));
  compareDigests({ found, statistics: stats?.files ?? {}, checksums }, checksumFile, findings);
  for (const name of checksums?.keys() ?? []) {
    if (!found.has(name) && !isThere(shard, name))
      findings.add(checksumFile, `names ${name}, which does not exist`);
  }
}

/** Compares the further files of samples and of their indexes with the statistics. */
function checkParts({ shard, parts }: ShardToVerify, stats: ShardStats, findings: FindingList): void {
  const written = new Set(Object.keys(stats.files ?? {}));
  for (const name of written) {
    const part = parseShardFileName(name)?.part ?? 0;
    if (part > 0 && !parts.has(name)) findings.add(name, 'is missing');
  }
  for (const name of parts) {
    const { kind = 'tar', part = 0 } = parseShardFileName(name) ?? {};
    if (written.has(isTarIndex(kind) ? shardFileName(shard, 'tar', part) : name)) continue;
    findings.add(name, 'belongs to no sample of the shard: the statistics do not name it');
  }
}

/** Whether a name is that of an existing file of the shard, even one that cannot be read. */
function isThere({ shard, kinds, odd, parts }: ShardToVerify, name: string): boolean {
  const file = parseShardFileName(name);
  if (parts.has(name)) return true;
  return file?.shard === shard && (kinds.has(file.kind) || odd.has(file.kind));
}

function isMissing({ kinds, odd }: ShardToVerify, kind: ShardFileKind): boolean {
  return !kinds.has(kind) && !odd.has(kind);
}

async function statsOf(shard: ShardToVerify, findings: FindingList): Promise<ShardStats | null> {
  const file = shardFileName(shard.shard, 'stats');
  if (isMissing(shard, 'stats')) {
    for (const kind of shard.kinds)
      findings.add(shardFileName(shard.shard, kind), `belongs to no finished shard: ${file} is missing`);
  }
  if (!shard.kinds.has('stats')) return null;
  try {
    const stats = await readStats(shard.store, file);
    checkSums(stats, file, findings);
    return stats;
  } catch (error) {
    findings.add(file, `cannot be read: ${oneLine(error)}`);
    return null;
  }
}

/** Which file holds the samples; a finding if there is none, or more than one. */
async function dataKindOf(shard: ShardToVerify, findings: FindingList): Promise<DataKind | null> {
  const [first, ...others] = SAMPLE_KINDS.filter((kind) => shard.kinds.has(kind));
  for (const kind of others) findings.add(shardFileName(shard.shard, kind), `exists beside a ${first}`);
  if (first !== undefined) return first;
  if (SAMPLE_KINDS.some((kind) => shard.odd.has(kind))) return null;
  if (await hasImages(shard)) return 'parquet';
  const { kind } = FORMATS[shard.format ?? 'webdataset'] ?? { kind: 'tar' };
  findings.add(shardFileName(shard.shard, kind), kind === 'parquet' ? 'has no images' : 'is missing');
  return null;
}

/** Whether the metadata has a column of images. What it has otherwise is found out when it is read. */
async function hasImages({ store, shard, kinds, format, metadata }: ShardToVerify): Promise<boolean> {
  if (!kinds.has('parquet')) return false;
  if (format !== null) return format === 'parquet';
  const path = await store.localPath(shardFileName(shard, 'parquet'));
  return (await metadata.imageColumn(path).catch(() => null)) !== null;
}

interface ShardContent {
  readonly counts: RowCounts;
  /** SHA-256 of the files that could be read to their end, by name. */
  readonly digests: ReadonlyMap<string, string>;
  /** The shard's loader files as they should be. */
  readonly loaderFiles: readonly ExpectedFile[];
}

async function readContent(
  { store, shard, id, parts, numbering, metadata, decode }: ShardToVerify,
  stats: ShardStats,
  dataKind: DataKind,
  findings: FindingList,
): Promise<ShardContent> {
  const metadataFile = shardFileName(shard, 'parquet');
  const dataFile = shardFileName(shard, dataKind);
  const digests = new Map<string, string>();
  const counts = new RowCounts();
  const path = await store.localPath(metadataFile);
  // Rows that cannot be read are reported when they are verified.
  const rows = () => untilBroken(metadata.rows(path), () => {});
  const known = numbering ?? (await guessNumbering(shard, rows()));
  const names = known.isNamed ? await NamedKeys.read(rows()) : null;
  const order: SampleOrder = names ?? new KeyOrder(id, known);
  const files = dataKind === 'parquet' ? [] : samplesFiles(stats, shard, dataKind);
  const present = files.filter((name) => name === dataFile || parts.has(name));
  const tars = new Map(present.map((name) => [name, new TarIndexes()]));
  const lines = new MetadataLines();
  const checkRow = (row: StoredRow): void => {
    counts.add(row);
    for (const problem of [order.follow(row), outcomeProblem(row)]) {
      if (problem !== null) findings.add(metadataFile, problem, row.key ?? undefined);
    }
  };
  const samples =
    dataKind === 'parquet'
      ? metadata.samples(path)
      : storedSamples(store, dataKind, present, {
          images: decode !== undefined,
          adopted: stats.adopted === true,
          ...(names === null ? {} : { position: (key: string) => names.position(key) }),
          onSha256: (name, sha256) => digests.set(name, sha256),
          onMember: (member, tar) => tars.get(tar)?.add(member),
          onProblem: (problem, key) => findings.add(dataFile, problem, key),
        });
  await verifySamples({
    rows: each(metadata.rows(path), checkRow),
    kind: dataKind,
    samples: each(samples, (sample) => {
      if (dataKind === 'folder') lines.add(samplePath(sample), sample.members);
    }),
    precedes: (stored, key) => order.precedes(stored, key),
    dataFile,
    metadataFile,
    findings,
    ...(decode === undefined ? {} : { decode }),
  });
  try {
    digests.set(metadataFile, await sha256Of(store, metadataFile));
  } catch {
    // A file that cannot be read as bytes has been reported already, because it could not be read as rows.
  }
  const loaderFiles = expectedFiles(shard, { tars, folder: lines }, dataKind);
  return { counts, digests, loaderFiles };
}

/** The numbering of a shard's samples, as its first key shows it: the text before it, the shard and zeros. */
async function guessNumbering(shard: string, rows: AsyncIterable<StoredRow>): Promise<Numbering> {
  const shardDigits = shard.length;
  for await (const { key } of rows) {
    if (key !== null && /^\d+$/.test(key))
      return { samplesPerShard: 10 ** Math.max(0, key.length - shardDigits), shardDigits };
    const [, keyPrefix = '', zeros] = new RegExp(`^(.*?)${shard}(0*)$`).exec(key ?? '') ?? [];
    if (zeros === undefined) return { samplesPerShard: 1, shardDigits, isNamed: true };
    return { samplesPerShard: 10 ** zeros.length, shardDigits, keyPrefix };
  }
  return { samplesPerShard: 1, shardDigits };
}

async function* each<T>(source: AsyncIterable<T>, effect: (item: T) => void): AsyncGenerator<T> {
  for await (const item of source) {
    effect(item);
    yield item;
  }
}
