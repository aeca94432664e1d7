import { join } from 'node:path';
import type { Value } from '../../core/columns.ts';
import { isFailureCode } from '../../core/failures.ts';
import type { SampleKey, ShardId } from '../../core/samples.ts';
import { type ShardFileKind, shardFileName } from '../../shards/files.ts';
import { sampleKey, shardName } from '../../shards/names.ts';
import { FORMATS } from '../formats/formats.ts';
import type { Member, SampleSink } from '../formats/sample-sink.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { type Field, metadataFields, sampleFields } from '../metadata/fields.ts';
import { ParquetFile } from '../metadata/parquet-file.ts';
import { type CountedOutcome, type ShardStats, ShardTally, statsText } from '../metadata/stats.ts';
import { damagedShard, openStoredShard, type StoredShard } from '../read/stored-shard.ts';
import type { Spool } from '../spool/spool.ts';
import { type Checksum, ChecksumFile } from '../store/checksum-file.ts';
import { beginCommit, commitTogether, finishCommit } from '../store/commit-together.ts';
import { type FileDigest, PendingFile } from '../store/pending-file.ts';
import { ExistingSamples, sampleDigests } from './existing-samples.ts';
import { sampleMembers } from './members.ts';

export interface ShardToBackfill {
  readonly id: ShardId;
  /** New outcomes of rows, under their places in the shard; all other rows stay as they are. */
  readonly spool: Spool;
  /** What the run's options give; the rest stands in the shard. */
  readonly shape: Omit<DatasetShape, 'columns' | 'caption'>;
  /** Where the dataset lies. */
  readonly folder: string;
  /** Folder for the new files until they replace the old ones, on the same file system; see commit-together.ts. */
  readonly pending: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  /** Version of laion-fetch, for the statistics. */
  readonly version: string;
}

/** Something that is open, to be closed and removed after a failure. */
interface Discardable {
  discard(): Promise<void>;
}

/**
 * Puts new outcomes of rows into a finished shard. What comes out is what the shard would be had these rows had their
 * new outcomes at once; its files are replaced together or not at all. Returns null, and leaves the shard alone, where
 * every row has failed as it had before. A disk that refuses is a UserError (exit code 4), a damaged shard one (3).
 */
export async function backfillShard(shard: ShardToBackfill): Promise<ShardStats | null> {
  const { id, shape, folder, pending } = shard;
  const old = await openStoredShard(folder, shardName(id, shape.numbering));
  const { differs, restores } = await compare(shard, old);
  if (!differs) return null;

  await beginCommit(pending);
  const { stats, names } = await writeFiles(shard, old, restores);
  await commitTogether(pending, folder, names);
  return stats;
}

/** Whether any row has another outcome than before, and whether any has become a success. */
async function compare(
  { spool }: ShardToBackfill,
  old: StoredShard,
): Promise<{ readonly differs: boolean; readonly restores: boolean }> {
  const failureCode = old.column('failure_code');
  let [index, differs, restores] = [0, false, false];
  for await (const group of old.rows()) {
    for (const row of group) {
      const result = (await spool.read(index))?.result;
      index += 1;
      if (result === undefined) continue;
      restores ||= result.ok;
      differs ||= result.ok || result.code !== failureCode(row);
    }
  }
  return { differs, restores };
}

/** Writes the files that change into the pending folder; where that fails, nothing is left there. */
async function writeFiles(
  shard: ShardToBackfill,
  old: StoredShard,
  restores: boolean,
): Promise<{ readonly stats: ShardStats; readonly names: readonly string[] }> {
  const { spool, pending, endedAt, version } = shard;
  const names = {
    samples: fileName(shard, formatOf(shard).kind),
    metadata: fileName(shard, 'parquet'),
    checksums: fileName(shard, 'checksums'),
    stats: fileName(shard, 'stats'),
  };
  const open: Discardable[] = [];
  try {
    const tally = new ShardTally();
    const checksums = await ChecksumFile.create(join(pending, names.checksums), spool.bytes);
    open.push(checksums);
    const digests = await sampleDigests(shard.folder, names.samples, old.stats);
    // Samples that stay are copied as well where nothing tells the digests that the checksum file must have.
    const samples = restores || digests === null ? await openSamples(shard, old, digests, open) : null;
    const onFile = ({ name, sha256 }: Checksum): Promise<void> =>
      checksums.add({ name: `${names.samples}/${name}`, sha256 });
    const metadata = await writeRows(shard, old, { samples, tally, onFile, open });
    const digest =
      samples === null ? (old.stats.files?.[names.samples] ?? null) : await samples.sink.finish();
    if (samples === null) for (const [name, sha256] of digests ?? []) await checksums.add({ name, sha256 });
    else if (digest !== null) await checksums.add({ name: names.samples, sha256: digest.sha256 });
    await checksums.add({ name: names.metadata, sha256: metadata.sha256 });
    const stats = tally.stats({ startedAt: old.stats.start_time * 1000, endedAt }, version, {
      ...(digest === null ? {} : { [names.samples]: digest }),
      [names.metadata]: metadata,
    });
    const statsFile = await PendingFile.create(join(pending, names.stats), 0);
    open.push(statsFile);
    await statsFile.write([Buffer.from(statsText(stats))]);
    await checksums.add({ name: names.stats, sha256: (await statsFile.finish()).sha256 });
    await checksums.finish();
    const rewritten = samples === null ? [] : [names.samples];
    return { stats, names: [...rewritten, names.metadata, names.checksums, names.stats] };
  } catch (error) {
    await Promise.allSettled(open.map((each) => each.discard()));
    await finishCommit(pending, shard.folder);
    throw error;
  }
}

/** The samples of the shard, old and new. */
interface Samples {
  readonly old: ExistingSamples;
  readonly sink: SampleSink;
}

async function openSamples(
  shard: ShardToBackfill,
  { stats }: StoredShard,
  digests: ReadonlyMap<string, string> | null,
  open: Discardable[],
): Promise<Samples> {
  const { folder, pending, spool } = shard;
  const format = formatOf(shard);
  const name = fileName(shard, format.kind);
  const old = new ExistingSamples({ folder, kind: format.kind, name, digests });
  open.push(old);
  const sink = await format.open(join(pending, name), spool.bytes + (stats.files?.[name]?.bytes ?? 0));
  open.push(sink);
  return { old, sink };
}

interface RowsTarget {
  /** Null where the samples stay as they are. */
  readonly samples: Samples | null;
  readonly tally: ShardTally;
  /** Told of every file in a shard's folder. */
  readonly onFile: (file: Checksum) => Promise<void>;
  readonly open: Discardable[];
}

/** Writes the rows in their order; returns the digest of the metadata. */
async function writeRows(
  shard: ShardToBackfill,
  stored: StoredShard,
  { samples, tally, onFile, open }: RowsTarget,
): Promise<FileDigest> {
  const { id, shape, spool, pending } = shard;
  const [fields, jsonFields] = fieldsOf(shard, stored);
  const outcomeOf = outcomeReader(shard, stored);
  const path = join(pending, fileName(shard, 'parquet'));
  const metadata = await ParquetFile.create(path, stored.columns, spool.bytes);
  open.push(metadata);

  const addSample = async ({ sink }: Samples, key: SampleKey, members: readonly Member[]): Promise<void> => {
    for (const file of await sink.add(key, members)) await onFile(file);
  };
  let index = 0;
  for await (const group of stored.rows()) {
    for (const row of group) {
      const key = sampleKey(id, index, shape.numbering);
      const settled = await spool.read(index);
      index += 1;
      if (settled === null) {
        const outcome = outcomeOf(row);
        tally.add(outcome);
        if (outcome.ok && samples !== null) await addSample(samples, key, await samples.old.take(key));
        await metadata.add(row);
        continue;
      }
      const sample = { ...settled, key };
      const { result } = settled;
      tally.add(result);
      if (result.ok && samples !== null) {
        await addSample(samples, key, sampleMembers(stored, jsonFields, sample, result.image));
      }
      await metadata.add(fields.map(({ valueIn }) => valueIn(sample)));
    }
  }
  await samples?.old.finish();
  return metadata.finish();
}

/** Fields of the metadata and of the JSON, which new rows get; the metadata's are the columns that are there. */
function fieldsOf(
  shard: ShardToBackfill,
  stored: StoredShard,
): readonly [metadata: readonly Field[], json: readonly Field[]] {
  const shape = { ...shard.shape, columns: stored.carried, caption: stored.caption };
  const fields = metadataFields(shape);
  const isSame = fields.every(({ column }, index) => column.name === stored.columns[index]?.name);
  if (isSame && fields.length === stored.columns.length) return [fields, sampleFields(shape)];
  const file = fileName(shard, 'parquet');
  throw damagedShard(shard.folder, file, "its columns are not those of the run's options");
}

/** Reads what the statistics count out of a row of the metadata. */
function outcomeReader(
  shard: ShardToBackfill,
  { column }: StoredShard,
): (row: readonly Value[]) => CountedOutcome {
  const [codeIn, messageIn, bytesIn] = [column('failure_code'), column('error_message'), column('bytes')];
  return (row) => {
    const [code, bytes] = [codeIn(row), bytesIn(row)];
    const fetch = { bytes: bytes === null ? null : Number(bytes) };
    if (code === null) return { ok: true, fetch };
    if (typeof code === 'string' && isFailureCode(code)) {
      return { ok: false, code, message: String(messageIn(row)), fetch };
    }
    throw damagedShard(
      shard.folder,
      fileName(shard, 'parquet'),
      `the failure code ${String(code)} is unknown`,
    );
  };
}

function formatOf({ shape }: ShardToBackfill) {
  const format = FORMATS[shape.format];
  if (format === null) throw new Error('A dataset without samples cannot be back-filled');
  return format;
}

function fileName({ id, shape }: ShardToBackfill, kind: ShardFileKind): string {
  return shardFileName(shardName(id, shape.numbering), kind);
}
