import { datasetSettings, type Options } from '../config/resolve.ts';
import { usageError } from '../core/errors.ts';
import type { ShardId } from '../core/samples.ts';
import type { IndexSource } from '../inputs/file/index-file.ts';
import { openByKey } from '../output/adopt/rows-by-key.ts';
import { findImg2dataset } from '../output/dataset/img2dataset.ts';
import type { FoundShard } from '../output/dataset/ledger.ts';
import { openStore } from '../output/store/open-store.ts';
import { planShards } from '../shards/plan.ts';
import { VERSION } from '../util/version.ts';
import { type AdoptionPlan, adoptShard, type ShardAdoption } from './adopt/adopt-shard.ts';
import { sampleKind, sortedShards } from './adopt/found-shards.ts';
import { describeInput } from './dataset/describe-input.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { type ManifestRun, readManifest, writeManifest } from './dataset/manifest.ts';
import { refreshLoaderFiles } from './dataset/refresh-loader-files.ts';
import { adoptCommand, resumeCommand } from './dataset/resume-command.ts';
import { findIndexFiles } from './index/files/find-index-files.ts';
import { openIndexFiles } from './index/open-index.ts';
import { compareIndex } from './verify/compare-index.ts';
import { startDecodeCheck } from './verify/decode-check.ts';

export interface AdoptRequest {
  /** The options of img2dataset's command line. */
  readonly options: Options;
  readonly output: string;
  /** Files of the index; null if none are named. */
  readonly index: readonly string[] | null;
  /** Called with each shard that is not adopted, and the reason in one line. */
  readonly onLeft: (shard: string, reason: string) => void;
  readonly onNotice: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** The result of an adoption. */
export interface Adoption {
  readonly output: string;
  /** Shards that the dataset has now, with their rows and samples. */
  readonly shards: number;
  readonly rows: number;
  readonly samples: number;
  /** Finished shards of img2dataset that were not adopted. */
  readonly refused: number;
  /** Shards to fetch: unfinished, missing and refused ones; null if no index tells. */
  readonly missing: number | null;
  /** The command that fetches them; null if none are missing or nothing was adopted. */
  readonly command: string | null;
}

/**
 * Takes over a dataset that img2dataset wrote. Each of its finished shards whose files agree with each other, with the
 * options and, where it is named, with the index becomes a shard of ours; its samples stay as they are. All other files
 * stay untouched. The manifest comes last. Throws a UserError for what a user can correct.
 */
export async function adopt(request: AdoptRequest): Promise<Adoption> {
  const { output, options, index } = request;
  if ((await findImg2dataset(openStore(output))) === null) {
    const remedy = 'name the folder that was its --output_folder';
    throw usageError(`Cannot adopt '${output}': there is no shard of img2dataset; ${remedy}`);
  }
  const sources = index === null ? null : await findIndexFiles(index, options);
  if (sources?.some(({ path }) => path === null)) {
    throw usageError(
      `Cannot adopt '${output}': its index is read twice, so it cannot be standard input; name a file`,
    );
  }
  const unlock = await lockOutput(output);
  try {
    await openStore(output).recover();
    await refuseOwnDataset(output);
    return await adoptShards(request, sources);
  } finally {
    await unlock();
  }
}

async function adoptShards(request: AdoptRequest, sources: readonly IndexSource[] | null): Promise<Adoption> {
  const { output, options, onLeft, onNotice, signal } = request;
  const found = await sortedShards(output);
  refuseOtherFormats(output, found);
  if (sources === null) refuseUnknownRest(output, found);
  const run = await plannedRun(options, sources ?? []);
  const compared = sources && (await compareWithIndex(request, run, sources));
  const decodeCheck = startDecodeCheck(options.decoders);
  const plan: AdoptionPlan = {
    output,
    options,
    index: compared?.index ?? null,
    shardRows: compared?.shardRows ?? null,
    differences: compared?.differences ?? new Map(),
    decode: decodeCheck.decode,
  };
  const adopted = new Map<ShardId, Extract<ShardAdoption, { rows: number }>>();
  let refused = 0;
  try {
    for (const shard of found) {
      signal?.throwIfAborted();
      if (!shard.kinds.has('stats')) {
        onLeft(shard.shard, 'img2dataset did not finish it: it has no statistics');
        continue;
      }
      const adoption = await adoptShard(shard, plan);
      if ('problem' in adoption) {
        refused += 1;
        onLeft(shard.shard, adoption.problem);
      } else adopted.set(shard.id, adoption);
    }
  } finally {
    await decodeCheck.close();
  }
  const rowCounts = compared?.shardRows ?? [...adopted.values()].map(({ rows }) => rows);
  const missing = rowCounts.filter((_, id) => !adopted.has(id as ShardId)).length;
  const fileRows = compared?.fileRows ?? rowCounts;
  // Without an index, only a dataset of which nothing is missing can be recorded.
  const isRecorded = adopted.size > 0 && (sources !== null || refused === 0);
  const finished = missing === 0 ? { at: new Date().toISOString(), fileRows } : null;
  if (isRecorded) await writeManifest(output, { format: 1, runs: [{ ...run, finished }] });
  if (isRecorded) await refreshLoaderFiles(output, onNotice);
  const totals = { shards: 0, rows: 0, samples: 0 };
  for (const { rows, samples } of adopted.values()) {
    totals.shards += 1;
    totals.rows += rows;
    totals.samples += samples;
  }
  return {
    output,
    ...totals,
    refused,
    missing: sources === null ? null : missing,
    command: isRecorded && missing > 0 ? resumeCommand(output, run) : null,
  };
}

/** Compares the rows of all shards with the index, and tells what the index would put into each shard. */
async function compareWithIndex(
  { output, options, onNotice, signal }: AdoptRequest,
  run: ManifestRun,
  sources: readonly IndexSource[],
) {
  const index = await openIndexFiles(sources, options, onNotice);
  const { extent, findings } = await compareIndex({
    output,
    run,
    sources,
    options,
    openMetadata: openByKey,
    ...(signal === undefined ? {} : { signal }),
  });
  const shardRows = planShards(extent, options.numberSamplePerShard).map(({ rows }) => rows);
  return { index, fileRows: extent, shardRows, differences: findings };
}

async function plannedRun(options: Options, sources: readonly IndexSource[]): Promise<ManifestRun> {
  return {
    firstShard: 0,
    inputs: await Promise.all(sources.map(describeInput)),
    options: datasetSettings(options),
    versions: { 'laion-fetch': VERSION, node: process.versions.node },
    insecureTls: false,
    startedAt: new Date().toISOString(),
    adopted: 'img2dataset',
    finished: null,
  };
}

/** A dataset may be adopted again, with an index or other options, until it is extended. */
async function refuseOwnDataset(output: string): Promise<void> {
  const manifest = await readManifest(output);
  if (manifest === null || (manifest.runs.length === 1 && manifest.runs[0]?.adopted !== undefined)) return;
  throw usageError(
    `Cannot adopt '${output}': it is a dataset of laion-fetch; download, retry and verify take it`,
  );
}

function refuseOtherFormats(output: string, found: readonly FoundShard[]): void {
  const finished = found.filter(({ kinds }) => kinds.has('stats'));
  if (finished.length === 0) {
    const remedy = 'download its index into a new folder, or use --incremental-mode overwrite';
    throw usageError(`Cannot adopt '${output}': img2dataset has finished no shard there; ${remedy}`);
  }
  if (finished.some((shard) => sampleKind(shard) !== null)) return;
  const what = 'its shards have neither tars nor folders';
  throw usageError(
    `Cannot adopt '${output}': ${what}; only the formats webdataset and files can be adopted, not parquet, tfrecord or dummy`,
  );
}

/** Only the index tells which rows unfinished and missing shards have. */
function refuseUnknownRest(output: string, found: readonly FoundShard[]): void {
  const rest = found.find(({ id, kinds }, at) => id !== at || !kinds.has('stats'));
  if (rest === undefined) return;
  const problem = rest.kinds.has('stats')
    ? `the shards before ${rest.shard} are missing`
    : `shard ${rest.shard} is not finished`;
  throw usageError(`Cannot adopt '${output}' without its index: ${problem}; use ${adoptCommand(output)}`);
}
