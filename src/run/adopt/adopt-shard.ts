import type { Options } from '../../config/resolve.ts';
import { oneLine } from '../../core/errors.ts';
import { RESERVED_COLUMNS } from '../../core/reserved-columns.ts';
import { proveShard } from '../../output/adopt/prove-shard.ts';
import { openByKey } from '../../output/adopt/rows-by-key.ts';
import { columnProblem, writeAdopted } from '../../output/adopt/write-adopted.ts';
import type { FoundShard } from '../../output/dataset/ledger.ts';
import { FORMATS } from '../../output/formats/formats.ts';
import { rewriteShardFiles } from '../../output/loader-files/rewrite-shard-files.ts';
import { parseImg2datasetStats } from '../../output/metadata/img2dataset-stats.ts';
import { readStats, type ShardStats } from '../../output/metadata/stats.ts';
import type { StoredMetadata } from '../../output/read/stored-metadata.ts';
import { MetadataReader } from '../../output/read/stored-rows.ts';
import { openStore } from '../../output/store/open-store.ts';
import type { Finding } from '../../output/verify/findings.ts';
import type { ImageDecoder } from '../../output/verify/verify-samples.ts';
import { verifyShard } from '../../output/verify/verify-shard.ts';
import { shardFileName } from '../../shards/files.ts';
import { shardName } from '../../shards/names.ts';
import { VERSION } from '../../util/version.ts';
import { numberingOf } from '../index/numbering.ts';
import type { OpenedIndex } from '../index/open-index.ts';
import { datasetShape } from '../stages/stage-settings.ts';
import { sampleKind } from './found-shards.ts';
import { sizeProblem } from './row-size.ts';

export interface AdoptionPlan {
  readonly output: string;
  readonly options: Options;
  /** Null if none is named. */
  readonly index: OpenedIndex | null;
  /** Rows that the index has for each shard, by its number; null without an index. */
  readonly shardRows: readonly number[] | null;
  /** Differences between index and metadata, by the names of the shards. */
  readonly differences: ReadonlyMap<string, readonly Finding[]>;
  readonly decode: ImageDecoder;
}

/** A shard that is adopted now, or why it is not. */
export type ShardAdoption =
  | { readonly rows: number; readonly samples: number }
  | { readonly problem: string };

/** Adopts a finished shard if its files prove themselves. Otherwise changes nothing. */
export async function adoptShard(found: FoundShard, plan: AdoptionPlan): Promise<ShardAdoption> {
  const adoption = await adoptProven(found, plan);
  if ('rows' in adoption && plan.options.loaderFiles) {
    await rewriteShardFiles(openStore(plan.output), found.shard);
  }
  return adoption;
}

async function adoptProven(found: FoundShard, plan: AdoptionPlan): Promise<ShardAdoption> {
  const { shard } = found;
  const store = openStore(plan.output);
  const problem = planProblem(found, plan);
  if (problem !== null) return { problem };
  const text = (await store.read(shardFileName(shard, 'stats')))?.toString('utf8') ?? '';
  const stats = parseImg2datasetStats(text);
  const rows = stats?.count ?? (await readOurStats(plan, shard))?.count;
  if (rows === undefined)
    return { problem: `${shardFileName(shard, 'stats')}: not the statistics of a shard` };
  const wanted = plan.shardRows?.[found.id];
  if (plan.shardRows !== null && wanted === undefined) return { problem: 'the index has no rows for it' };
  if (wanted !== undefined && wanted !== rows) {
    return { problem: `it has ${rows} rows, by index and options it would have ${wanted}` };
  }
  const differences = plan.differences.get(shard) ?? [];
  if (differences.length > 0) return { problem: firstOf(differences) };
  return stats === null ? verifyAdopted(found, plan) : proveAndWrite(found, stats, plan);
}

/** Why the files of a shard cannot be those of a shard of this plan. */
function planProblem(found: FoundShard, { options }: AdoptionPlan): string | null {
  const { shard, id, kinds } = found;
  const name = shardName(id, { shardDigits: options.oomShardCount });
  if (name !== shard) return `its name is not ${name}; see --oom-shard-count`;
  const kind = sampleKind(found);
  if (kind === null) return 'it has neither a tar nor a folder, and other formats cannot be adopted';
  if (kind === 'tar' && kinds.has('folder')) return 'it has a tar and a folder';
  if (!kinds.has('parquet')) return `${shardFileName(shard, 'parquet')} is missing`;
  const wanted = FORMATS[options.outputFormat]?.kind;
  return kind === wanted
    ? null
    : `it is a ${kind}, which --output-format ${options.outputFormat} does not write`;
}

async function readOurStats({ output }: AdoptionPlan, shard: string): Promise<ShardStats | null> {
  return readStats(openStore(output), shardFileName(shard, 'stats')).catch(() => null);
}

async function proveAndWrite(
  found: FoundShard,
  stats: NonNullable<ReturnType<typeof parseImg2datasetStats>>,
  plan: AdoptionPlan,
): Promise<ShardAdoption> {
  const { output, options, decode } = plan;
  const { shard, id } = found;
  const kind = sampleKind(found) ?? 'tar';
  const store = openStore(output);
  const metadata = await openByKey(store, shardFileName(shard, 'parquet')).catch(oneLine);
  if (typeof metadata === 'string') return { problem: `${shardFileName(shard, 'parquet')}: ${metadata}` };
  const shape = datasetShape(options, plan.index ?? indexOf(metadata));
  const columns = columnProblem(metadata.columns, shape);
  if (columns !== null) return { problem: `${shardFileName(shard, 'parquet')} ${columns}` };
  const proof = await proveShard({
    store,
    shard,
    id,
    kind,
    numbering: shape.numbering,
    stats,
    metadata,
    extension: options.encodeFormat === 'original' ? null : options.encodeFormat,
    decode,
    rowProblem: (row) => sizeProblem(row, options),
  });
  if (!('digests' in proof)) return { problem: firstOf(proof) };
  await writeAdopted({ store, shard, kind, stats, metadata, shape, version: VERSION, ...proof });
  return { rows: stats.count, samples: stats.successes };
}

/** A shard that an earlier adoption, or a download after it, has finished. */
async function verifyAdopted(
  found: FoundShard,
  { output, options, decode }: AdoptionPlan,
): Promise<ShardAdoption> {
  const metadata = await MetadataReader.open();
  try {
    const { rows, successes, findings } = await verifyShard({
      ...found,
      store: openStore(output),
      odd: new Map(),
      parts: new Set(),
      hasSamples: true,
      format: options.outputFormat,
      loaderFiles: false,
      numbering: numberingOf(options),
      metadata,
      decode,
    });
    return findings.length === 0 ? { rows, samples: successes } : { problem: firstOf(findings) };
  } finally {
    metadata.close();
  }
}

/** Without an index, the metadata says which columns were copied from it. */
function indexOf({ columns }: StoredMetadata): { columns: StoredMetadata['columns']; caption: boolean } {
  return {
    columns: columns.filter(({ name }) => !RESERVED_COLUMNS.has(name)),
    caption: columns.some(({ name }) => name === 'caption'),
  };
}

function firstOf(findings: readonly Finding[]): string {
  const [first] = findings;
  if (first === undefined) return '';
  const { file, key, problem } = first;
  const more = findings.length === 1 ? '' : ` (and ${findings.length - 1} more)`;
  return `${file}${key === undefined ? '' : ` ${key}`}: ${problem}${more}`;
}
