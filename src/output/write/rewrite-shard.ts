import type { Column, Value } from '../../core/columns.ts';
import type { EncodedImage, SampleKey } from '../../core/samples.ts';
import { type ShardFileKind, shardFileName } from '../../shards/files.ts';
import { ChecksumFile } from '../checksums/checksum-file.ts';
import { sampleFormat } from '../formats/formats.ts';
import { openSink } from '../formats/open-sink.ts';
import type { Member, SampleSink } from '../formats/sample-sink.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { type Field, sharedColumns } from '../metadata/fields.ts';
import { type ShardStats, ShardTally, samplesFiles, statsText } from '../metadata/stats.ts';
import type { StoredSample } from '../read/stored-samples.ts';
import { keyPositions, outcomeReader, type StoredShard } from '../read/stored-shard.ts';
import type { FileDigest, Store, Transaction, TransactionKind } from '../store/store.ts';
import { asWritten, ExistingSamples, sampleDigests } from './existing-samples.ts';
import { removeOldParts } from './further-parts.ts';
import { MetadataFiles } from './metadata-files.ts';

type Row = readonly Value[];

export interface ShardToRewrite {
  /** The finished shard `name`. */
  readonly from: { readonly store: Store; readonly name: string; readonly stored: StoredShard };
  /** Where it is written, and whether it replaces a shard there. */
  readonly to: { readonly store: Store; readonly name: string; readonly kind: TransactionKind };
  /** The part that the options of its run determine. */
  readonly shape: Omit<DatasetShape, 'columns' | 'caption'>;
  /** Columns of the new metadata. */
  readonly columns: readonly Column[];
  /** New rows for some of the old ones, which are read in order; `start`: position of the first. */
  readonly toRows: (rows: readonly Row[], start: number) => Promise<readonly Row[]> | readonly Row[];
  /** Version of laion-fetch, for the statistics. */
  readonly version: string;
  /** `columns` of the statistics; absent for none. */
  readonly change?: string;
}

/**
 * Writes a finished shard again with other keys or columns; its images and outcomes stay as they are, and so do the times
 * in its statistics, so that the result depends on nothing else. The files appear as those of every shard do. Throws a
 * UserError if the disk refuses (exit code 4) or the shard is damaged (3).
 */
export async function rewriteShard(shard: ShardToRewrite): Promise<ShardStats> {
  const { from, to } = shard;
  const sizes = Object.values(from.stored.stats.files ?? {}).map(({ bytes }) => bytes);
  const transaction = await to.store.begin(
    to.kind,
    sizes.reduce((sum, bytes) => sum + bytes, 0),
  );
  try {
    const stats = await writeFiles(shard, transaction);
    await transaction.commit(fileName(shard, 'stats'));
    await removeOldParts(to.store, to.name, shard.shape, stats);
    return stats;
  } catch (error) {
    await transaction.discard();
    throw error;
  }
}

async function writeFiles(shard: ShardToRewrite, transaction: Transaction): Promise<ShardStats> {
  const { from, version, change } = shard;
  const tally = new ShardTally();
  const checksums = new ChecksumFile(await transaction.createFile(fileName(shard, 'checksums')));
  const samples = await openSamples(shard, transaction, checksums);
  const metadata = await writeRows(shard, {
    samples,
    metadata: await MetadataFiles.create(transaction, shard.to.name, shard.columns, shard.shape),
    tally,
  }).finally(() => samples?.existing.discard());
  const files = { ...(await samples?.sink.finish()), [fileName(shard, 'parquet')]: metadata };
  for (const [name, { sha256 }] of Object.entries(files)) await checksums.add({ name, sha256 });
  const { start_time, end_time, duration } = from.stored.stats;
  const counted = tally.stats({ startedAt: 0, endedAt: 0 }, version, files);
  const stats = {
    ...counted,
    duration,
    start_time,
    end_time,
    ...(change === undefined ? {} : { columns: change }),
  };
  const statsFile = await transaction.createFile(fileName(shard, 'stats'));
  await statsFile.write([Buffer.from(statsText(stats))]);
  await checksums.add({ name: fileName(shard, 'stats'), sha256: (await statsFile.finish()).sha256 });
  await checksums.finish();
  return stats;
}

/** The samples that are there, and where they go. */
interface Samples {
  readonly existing: ExistingSamples;
  readonly add: (key: SampleKey, members: readonly Member[], subfolder: string | undefined) => Promise<void>;
  readonly sink: SampleSink;
}

/** Null if the metadata holds the samples. */
async function openSamples(
  shard: ShardToRewrite,
  transaction: Transaction,
  checksums: ChecksumFile,
): Promise<Samples | null> {
  const { from, shape } = shard;
  const format = sampleFormat(shape.format);
  if (format === null) return null;
  const { store, name, stored } = from;
  const names = samplesFiles(stored.stats, name, format.kind);
  const positions = format.kind === 'folder' ? await keyPositions(stored) : null;
  const existing = new ExistingSamples({
    store,
    kind: format.kind,
    names,
    digests: await sampleDigests(store, names, stored.stats),
    adopted: stored.stats.adopted === true,
    ...(positions && { position: (key: string) => positions.get(key) ?? -1 }),
  });
  const sink = await openSink(format, transaction, shard.to.name, { ...shape, caption: stored.caption });
  const folder = fileName(shard, format.kind);
  const add: Samples['add'] = async (key, members, subfolder) => {
    for (const file of await sink.add(key, members, subfolder))
      await checksums.add({ name: `${folder}/${file.name}`, sha256: file.sha256 });
  };
  return { existing, add, sink };
}

interface RowsTarget {
  readonly samples: Samples | null;
  readonly metadata: MetadataFiles;
  readonly tally: ShardTally;
}

async function writeRows(
  shard: ShardToRewrite,
  { samples, metadata, tally }: RowsTarget,
): Promise<FileDigest> {
  const { from, toRows, columns } = shard;
  const outcomeOf = outcomeReader(from.store, shardFileName(from.name, 'parquet'), from.stored);
  const keyIn = from.stored.column('key');
  const keyAt = columns.findIndex(({ name }) => name === 'key');
  const compose = composer(shard);
  const hasSameColumns = columns === from.stored.columns;
  let start = 0;
  for await (const group of from.stored.rows()) {
    const rows = await toRows(group, start);
    start += group.length;
    for (const [at, old] of group.entries()) {
      const row = rows[at] ?? [];
      const outcome = outcomeOf(old);
      tally.add(outcome);
      const [oldKey, key] = [keyIn(old), row[keyAt] ?? null];
      if (outcome.ok && samples !== null && typeof oldKey === 'string' && typeof key === 'string') {
        const sample = await samples.existing.takeStored(oldKey);
        const isSame = hasSameColumns && key === oldKey;
        const members = isSame ? asWritten(sample).members : compose(row, key as SampleKey, sample);
        await samples.add(key as SampleKey, members, sample.subfolder);
      }
      await metadata.add(row);
    }
  }
  await samples?.existing.finish();
  return metadata.finish();
}

/** Makes the members of a sample from its new row; its image stays. */
function composer({
  shape,
  columns,
  from,
}: ShardToRewrite): (row: Row, key: SampleKey, sample: StoredSample) => readonly Member[] {
  let current: Row = [];
  const fields = sharedColumns(columns, shape).map(
    ({ column, at }): Field => ({ column, valueIn: () => current[at] ?? null }),
  );
  const captionAt = columns.findIndex(({ name }) => name === 'caption');
  const format = sampleFormat(shape.format);
  const composed = { caption: from.stored.caption, encodeFormat: shape.encodeFormat };
  return (row, key, { members }) => {
    current = row;
    const caption = row[captionAt] ?? null;
    const file = members.find(({ extension }) => extension !== 'json' && extension !== 'txt');
    if (format === null || file === undefined) throw new Error(`The sample ${key} has no image`);
    const image: EncodedImage = { ...NO_SIZES, extension: file.extension, bytes: file.content };
    const known = { url: null, caption: typeof caption === 'string' ? caption : null, values: [] };
    const result = { ok: true, image, fetch: NO_FACTS } as const;
    return format.compose(composed, fields, { row: known, key, result }, image);
  };
}

/** What members do not have: it is in the row. */
const NO_SIZES = {
  width: null,
  height: null,
  originalWidth: null,
  originalHeight: null,
  exif: null,
  hash: null,
};
const NO_FACTS = {
  httpStatus: null,
  finalUrl: null,
  attempts: 0,
  bytes: null,
  mimeType: null,
  fetchedAt: null,
};

function fileName({ to }: ShardToRewrite, kind: ShardFileKind): string {
  return shardFileName(to.name, kind);
}
