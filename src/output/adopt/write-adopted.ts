import { type Column, type ColumnType, typeName, type Value } from '../../core/columns.ts';
import { isFailureCode } from '../../core/failures.ts';
import { type ShardFileKind, shardFileName } from '../../shards/files.ts';
import { ChecksumFile } from '../checksums/checksum-file.ts';
import type { DatasetShape } from '../metadata/dataset-shape.ts';
import { img2datasetFields, metadataFields } from '../metadata/fields.ts';
import type { Img2datasetStats } from '../metadata/img2dataset-stats.ts';
import { asAdopted, type CountedOutcome, ShardTally, statsText } from '../metadata/stats.ts';
import type { StoredMetadata } from '../read/stored-metadata.ts';
import type { StoredRow } from '../read/stored-rows.ts';
import type { FileDigest, Store, Transaction } from '../store/store.ts';
import { MetadataFiles } from '../write/metadata-files.ts';
import type { ProvenSamples } from './prove-shard.ts';
import { toStoredRow } from './rows-by-key.ts';

export interface ShardToAdopt extends ProvenSamples {
  readonly store: Store;
  readonly shard: string;
  readonly kind: 'tar' | 'folder';
  readonly stats: Img2datasetStats;
  /** With its rows in the order of their keys. */
  readonly metadata: StoredMetadata;
  readonly shape: DatasetShape;
  /** Version of laion-fetch, for the statistics. */
  readonly version: string;
}

/** How the columns of a shard differ from those that img2dataset would have written; null if they agree. */
export function columnProblem(columns: readonly Column[], shape: DatasetShape): string | null {
  const expected = img2datasetFields({ ...shape, rights: null }).map(({ column }) => column);
  const [wanted, found] = [listColumns(expected), listColumns(columns)];
  return wanted === found ? null : `has the columns ${found}; by index and options they would be ${wanted}`;
}

const listColumns = (columns: readonly Column[]): string =>
  columns.map(({ name, type }) => `${name} ${storedTypeName(type)}`).join(', ');

/** JSON is stored as text. */
const storedTypeName = (type: ColumnType): string => (type.kind === 'json' ? 'string' : typeName(type));

/**
 * Gives a shard of img2dataset what a finished shard of ours has: metadata in the order of the keys with our columns
 * (empty but for the failure code), statistics with failure codes and digests, a checksum file. The samples stay as they
 * are. The files are replaced all together or not at all.
 */
export async function writeAdopted(shard: ShardToAdopt): Promise<void> {
  const { store } = shard;
  const metadataBytes = (await store.size(fileName(shard, 'parquet'))) ?? 0;
  const transaction = await store.begin('replacement', metadataBytes);
  try {
    await writeFiles(shard, transaction);
    await transaction.commit(fileName(shard, 'stats'));
  } catch (error) {
    await transaction.discard();
    throw error;
  }
}

async function writeFiles(shard: ShardToAdopt, transaction: Transaction): Promise<void> {
  const { store, kind, stats, digests, version } = shard;
  const checksums = new ChecksumFile(await transaction.createFile(fileName(shard, 'checksums')));
  const { metadata, tally } = await writeRows(shard, transaction);
  const samplesName = fileName(shard, kind);
  const samples = kind === 'tar' ? digests.get(samplesName) : undefined;
  const files: Record<string, FileDigest> = { [fileName(shard, 'parquet')]: metadata };
  if (samples !== undefined) {
    files[samplesName] = { bytes: (await store.size(samplesName)) ?? 0, sha256: samples };
  }
  for (const [name, sha256] of digests) await checksums.add({ name, sha256 });
  await checksums.add({ name: fileName(shard, 'parquet'), sha256: metadata.sha256 });
  const times = { startedAt: stats.start_time * 1000, endedAt: stats.end_time * 1000 };
  const statsFile = await transaction.createFile(fileName(shard, 'stats'));
  await statsFile.write([Buffer.from(statsText(asAdopted(tally.stats(times, version, files))))]);
  await checksums.add({ name: fileName(shard, 'stats'), sha256: (await statsFile.finish()).sha256 });
  await checksums.finish();
}

async function writeRows(
  shard: ShardToAdopt,
  transaction: Transaction,
): Promise<{ readonly metadata: FileDigest; readonly tally: ShardTally }> {
  const { columns, rows } = shard.metadata;
  const written = metadataFields(shard.shape).map(({ column }) => column);
  const metadata = await MetadataFiles.create(transaction, shard.shard, written, shard.shape);
  const tally = new ShardTally();
  for await (const group of rows()) {
    for (const values of group) {
      const row = toStoredRow(columns, values);
      const found = new Map<string, Value>(columns.map(({ name }, at) => [name, values[at] ?? null]));
      found.set('failure_code', row.failureCode);
      tally.add(outcomeOf(row));
      await metadata.add(written.map(({ name }) => found.get(name) ?? null));
    }
  }
  return { metadata: await metadata.finish(), tally };
}

function outcomeOf({ failureCode, errorMessage }: StoredRow): CountedOutcome {
  const fetch = { bytes: null };
  if (failureCode === null || !isFailureCode(failureCode)) return { ok: true, fetch };
  return { ok: false, code: failureCode, message: errorMessage ?? '', fetch };
}

function fileName({ shard }: ShardToAdopt, kind: ShardFileKind): string {
  return shardFileName(shard, kind);
}
