import type { Options } from '../config/resolve.ts';
import type { OutputFormat } from '../core/choices.ts';
import { usageError } from '../core/errors.ts';
import type { ShardId } from '../core/samples.ts';
import { openStore } from '../output/store/open-store.ts';
import type { BrokenShard, PlannedRun } from '../output/verify/dataset-plan.ts';
import { type VerifyReport, verifyDataset } from '../output/verify/verify.ts';
import { verifyDatasetFiles } from '../output/verify/verify-loader-files.ts';
import { planShards } from '../shards/plan.ts';
import { refuseUnadopted } from './dataset/adopt-first.ts';
import { lockOutput } from './dataset/lock/lock-output.ts';
import { type Manifest, type ManifestRun, readManifest } from './dataset/manifest.ts';
import { hasLoaderFiles, loaderFacts } from './dataset/refresh-loader-files.ts';
import { compareIndex, reasonOf } from './verify/compare-index.ts';
import { startDecodeCheck } from './verify/decode-check.ts';
import { findIndexes } from './verify/find-index.ts';
import { type Repair, repairShards } from './verify/repair.ts';

export interface VerifyRequest {
  readonly output: string;
  readonly options: Options;
  /** Whether every image is decoded. */
  readonly decodeImages: boolean;
  /** Files of the index; null for the paths that the manifest has. */
  readonly index: readonly string[] | null;
  /** Whether broken shards are removed. */
  readonly repair: boolean;
  /** Ends the verification, which rejects with the signal's reason, between two shards or rows. */
  readonly signal?: AbortSignal;
}

/** Whether the metadata were compared with the index of one run. */
export interface ComparedIndex {
  readonly names: readonly string[];
  /** Rows that were compared. */
  readonly rows: number;
  /** Why no rows were compared; null if they were. */
  readonly skipped: string | null;
}

export interface Verification extends VerifyReport {
  /** One for each run of the dataset. */
  readonly indexes: readonly ComparedIndex[];
  /** Null if no repair was requested. */
  readonly repair: Repair | null;
}

/** Checks that a dataset is complete and consistent, and agrees with its manifest and index where these exist. */
export async function verifyOutput(request: VerifyRequest): Promise<Verification> {
  const { output } = request;
  const existing = await readManifest(output);
  if (existing === null) await refuseUnadopted(output, request.repair ? 'repair' : 'verify');
  if (!request.repair) return { ...(await verify(request, existing)), repair: null };
  if (existing === null) {
    const remedy = 'name the folder that was given as --output';
    throw usageError(`Cannot repair '${output}': there is no manifest of a dataset; ${remedy}`);
  }
  const unlock = await lockOutput(output);
  try {
    await openStore(output).recover();
    const manifest = await readManifest(output);
    const report = await verify(request, manifest);
    return { ...report, repair: manifest && (await repairShards(output, manifest, report)) };
  } finally {
    await unlock();
  }
}

async function verify(
  request: VerifyRequest,
  manifest: Manifest | null,
): Promise<Omit<Verification, 'repair'>> {
  const { output } = request;
  // Before any long work: a file that no run of the dataset used is a mistake in the command line.
  const found = manifest === null ? [] : await findIndexes(manifest, request.index, request.options);
  const report = await verifyFiles(request, manifest);
  if (manifest === null && report.shards === 0) {
    throw usageError(
      `Cannot verify '${output}': there is no dataset; name the folder that was given as --output`,
    );
  }
  const indexes: ComparedIndex[] = [];
  const findings = [...report.findings];
  const broken = new Map(report.broken.map((shard) => [shard.shard, shard]));
  for (const [run, planned] of manifest?.runs.entries() ?? []) {
    const names = planned.inputs.map(({ name }) => name);
    const sources = found[run] ?? 'it is not known';
    const compared =
      typeof sources === 'string'
        ? sources
        : await compareIndex({ ...request, run: planned, sources }).catch(reasonOf);
    if (typeof compared === 'string') {
      indexes.push({ names, rows: 0, skipped: compared });
      continue;
    }
    indexes.push({ names, rows: compared.rows, skipped: null });
    if (compared.contradiction !== null) findings.push({ file: '.', problem: compared.contradiction });
    for (const [shard, found] of compared.findings) {
      findings.push(...found);
      if (!broken.has(shard)) broken.set(shard, { shard, id: Number(shard) as ShardId, run });
    }
  }
  if (manifest?.runs.some(({ finished }) => finished === null)) {
    findings.push({ file: '.', problem: 'the run is not finished; its command resumes it' });
  } else if (manifest?.runs.some(({ columns }) => columns?.unfinished)) {
    const problem =
      'some shards lack the last change of columns; its command (laion-fetch columns) resumes it';
    findings.push({ file: '.', problem });
  } else if (broken.size === 0) {
    const facts = await loaderFacts(output, manifest);
    if (facts !== null) findings.push(...(await verifyDatasetFiles(openStore(output), facts)));
  }
  return { ...report, findings: findings, broken: [...broken.values()].sort(byId), indexes };
}

async function verifyFiles(
  { output, options, decodeImages, signal }: VerifyRequest,
  manifest: Manifest | null,
): Promise<VerifyReport> {
  const decodeCheck = decodeImages ? startDecodeCheck(options.decoders) : null;
  try {
    return await verifyDataset(openStore(output), {
      ...(signal === undefined ? {} : { signal }),
      ...(decodeCheck === null ? {} : { decode: decodeCheck.decode }),
      ...(manifest === null ? {} : { runs: manifest.runs.map(plannedRun) }),
    });
  } finally {
    await decodeCheck?.close();
  }
}

const byId = (a: BrokenShard, b: BrokenShard): number => a.id - b.id;

function plannedRun(run: ManifestRun): PlannedRun {
  const { finished, options, firstShard } = run;
  const samplesPerShard = Number(options['number-sample-per-shard']);
  const first = firstShard as ShardId;
  return {
    firstShard: first,
    format: options['output-format'] as OutputFormat,
    loaderFiles: hasLoaderFiles(run),
    numbering: {
      samplesPerShard,
      shardDigits: Number(options['oom-shard-count']),
      keyPrefix: String(options['key-prefix'] ?? ''),
      isNamed: (options['key-col'] ?? null) !== null,
    },
    shardRows: finished && planShards(finished.fileRows, samplesPerShard, first).map(({ rows }) => rows),
  };
}
