import type { OutputFormat } from '../../core/choices.ts';
import type { Column } from '../../core/columns.ts';
import type { FailureCode } from '../../core/failures.ts';
import { shardFileName } from '../../shards/files.ts';
import { findShards } from '../dataset/ledger.ts';
import { countShared } from '../metadata/fields.ts';
import { readStats, type ShardStats, samplesFiles } from '../metadata/stats.ts';
import { openMetadata } from '../read/stored-metadata.ts';
import type { FileDigest, Store } from '../store/store.ts';
import { type AttributionFacts, readAttributionFacts } from './attribution-facts.ts';
import { unitedColumns } from './united-columns.ts';

/** What is known about a run of a dataset besides its shards. */
export interface RunFacts {
  readonly firstShard: number;
  readonly format: OutputFormat;
  /** Base names of the files of the index. */
  readonly index: readonly string[];
  /** Extensions that images may have. */
  readonly extensions: readonly string[];
  readonly encodeFormat: string;
  /** The policy `--rights`; null for none, as with img2dataset's shards. */
  readonly policy: string | null;
}

/** A finished shard that has samples. */
export interface ShardFacts {
  /** `00042`. */
  readonly name: string;
  readonly rows: number;
  readonly samples: number;
  readonly caption: boolean;
  readonly encodeFormat: string;
  /** The files of its samples; none in the format `files`. */
  readonly files: readonly SamplesFileFacts[];
}

export interface SamplesFileFacts {
  /** `00042.tar`, `00042_001.tar`. */
  readonly name: string;
  readonly samples: number;
  /** Absent if the statistics do not record it. */
  readonly digest?: FileDigest;
}

/** Everything that the files of a dataset for loaders are made from. It depends on nothing but the dataset's content. */
export interface DatasetFacts {
  readonly format: 'webdataset' | 'files' | 'mds';
  readonly index: readonly string[];
  /** In the order of their numbers; those of the format alone. */
  readonly shards: readonly ShardFacts[];
  /** Those in MDS, whatever the format: streaming needs a list of them. */
  readonly mds: readonly ShardFacts[];
  /** The fields in the JSON of a sample. */
  readonly fields: readonly Column[];
  /** The columns of the metadata. */
  readonly columns: readonly Column[];
  readonly caption: boolean;
  readonly extensions: readonly string[];
  readonly failures: ReadonlyMap<FailureCode, number>;
  /** The policies `--rights` of the runs. */
  readonly policies: readonly string[];
  /** Null until the command `attribution` was called. */
  readonly attribution: AttributionFacts | null;
}

/**
 * Reads the statistics of all finished shards of these runs, and the columns of the first of each run. Null if no shard
 * has a tar or a folder of samples. If runs differ in their format, the facts are those of the tars.
 */
export async function readDatasetFacts(
  store: Store,
  runs: readonly RunFacts[],
): Promise<DatasetFacts | null> {
  const runOf = (id: number): RunFacts | undefined => runs.findLast(({ firstShard }) => firstShard <= id);
  const found = (await findShards(store))
    .filter(({ id, kinds }) => kinds.has('stats') && kinds.has('parquet') && runOf(id) !== undefined)
    .sort((a, b) => a.id - b.id);
  const kind =
    (['tar', 'mds'] as const).find((each) => found.some(({ kinds }) => kinds.has(each))) ?? 'folder';
  const shards: ShardFacts[] = [];
  const mds: ShardFacts[] = [];
  const failures = new Map<FailureCode, number>();
  const columnsOf = new Map<RunFacts, readonly Column[]>();
  for (const { shard: name, id, kinds } of found.filter(({ kinds }) => kinds.has(kind) || kinds.has('mds'))) {
    // Such as a shard of img2dataset that was not adopted.
    const stats = await readStats(store, shardFileName(name, 'stats')).catch(() => null);
    if (stats === null) continue;
    const run = runOf(id);
    if (run === undefined) continue;
    const isListed = kinds.has(kind);
    const columns = columnsOf.get(run) ?? (await openMetadata(store, shardFileName(name, 'parquet'))).columns;
    const own = kinds.has('mds') ? 'mds' : kind;
    const shard: ShardFacts = {
      name,
      rows: stats.count,
      samples: stats.successes,
      caption: hasCaption(columns),
      encodeFormat: run.encodeFormat,
      files: own === 'folder' ? [] : filesOf(name, stats, own),
    };
    if (own === 'mds') mds.push(shard);
    if (!isListed) continue;
    columnsOf.set(run, columns);
    shards.push(shard);
    for (const [code, count] of Object.entries(stats.failure_codes) as [FailureCode, number][]) {
      failures.set(code, (failures.get(code) ?? 0) + count);
    }
  }
  if (shards.length === 0) return null;
  const schemas = [...columnsOf.values()];
  const columns = unitedColumns(schemas);
  const known = runs.filter((run) => columnsOf.has(run));
  return {
    format: FORMAT_OF[kind],
    index: [...new Set(known.flatMap(({ index }) => index))],
    shards,
    mds,
    fields: unitedColumns(schemas.map(sharedColumns)),
    columns,
    caption: hasCaption(columns),
    extensions: [...new Set(known.flatMap(({ extensions }) => extensions))].sort(),
    failures,
    policies: [...new Set(known.flatMap(({ policy }) => policy ?? []))],
    attribution: await readAttributionFacts(store),
  };
}

const FORMAT_OF = { tar: 'webdataset', folder: 'files', mds: 'mds' } as const;

const hasCaption = (columns: readonly Column[]): boolean => columns.some(({ name }) => name === 'caption');

function filesOf(shard: string, stats: ShardStats, kind: 'tar' | 'mds'): readonly SamplesFileFacts[] {
  return samplesFiles(stats, shard, kind).map((name) => {
    const digest = stats.files?.[name];
    return { name, samples: digest?.samples ?? stats.successes, ...(digest === undefined ? {} : { digest }) };
  });
}

/** The columns that the JSON of samples has, too. */
const sharedColumns = (columns: readonly Column[]): readonly Column[] =>
  columns.slice(0, countShared(columns.map(({ name }) => name)));
