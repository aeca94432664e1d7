import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShardId } from '../../core/samples.ts';
import { type ShardFileKind, shardFileName } from '../../shards/files.ts';
import { sampleKey, shardName } from '../../shards/names.ts';
import { FORMATS } from '../formats/formats.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { metadataFields, sampleFields } from '../metadata/fields.ts';
import { ParquetFile } from '../metadata/parquet-file.ts';
import {
  type FileDigests,
  type ShardStats,
  ShardTally,
  type ShardTimes,
  statsText,
} from '../metadata/stats.ts';
import type { SettledSample } from '../spool/spool-record.ts';
import { ChecksumFile } from '../store/checksum-file.ts';
import { type FileDigest, PendingFile } from '../store/pending-file.ts';
import { syncFolder } from '../store/sync-folder.ts';
import { writeError } from '../store/write-error.ts';
import { sampleMembers } from './members.ts';

export interface ShardToWrite {
  readonly id: ShardId;
  /** Rows of the shard; each of them is settled in the spool. */
  readonly rows: number;
  readonly spool: {
    /** Length of the spool's file. */
    readonly bytes: number;
    /** The sample of a row, asked for in their order. */
    read(row: number): Promise<SettledSample | null>;
  };
  readonly shape: DatasetShape;
  /** Where the dataset lies. */
  readonly folder: string;
  /** An existing folder on the same file system, for the files while they are incomplete. */
  readonly scratch: string;
  readonly times: ShardTimes;
  /** Version of laion-fetch, for the statistics. */
  readonly version: string;
}

/** A file or folder of the shard that stands in the scratch folder. */
interface Pending {
  readonly kind: ShardFileKind;
  discard(): Promise<void>;
}

/**
 * Writes the files of a shard in the order of its rows and puts them under their final names, statistics last: a shard
 * with statistics is whole. Where the disk refuses, what was begun is removed and a UserError (exit code 4) names the
 * path and the reason; the spool is left as it is.
 */
export async function writeShard(shard: ShardToWrite): Promise<ShardStats> {
  const pending: Pending[] = [];
  try {
    const tally = new ShardTally();
    const checksums = await ChecksumFile.create(await clearedPath(shard, 'checksums'), shard.spool.bytes);
    pending.push({ kind: 'checksums', discard: () => checksums.discard() });
    const files = await writeSamples(shard, tally, checksums, pending);
    const stats = tally.stats(shard.times, shard.version, files);
    const { sha256 } = await writeStats(shard, stats, pending);
    await checksums.add({ name: fileName(shard, 'stats'), sha256 });
    await checksums.finish();
    await commit(shard, pending);
    return stats;
  } catch (error) {
    await Promise.allSettled(pending.map((file) => file.discard()));
    throw error;
  }
}

async function writeSamples(
  shard: ShardToWrite,
  tally: ShardTally,
  checksums: ChecksumFile,
  pending: Pending[],
): Promise<FileDigests> {
  const { id, rows, spool, shape } = shard;
  const format = FORMATS[shape.format];
  if (format === null) {
    for (let index = 0; index < rows; index += 1) tally.add((await settledSample(shard, index)).result);
    return {};
  }
  const jsonFields = sampleFields(shape);
  const fields = metadataFields(shape);
  const samplesName = fileName(shard, format.kind);
  const samples = await format.open(await clearedPath(shard, format.kind), spool.bytes);
  pending.push({ kind: format.kind, discard: () => samples.discard() });
  const metadata = await ParquetFile.create(
    await clearedPath(shard, 'parquet'),
    fields.map(({ column }) => column),
    spool.bytes,
  );
  pending.push({ kind: 'parquet', discard: () => metadata.discard() });

  for (let index = 0; index < rows; index += 1) {
    const sample = { ...(await settledSample(shard, index)), key: sampleKey(id, index, shape.numbering) };
    tally.add(sample.result);
    if (sample.result.ok) {
      const members = sampleMembers(shape, jsonFields, sample, sample.result.image);
      for (const { name, sha256 } of await samples.add(sample.key, members)) {
        await checksums.add({ name: `${samplesName}/${name}`, sha256 });
      }
    }
    await metadata.add(fields.map(({ valueIn }) => valueIn(sample)));
  }
  const samplesDigest = await samples.finish();
  const files = {
    ...(samplesDigest === null ? {} : { [samplesName]: samplesDigest }),
    [fileName(shard, 'parquet')]: await metadata.finish(),
  };
  for (const [name, { sha256 }] of Object.entries(files)) await checksums.add({ name, sha256 });
  return files;
}

async function settledSample({ id, spool }: ShardToWrite, index: number): Promise<SettledSample> {
  const sample = await spool.read(index);
  if (sample === null) throw new Error(`Row ${index} of shard ${id} is not settled`);
  return sample;
}

async function writeStats(shard: ShardToWrite, stats: ShardStats, pending: Pending[]): Promise<FileDigest> {
  const file = await PendingFile.create(await clearedPath(shard, 'stats'), shard.spool.bytes);
  pending.push({ kind: 'stats', discard: () => file.discard() });
  await file.write([Buffer.from(statsText(stats))]);
  return file.finish();
}

async function commit(shard: ShardToWrite, pending: readonly Pending[]): Promise<void> {
  const data = pending.map(({ kind }) => kind).filter((kind) => kind !== 'stats');
  try {
    // A shard that is written anew is not whole until its new statistics stand.
    await rm(finalPath(shard, 'stats'), { force: true });
    await syncFolder(shard.folder);
    for (const kind of data) {
      if (kind === 'folder') await rm(finalPath(shard, kind), { recursive: true, force: true });
      await rename(temporaryPath(shard, kind), finalPath(shard, kind));
    }
    await syncFolder(shard.folder);
    await rename(temporaryPath(shard, 'stats'), finalPath(shard, 'stats'));
    await syncFolder(shard.folder);
  } catch (error) {
    throw writeError(shard.folder, error, shard.spool.bytes);
  }
}

/** The temporary path, without what an interrupted run left there. */
async function clearedPath(shard: ShardToWrite, kind: ShardFileKind): Promise<string> {
  const path = temporaryPath(shard, kind);
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw writeError(path, error, shard.spool.bytes);
  }
  return path;
}

function temporaryPath(shard: ShardToWrite, kind: ShardFileKind): string {
  return join(shard.scratch, fileName(shard, kind));
}

function finalPath(shard: ShardToWrite, kind: ShardFileKind): string {
  return join(shard.folder, fileName(shard, kind));
}

function fileName({ id, shape }: ShardToWrite, kind: ShardFileKind): string {
  return shardFileName(shardName(id, shape.numbering), kind);
}
