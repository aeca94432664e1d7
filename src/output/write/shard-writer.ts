import type { ShardId } from '../../core/samples.ts';
import { type ShardFileKind, shardFileName } from '../../shards/files.ts';
import { keyOfRow, shardName } from '../../shards/names.ts';
import { ChecksumFile } from '../checksums/checksum-file.ts';
import { FORMATS, sampleFormat } from '../formats/formats.ts';
import { openSink } from '../formats/open-sink.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { metadataFields, sampleFields } from '../metadata/fields.ts';
import {
  type FileDigests,
  type ShardStats,
  ShardTally,
  type ShardTimes,
  statsText,
} from '../metadata/stats.ts';
import type { SettledSample } from '../spool/spool-record.ts';
import type { FileDigest, Store, Transaction } from '../store/store.ts';
import { removeFurtherParts } from './further-parts.ts';
import { MetadataFiles } from './metadata-files.ts';

export interface ShardToWrite {
  readonly id: ShardId;
  /** Number of rows of the shard; all of them are settled in the spool. */
  readonly rows: number;
  readonly spool: {
    /** Length of the spool's file. */
    readonly bytes: number;
    /** The sample of a row. Rows are read in order. */
    read(row: number): Promise<SettledSample | null>;
  };
  readonly shape: DatasetShape;
  /** Where the dataset is. */
  readonly store: Store;
  /** Whether other machines may be writing the same shard. */
  readonly isShared?: boolean;
  readonly times: ShardTimes;
  /** Version of laion-fetch, for the statistics. */
  readonly version: string;
  /** Called when the files are complete, if their commit may take minutes. */
  readonly onStaged?: () => void;
}

/**
 * Writes the files of a shard in the order of its rows. They get their final names when all are complete, the statistics
 * last: a shard with statistics is complete. If the disk refuses, the new files are removed and a UserError (exit code 4)
 * names the path and the reason. The spool is not changed.
 */
export async function writeShard(shard: ShardToWrite): Promise<ShardStats> {
  const transaction = await shard.store.begin(shard.isShared ? 'shared' : 'new', shard.spool.bytes);
  try {
    const tally = new ShardTally();
    const checksums = new ChecksumFile(await transaction.createFile(fileName(shard, 'checksums')));
    const files = await writeSamples(shard, tally, checksums, transaction);
    const stats = tally.stats(shard.times, shard.version, files);
    const { sha256 } = await writeStats(shard, stats, transaction);
    await checksums.add({ name: fileName(shard, 'stats'), sha256 });
    await checksums.finish();
    if (shard.store.gathersCommits) shard.onStaged?.();
    await transaction.commit(fileName(shard, 'stats'));
    return stats;
  } catch (error) {
    await transaction.discard();
    throw error;
  }
}

async function writeSamples(
  shard: ShardToWrite,
  tally: ShardTally,
  checksums: ChecksumFile,
  transaction: Transaction,
): Promise<FileDigests> {
  const { id, rows, shape } = shard;
  if (FORMATS[shape.format] === null) {
    for (let index = 0; index < rows; index += 1) tally.add((await settledSample(shard, index)).result);
    return {};
  }
  const jsonFields = sampleFields(shape);
  const fields = metadataFields(shape);
  const samples = await openSamples(shard, transaction);
  const columns = fields.map(({ column }) => column);
  const metadata = await MetadataFiles.create(transaction, shardName(id, shape.numbering), columns, shape);

  for (let index = 0; index < rows; index += 1) {
    const settled = await settledSample(shard, index);
    const sample = { ...settled, key: keyOfRow(settled.row, id, index, shape.numbering) };
    tally.add(sample.result);
    if (sample.result.ok && samples !== null && sample.key !== null) {
      const members = samples.compose(shape, jsonFields, sample, sample.result.image);
      for (const { name, sha256 } of await samples.sink.add(sample.key, members, sample.row.subfolder)) {
        await checksums.add({ name: `${samples.name}/${name}`, sha256 });
      }
    }
    await metadata.add(fields.map(({ valueIn }) => valueIn(sample)));
  }
  const samplesDigests = (await samples?.sink.finish()) ?? {};
  if (samples !== null && shape.maxShardBytes !== null) {
    const name = shardName(id, shape.numbering);
    await removeFurtherParts(shard.store, name, samples.kind, Object.keys(samplesDigests).length);
  }
  const files = {
    ...samplesDigests,
    [fileName(shard, 'parquet')]: await metadata.finish(),
  };
  for (const [name, { sha256 }] of Object.entries(files)) await checksums.add({ name, sha256 });
  return files;
}

/** Null if the metadata holds the samples. */
async function openSamples(shard: ShardToWrite, transaction: Transaction) {
  const format = sampleFormat(shard.shape.format);
  if (format === null) return null;
  const { kind, compose } = format;
  const sink = await openSink(format, transaction, shardName(shard.id, shard.shape.numbering), shard.shape);
  return { kind, name: fileName(shard, kind), compose, sink };
}

async function settledSample({ id, spool }: ShardToWrite, index: number): Promise<SettledSample> {
  const sample = await spool.read(index);
  if (sample === null) throw new Error(`Row ${index} of shard ${id} is not settled`);
  return sample;
}

async function writeStats(
  shard: ShardToWrite,
  stats: ShardStats,
  transaction: Transaction,
): Promise<FileDigest> {
  const file = await transaction.createFile(fileName(shard, 'stats'));
  await file.write([Buffer.from(statsText(stats))]);
  return file.finish();
}

function fileName({ id, shape }: ShardToWrite, kind: ShardFileKind): string {
  return shardFileName(shardName(id, shape.numbering), kind);
}
