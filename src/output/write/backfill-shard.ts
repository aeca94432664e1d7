import { sampleColumns } from '../../core/reserved-columns.ts';
import type { SampleKey, ShardId } from '../../core/samples.ts';
import { type ShardFileKind, shardFileName } from '../../shards/files.ts';
import { keyOfRow, shardName } from '../../shards/names.ts';
import { type Checksum, ChecksumFile } from '../checksums/checksum-file.ts';
import { type SampleFormat, sampleFormat } from '../formats/formats.ts';
import type { ComposeMembers } from '../formats/members.ts';
import { openSink } from '../formats/open-sink.ts';
import type { SampleSink } from '../formats/sample-sink.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { type Field, metadataFields, sampleFields } from '../metadata/fields.ts';
import {
  asAdopted,
  type FileDigests,
  type ShardStats,
  ShardTally,
  samplesFiles,
  statsText,
} from '../metadata/stats.ts';
import {
  damagedShard,
  keyPositions,
  openStoredShard,
  outcomeReader,
  type StoredShard,
} from '../read/stored-shard.ts';
import type { Spool } from '../spool/spool.ts';
import type { FileDigest, Store, Transaction } from '../store/store.ts';
import { type ExistingSample, ExistingSamples, sampleDigests } from './existing-samples.ts';
import { removeOldParts } from './further-parts.ts';
import { MetadataFiles } from './metadata-files.ts';

export interface ShardToBackfill {
  readonly id: ShardId;
  /** New outcomes of rows, by their index in the shard; all other rows stay unchanged. */
  readonly spool: Spool;
  /** The part that the run's options determine; the rest is read from the shard. */
  readonly shape: Omit<DatasetShape, 'columns' | 'caption'>;
  /** Where the dataset is. */
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  /** Version of laion-fetch, for the statistics. */
  readonly version: string;
  /** Called when the files are complete, if their commit may take minutes. */
  readonly onStaged?: () => void;
}

/**
 * Puts new outcomes of rows into a finished shard: images of failed rows, or failures of rows whose samples are taken out. The
 * result is the same as if these rows had had their new outcomes from the start. The files are replaced all together or not at all. If every row has failed as before, returns null and
 * leaves the shard unchanged. Throws a UserError if the disk refuses (exit code 4) or the shard is damaged (3).
 */
export async function backfillShard(shard: ShardToBackfill): Promise<ShardStats | null> {
  const { id, shape, store, spool } = shard;
  const stored = await openStoredShard(store, shardName(id, shape.numbering), sampleColumns(shape));
  const { differs, changesSamples } = await compare(shard, stored);
  if (!differs) return null;

  const samplesBytes = sum(Object.values(samplesDigests(shard, stored)).map(({ bytes }) => bytes));
  const transaction = await store.begin('replacement', spool.bytes + samplesBytes);
  try {
    const stats = await writeFiles(shard, stored, changesSamples, transaction);
    if (store.gathersCommits) shard.onStaged?.();
    await transaction.commit(fileName(shard, 'stats'));
    await removeOldParts(store, shardName(id, shape.numbering), shape, stats);
    return stats;
  } catch (error) {
    await transaction.discard();
    throw error;
  }
}

/** Whether the outcome of any row has changed, and whether any row has become a success or is one no longer. */
async function compare(
  { spool }: ShardToBackfill,
  stored: StoredShard,
): Promise<{ readonly differs: boolean; readonly changesSamples: boolean }> {
  const failureCode = stored.column('failure_code');
  let [index, differs, changesSamples] = [0, false, false];
  for await (const group of stored.rows()) {
    for (const row of group) {
      const result = (await spool.read(index))?.result;
      index += 1;
      if (result === undefined) continue;
      changesSamples ||= result.ok || failureCode(row) === null;
      differs ||= result.ok || result.code !== failureCode(row);
    }
  }
  return { differs, changesSamples };
}

/** Writes the files that change. */
async function writeFiles(
  shard: ShardToBackfill,
  stored: StoredShard,
  changesSamples: boolean,
  transaction: Transaction,
): Promise<ShardStats> {
  const names = { metadata: fileName(shard, 'parquet'), stats: fileName(shard, 'stats') };
  const tally = new ShardTally();
  const checksums = new ChecksumFile(await transaction.createFile(fileName(shard, 'checksums')));
  const current = await currentSamples(shard, stored);
  // Unchanged samples are copied as well if the digests for the checksum file are recorded nowhere.
  const mustCopy = current !== null && (changesSamples || current.digests === null);
  const samples = mustCopy ? await openSamples(shard, stored, current, transaction) : null;
  const onFile = ({ name, sha256 }: Checksum): Promise<void> =>
    checksums.add({ name: `${fileName(shard, 'folder')}/${name}`, sha256 });
  const name = shardName(shard.id, shard.shape.numbering);
  const metadata = await writeRows(shard, stored, {
    samples,
    metadata: await MetadataFiles.create(transaction, name, stored.columns, shard.shape),
    tally,
    onFile,
  }).finally(() => samples?.existing.discard());
  const files = samples === null ? samplesDigests(shard, stored) : await samples.sink.finish();
  if (samples === null) {
    for (const [name, sha256] of current?.digests ?? []) await checksums.add({ name, sha256 });
  } else {
    for (const [name, { sha256 }] of Object.entries(files)) await checksums.add({ name, sha256 });
  }
  await checksums.add({ name: names.metadata, sha256: metadata.sha256 });
  const times = { startedAt: stored.stats.start_time * 1000, endedAt: shard.endedAt };
  const counted = tally.stats(times, shard.version, {
    ...files,
    [names.metadata]: metadata,
  });
  // Samples that are copied get the order of the index.
  const stats = samples === null && stored.stats.adopted ? asAdopted(counted) : counted;
  const statsFile = await transaction.createFile(names.stats);
  await statsFile.write([Buffer.from(statsText(stats))]);
  await checksums.add({ name: names.stats, sha256: (await statsFile.finish()).sha256 });
  await checksums.finish();
  return stats;
}

/** The files or the folder of the shard's samples as they are now. */
interface CurrentSamples {
  readonly format: SampleFormat;
  readonly names: readonly string[];
  /** Recorded SHA-256 by name; null if the shard does not record it. */
  readonly digests: ReadonlyMap<string, string> | null;
}

/** Null if the metadata holds the samples. */
async function currentSamples(
  shard: ShardToBackfill,
  { stats }: StoredShard,
): Promise<CurrentSamples | null> {
  const format = sampleFormat(shard.shape.format);
  if (format === null) return null;
  const names = samplesFiles(stats, shardName(shard.id, shard.shape.numbering), format.kind);
  return { format, names, digests: await sampleDigests(shard.store, names, stats) };
}

/** The recorded digests of the files of the samples; none for a folder, and if the metadata holds them. */
function samplesDigests({ id, shape }: ShardToBackfill, { stats }: StoredShard): FileDigests {
  const format = sampleFormat(shape.format);
  if (format === null) return {};
  const names = new Set(samplesFiles(stats, shardName(id, shape.numbering), format.kind));
  return Object.fromEntries(Object.entries(stats.files ?? {}).filter(([name]) => names.has(name)));
}

/** The existing samples of the shard, and the sink for these and the new ones. */
interface Samples {
  readonly existing: ExistingSamples;
  readonly sink: SampleSink;
  readonly compose: ComposeMembers;
}

async function openSamples(
  shard: ShardToBackfill,
  stored: StoredShard,
  { format, names, digests }: CurrentSamples,
  transaction: Transaction,
): Promise<Samples> {
  const { kind, compose } = format;
  const sink = await openSink(format, transaction, shardName(shard.id, shard.shape.numbering), {
    ...shard.shape,
    caption: stored.caption,
  });
  const adopted = stored.stats.adopted === true;
  const named = kind === 'folder' && shard.shape.numbering.isNamed ? await keyPositions(stored) : null;
  const position = named && { position: (key: string) => named.get(key) ?? -1 };
  const existing = new ExistingSamples({ store: shard.store, kind, names, digests, adopted, ...position });
  return { existing, sink, compose };
}

interface RowsTarget {
  /** Null if the samples stay unchanged. */
  readonly samples: Samples | null;
  readonly metadata: MetadataFiles;
  readonly tally: ShardTally;
  /** Called with every file in a shard's folder. */
  readonly onFile: (file: Checksum) => Promise<void>;
}

/** Writes the rows in order; returns the digest of the metadata. */
async function writeRows(
  shard: ShardToBackfill,
  stored: StoredShard,
  { samples, metadata, tally, onFile }: RowsTarget,
): Promise<FileDigest> {
  const { id, shape, spool } = shard;
  const [fields, jsonFields] = fieldsOf(shard, stored);
  const outcomeOf = outcomeReader(shard.store, fileName(shard, 'parquet'), stored);
  const [keyIn, codeIn] = [stored.column('key'), stored.column('failure_code')];
  const addSample = async (
    { sink }: Samples,
    key: SampleKey,
    { members, subfolder }: ExistingSample,
  ): Promise<void> => {
    for (const file of await sink.add(key, members, subfolder)) await onFile(file);
  };
  let index = 0;
  for await (const group of stored.rows()) {
    for (const row of group) {
      const name = keyIn(row);
      const named = typeof name === 'string' ? { key: name as SampleKey } : {};
      const key = keyOfRow(named, id, index, shape.numbering);
      const settled = await spool.read(index);
      index += 1;
      if (settled === null) {
        const outcome = outcomeOf(row);
        tally.add(outcome);
        if (outcome.ok && samples !== null && key !== null)
          await addSample(samples, key, await samples.existing.take(key));
        await metadata.add(row);
        continue;
      }
      const sample = { ...settled, key };
      const { result } = settled;
      tally.add(result);
      // Its sample is read and left out.
      if (codeIn(row) === null && samples !== null && key !== null) await samples.existing.take(key);
      if (result.ok && samples !== null && key !== null) {
        const members = samples.compose({ ...shape, ...stored }, jsonFields, sample, result.image);
        await addSample(samples, key, { members, subfolder: sample.row.subfolder });
      }
      await metadata.add(fields.map(({ valueIn }) => valueIn(sample)));
    }
  }
  await samples?.existing.finish();
  return metadata.finish();
}

/** Fields of the metadata and of the JSON for new rows. The metadata keeps the columns that the shard has. */
function fieldsOf(
  shard: ShardToBackfill,
  stored: StoredShard,
): readonly [metadata: readonly Field[], json: readonly Field[]] {
  const shape = { ...shard.shape, columns: stored.carried, caption: stored.caption };
  const fields = metadataFields(shape);
  const isSame = fields.every(({ column }, index) => column.name === stored.columns[index]?.name);
  if (isSame && fields.length === stored.columns.length) return [fields, sampleFields(shape)];
  const file = fileName(shard, 'parquet');
  throw damagedShard(shard.store, file, "its columns are not those of the run's options");
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function fileName({ id, shape }: ShardToBackfill, kind: ShardFileKind): string {
  return shardFileName(shardName(id, shape.numbering), kind);
}
